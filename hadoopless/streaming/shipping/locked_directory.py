"""A temporary directory that is removed sooner or later, even if its client is killed.

Its client holds a lock on it, and a lock ends with the process that holds it. The next client of
the same user removes all such directories whose lock nobody holds.
"""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

from hadoopless.data.program.trees import remove_tree
from hadoopless.entry.directories import temporary_directory

_PREFIX = "mapreduce-files-"


class LockedDirectory:
    """A new directory below *base*, or where temporary files go; :meth:`remove` ends it."""

    def __init__(self, base: str | None = None) -> None:
        # Jobs without files, and all that look at options alone, need not load it.
        import tempfile

        base = os.path.abspath(base or temporary_directory())
        self._lock = -1
        while self._lock < 0:
            _remove_leftovers(base)
            self.path = tempfile.mkdtemp(prefix=_PREFIX, dir=base)
            self._lock = _locked(self.path)

    def remove(self) -> None:
        """Remove the directory with all that is in it."""
        remove_tree(self.path)
        os.close(self._lock)


def _locked(path: str) -> int:
    """A descriptor that holds the lock of a directory; -1: another client is about to remove it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return -1
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return -1
        if os.path.samestat(os.stat(path), os.fstat(descriptor)):
            return descriptor
    except FileNotFoundError:
        pass
    except OSError:
        return descriptor  # A file system without locks: then nobody removes anything.
    os.close(descriptor)
    return -1


def _remove_leftovers(base: str) -> None:
    """Remove the directories of clients that have ended without doing so."""
    for path in Path(base).glob(f"{_PREFIX}*"):
        try:
            status = path.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
                continue
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue  # it has just gone
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_tree(str(path))
        except OSError:
            pass  # its client lives
        finally:
            os.close(descriptor)
