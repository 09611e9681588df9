"""A running job as Hadoop's client shows it: log lines, counters, logs of failed tasks."""
