"""Turns a mapper's stdout into sorted blocks: keys, partitions, orders."""
