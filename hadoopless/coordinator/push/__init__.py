"""The driver that calls workers over HTTP, and the pool that a job starts for itself."""
