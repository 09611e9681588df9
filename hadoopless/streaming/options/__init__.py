"""Turns the words of a `hadoop jar` command line into a request for a job."""
