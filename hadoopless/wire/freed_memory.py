"""Gives memory that a process has freed back to the system, where the C library would keep it."""

from __future__ import annotations


def give_back() -> None:
    """Give back what can be freed. It takes some ten milliseconds.

    What a connection has made lies in circles, and then glibc keeps what lies below memory in use:
    after a flood of large requests that is most. Without glibc only the circles are freed.
    """
    import ctypes  # only here: a process that answers few requests would pay for it
    import gc

    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
