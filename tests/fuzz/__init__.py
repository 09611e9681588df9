"""Fuzzers: of all that reads foreign bytes, and of our HTTP servers while jobs run on them."""
