"""Jobs on a real Spark: a standalone master with two workers (``python -m tests.spark``)."""
