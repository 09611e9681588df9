"""The two forms of a record between mapper and reducer: a line or a frame."""
