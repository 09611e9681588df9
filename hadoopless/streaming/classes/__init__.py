"""The Java classes that a job may name, and the programs of ours that do the same."""
