"""Readers of snapshots and results: what a person sees of a job. They change nothing."""
