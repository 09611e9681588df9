"""Differential tests: random jobs, run by a real Hadoop in its local mode and by this project."""
