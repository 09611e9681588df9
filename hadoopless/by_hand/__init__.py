"""Shell lines and filters with which a user repeats one task by hand."""
