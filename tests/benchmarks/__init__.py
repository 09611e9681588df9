"""Tests of the benchmarks beside peers and of those of scale, on inputs of a few kilobytes."""
