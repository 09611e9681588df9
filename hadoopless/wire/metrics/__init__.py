"""Metrics on the wire: the figures, their text, and who may read them."""
