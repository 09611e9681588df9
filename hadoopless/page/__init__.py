"""The page of a job: live while it runs, and as a report in one file; the history drawn."""
