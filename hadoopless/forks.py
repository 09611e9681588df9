"""Descriptors of this process alone, which a child that is forked from it closes at once.

A lock (flock) is that of an open file, and lives as long as any process has that open. A program
that starts another one closes it on the way (O_CLOEXEC), but one that only forks, as Python's
multiprocessing does, would hold the lock after the end of its parent.
"""

from __future__ import annotations

import os

_own: set[int] = set()


def keep(descriptor: int) -> None:
    """Let no child of this process have *descriptor*; it is to be closed by :func:`close`."""
    _own.add(descriptor)


def close(descriptor: int) -> None:
    """Close *descriptor*, unless this is a child, which has done so."""
    if descriptor in _own:
        _own.remove(descriptor)
        os.close(descriptor)


def _close_all() -> None:
    for descriptor in _own:
        os.close(descriptor)
    _own.clear()


os.register_at_fork(after_in_child=_close_all)
