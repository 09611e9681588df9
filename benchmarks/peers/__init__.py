"""Benchmarks of this project beside other ways to run the same jobs on one machine."""
