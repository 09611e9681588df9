"""The properties of a job: their tables, their values from options and files, their old names."""
