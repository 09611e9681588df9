"""The plan of a job: its inputs, splits, checks, and the boundaries of a total order."""
