"""The tables of all properties that mean something here, or that are known to mean nothing."""
