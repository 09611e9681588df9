"""Files as `hadoop fs` and jobs name them; knows nothing of jobs."""
