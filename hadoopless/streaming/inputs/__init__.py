"""From the input paths of a job to its files and splits."""
