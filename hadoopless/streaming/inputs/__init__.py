"""Finds the files that the input paths of a job name, and cuts them into splits."""
