"""Functions that run as machine code, and what they stand on: buffers, raw memory, lines."""
