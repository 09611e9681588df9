"""From the words of a `hadoop jar` command line to a request for a job."""
