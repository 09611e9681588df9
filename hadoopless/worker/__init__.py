"""A worker process: it runs map and reduce tasks and serves map outputs."""
