"""Runs jobs on Apache Spark: Spark schedules and shuffles, our road does the work of each task."""
