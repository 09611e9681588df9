"""The view of a job for people: its progress while it runs, and a summary at its end."""
