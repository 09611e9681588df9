"""Turns a reducer's stdout into an output file that appears whole or not at all."""
