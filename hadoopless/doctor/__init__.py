"""Looks for what may keep jobs from running here, and says what to do about it."""
