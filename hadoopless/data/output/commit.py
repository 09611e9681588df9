"""Output files that appear whole or not at all.

On Linux the file has no name while it is written (O_TMPFILE), so even a killed process leaves
nothing behind; elsewhere, and on file systems without it, it has a hidden name beside the target.

No program ever holds the file: what it writes comes through a pipe, from which the bytes are moved
within the kernel (splice). So each error of the disk is seen here, whatever the program makes of
its own errors.
"""

from __future__ import annotations

import errno
import os
import uuid
from pathlib import Path

from hadoopless.data.machine.buffers import WRITTEN_AT_ONCE
from hadoopless.errors import DiskError, InputError

# A file system without O_TMPFILE (NFS, FUSE), or a kernel that does not know it.
_NO_TMPFILE = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT)
# A file system that takes no pages, or a kernel that forbids it.
_NO_SPLICE = (errno.EINVAL, errno.ENOSYS, errno.EPERM)
_FULL = (errno.ENOSPC, errno.EDQUOT)


class PendingOutput:
    """A file being written that will be *target*; a context manager that drops it if not committed.

    Raises InputError when there is no such directory, DiskError when it cannot be written.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._hidden = target.with_name(f".{target.name}.{uuid.uuid4().hex[:12]}.tmp")
        self._named = False
        #: Bytes written so far.
        self.size = 0
        self._can_splice = hasattr(os, "splice")
        if not os.path.isdir(target.parent):
            raise InputError(f"no such output directory: {target.parent}")
        try:
            self._descriptor = self._open()
        except OSError as error:
            raise self._disk_error(error) from error

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CLOEXEC
        unnamed = getattr(os, "O_TMPFILE", None)
        if unnamed is not None and os.path.isdir("/proc/self/fd"):
            try:
                return os.open(self._target.parent, flags | unnamed, 0o666)
            except OSError as error:
                if error.errno not in _NO_TMPFILE:
                    raise
        descriptor = os.open(self._hidden, flags | os.O_CREAT | os.O_EXCL, 0o666)
        self._named = True
        return descriptor

    def write(self, data: memoryview) -> None:
        """Add *data*; DiskError."""
        try:
            while data:
                count = os.write(self._descriptor, data[:WRITTEN_AT_ONCE])
                self.size += count
                data = data[count:]
        except OSError as error:
            raise self._disk_error(error) from error

    def move_from(self, pipe: int) -> int:
        """Move some of the bytes that come through *pipe*; 0 at the end of them. DiskError."""
        if self._can_splice:
            try:
                count = os.splice(pipe, self._descriptor, WRITTEN_AT_ONCE)
            except OSError as error:
                if error.errno not in _NO_SPLICE:
                    raise self._disk_error(error) from error
                self._can_splice = False
            else:
                self.size += count
                return count
        data = os.read(pipe, WRITTEN_AT_ONCE)
        self.write(memoryview(data))
        return len(data)

    def clear(self) -> None:
        """Drop all that was written; DiskError."""
        try:
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
        except OSError as error:
            raise self._disk_error(error) from error
        self.size = 0

    def commit(self) -> None:
        """Give the file its final name, in place of any file of that name; DiskError."""
        self._check_whole()
        try:
            if not self._named:
                self._link()
            os.replace(self._hidden, self._target)
        except OSError as error:
            raise self._disk_error(error) from error
        self._named = False

    def hand_over(self, name: str) -> None:
        """Leave the file under *name* beside the target, for somebody else to commit; DiskError."""
        self._check_whole()
        try:
            if not self._named:
                self._link()
            os.replace(self._hidden, self._hidden.with_name(name))
        except OSError as error:
            raise self._disk_error(error) from error
        self._named = False

    def _check_whole(self) -> None:
        """Raise DiskError unless the file holds all that was written."""
        try:
            # A file system of another machine may write only now, and tells its errors here.
            os.close(os.dup(self._descriptor))
            found = os.fstat(self._descriptor).st_size
        except OSError as error:
            raise self._disk_error(error) from error
        if found != self.size:
            raise DiskError(
                f"cannot write {self._target}: {self.size:,} bytes were written to it, and it holds"
                f" {found:,}"
            )

    def _link(self) -> None:
        """Give the unnamed file a hidden name: a link cannot replace a file, a rename can."""
        directory = os.open(self._target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.link(
                f"/proc/self/fd/{self._descriptor}",
                self._hidden.name,
                dst_dir_fd=directory,
                follow_symlinks=True,
            )
        finally:
            os.close(directory)
        self._named = True

    def _disk_error(self, error: OSError) -> DiskError:
        advice = "; free some space" if error.errno in _FULL else ""
        return DiskError(f"cannot write {self._target}: {error.strerror}{advice}")

    def __enter__(self) -> PendingOutput:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._descriptor)
        if self._named:
            self._hidden.unlink(missing_ok=True)
