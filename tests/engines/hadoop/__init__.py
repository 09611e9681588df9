"""Tests of jobs on a real Hadoop."""
