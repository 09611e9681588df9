"""A MapReduce that runs Hadoop Streaming jobs without Hadoop."""

__version__ = "0.1.0"
