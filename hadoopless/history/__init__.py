"""The history of jobs: an event log for each job, and what is read out of it."""
