"""The history of jobs: event logs and what is read out of them."""
