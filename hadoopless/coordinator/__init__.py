"""The coordinator: plans a job, drives the scheduler, speaks with the workers. No numpy in here."""
