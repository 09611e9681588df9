"""Turns a split of the input into the bytes on a mapper's stdin."""
