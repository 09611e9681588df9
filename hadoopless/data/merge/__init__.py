"""Many sorted runs merged into one stream, and that stream as a reducer's stdin."""
