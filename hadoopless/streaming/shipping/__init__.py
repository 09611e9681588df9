"""The files, directories and archives that a job ships to its tasks."""
