"""The two transports of a job through Spark, by RDDs and by DataFrames, and what they carry."""
