"""The messages between coordinator and workers: requests, replies, errors, and runs of records."""
