"""The beginning of every command: the start-up of its process, and its arguments."""
