"""Turns the properties and classes of a job into its rules."""
