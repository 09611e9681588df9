"""A temporary directory that is removed sooner or later, even if its process is killed.

A process holds a lock on its directory, and a lock ends with the process that holds it. Whoever
makes the next directory of that kind removes all of the same user whose lock nobody holds.
"""

from __future__ import annotations

import fcntl
import os
import stat
import threading
from contextlib import suppress

from hadoopless.data.program.trees import remove_tree


class LockedDirectory:
    """The directory *base*/*prefix*…, which only its user may enter. Thread-safe.

    The rest of its name is a secret as long as it has not been made, so nobody else makes it first.
    """

    def __init__(self, base: str, prefix: str) -> None:
        self._base = os.path.abspath(base)
        self._prefix = prefix
        self._lock = -1
        self._making = threading.Lock()
        self.path = os.path.join(self._base, prefix + os.urandom(16).hex())

    def make(self) -> None:
        """Make the directory, unless it is there; OSError. Leftovers beside it are removed."""
        with self._making:
            while self._lock < 0 or not os.path.isdir(self.path):
                self._let_go()
                _remove_leftovers(self._base, self._prefix)
                with suppress(FileExistsError):
                    os.mkdir(self.path, 0o700)
                self._lock = _locked(self.path)

    def remove(self) -> None:
        """Remove the directory with all that is in it."""
        with self._making:  # a task may begin in this moment
            remove_tree(self.path)
            self._let_go()

    def _let_go(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _locked(path: str) -> int:
    """A descriptor that holds the lock of a directory; -1: somebody is about to remove it."""
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


def _remove_leftovers(base: str, prefix: str) -> None:
    """Remove the directories of processes that have ended without doing so."""
    try:
        names = os.listdir(base)
    except OSError:
        return  # one may write there without reading
    for name in names:
        if not name.startswith(prefix):
            continue
        path = os.path.join(base, name)
        try:
            status = os.lstat(path)
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
                continue
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue  # it has just gone
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_tree(path)
        except OSError:
            pass  # its process lives
        finally:
            os.close(descriptor)
