"""Jobs on a real Hadoop: the job is checked here, translated, and handed to its client."""
