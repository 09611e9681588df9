"""From the properties and classes of a job to its Rules."""
