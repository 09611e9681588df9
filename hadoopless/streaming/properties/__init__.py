"""The properties of a job: -D, -conf files, defaults, deprecated names, substitution."""
