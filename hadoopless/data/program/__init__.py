"""One run of a user's program: its command, directory, environment, pipes, process and end."""
