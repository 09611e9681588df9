"""Sorted runs of records, in memory and in files."""
