"""The file of a journal, and its lock: one job at a time writes to an output directory.

The lock is that of the open file (flock). It goes with the process that holds it, however that
ends. Other machines respect it where the file system passes locks on: NFS does, unless it is
mounted with ``nolock`` or ``local_lock``; some file systems of user space know no locks, and there
nobody is known to hold one.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from pathlib import Path

from hadoopless import forks

NAME = ".mapreduce-journal"


class Busy(Exception):
    """Another process holds the lock; the text is the first line of its journal."""


class JournalFile:
    """The locked journal of one output directory, with what an earlier job has left in it."""

    def __init__(self, directory: Path) -> None:
        """Raises Busy, and OSError when it cannot be opened or is no regular file."""
        self.path = directory / NAME
        while True:
            self._descriptor = _opened(self.path)
            forks.keep(self._descriptor)
            try:
                _lock(self._descriptor)
                if _is_at(self._descriptor, self.path):
                    return
            except BaseException:
                forks.close(self._descriptor)
                raise
            # A job that has ended meanwhile has removed it.
            forks.close(self._descriptor)

    def read(self) -> bytes:
        """All that it holds."""
        return _read(self._descriptor)

    def append(self, data: bytes) -> None:
        """Add *data*; OSError, also when only some of it can be added."""
        if os.write(self._descriptor, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def clear(self) -> None:
        """Forget all that it holds: there is nothing to resume."""
        os.ftruncate(self._descriptor, 0)

    def remove(self) -> None:
        """Remove the file and give up the lock."""
        try:
            if _is_at(self._descriptor, self.path):
                self.path.unlink()
        except OSError:
            pass  # gone, with the directory perhaps
        forks.close(self._descriptor)

    def close(self) -> None:
        """Give up the lock and leave the file, if it holds anything, to whoever resumes the job."""
        if os.fstat(self._descriptor).st_size == 0:
            self.remove()
        else:
            forks.close(self._descriptor)


def _opened(path: Path) -> int:
    # Whatever somebody has put there: opening a pipe would wait, and a link may lead anywhere.
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file")
    return descriptor


def _lock(descriptor: int) -> None:
    """Lock the file for as long as it is open."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Busy(_read(descriptor).partition(b"\n")[0].decode("utf-8", "replace")) from error
    except OSError:
        pass  # a file system without locks


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path, follow_symlinks=False))
    except FileNotFoundError:
        return False


def _read(descriptor: int) -> bytes:
    data = bytearray()
    while piece := os.pread(descriptor, 1 << 20, len(data)):
        data += piece
    return bytes(data)
