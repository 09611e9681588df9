"""The Java classes that a job may name, and the programs of the library that do the same."""
