"""Output files that appear whole or not at all.

On Linux the file has no name while it is written (O_TMPFILE), so even a killed process leaves
nothing behind; elsewhere, and on file systems without it, it has a hidden name beside the target.
"""

from __future__ import annotations

import errno
import os
import uuid
from pathlib import Path

from hadoopless.errors import DiskError, InputError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_BLOCK = 1 << 12

# A file system without O_TMPFILE (NFS, FUSE), or a kernel that does not know it.
_NO_TMPFILE = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT)


class PendingOutput:
    """A file being written that will be *target*; a context manager that drops it if not committed.

    Raises InputError when there is no such directory, DiskError when it cannot be written.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._hidden = target.with_name(f".{target.name}.{uuid.uuid4().hex[:12]}.tmp")
        self._named = False
        if not os.path.isdir(target.parent):
            raise InputError(f"no such output directory: {target.parent}")
        try:
            self.descriptor = self._open()
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

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return os.fstat(self.descriptor).st_size

    def write(self, data: memoryview) -> None:
        """Add *data*; DiskError."""
        try:
            while data:
                data = data[os.write(self.descriptor, data) :]
        except OSError as error:
            raise self._disk_error(error) from error

    def check_space(self) -> None:
        """Raise DiskError when not a block more could be written.

        The program writes by itself; one that ignores a full disk ends as if all were well.
        """
        size = self.size
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(self.descriptor, size, _BLOCK)
                os.ftruncate(self.descriptor, size)
        except OSError as error:
            if error.errno in _FULL:
                raise self._disk_error(error) from error

    def commit(self) -> None:
        """Give the file its final name, in place of any file of that name; DiskError."""
        try:
            if not self._named:
                self._link()
            os.replace(self._hidden, self._target)
        except OSError as error:
            raise self._disk_error(error) from error
        self._named = False

    def hand_over(self, name: str) -> None:
        """Leave the file under *name* beside the target, for somebody else to commit; DiskError."""
        try:
            if not self._named:
                self._link()
            os.replace(self._hidden, self._hidden.with_name(name))
        except OSError as error:
            raise self._disk_error(error) from error
        self._named = False

    def _link(self) -> None:
        """Give the unnamed file a hidden name: a link cannot replace a file, a rename can."""
        directory = os.open(self._target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.link(
                f"/proc/self/fd/{self.descriptor}",
                self._hidden.name,
                dst_dir_fd=directory,
                follow_symlinks=True,
            )
        finally:
            os.close(directory)
        self._named = True

    def _disk_error(self, error: OSError) -> DiskError:
        return DiskError(f"cannot write {self._target}: {error.strerror}")

    def __enter__(self) -> PendingOutput:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self.descriptor)
        if self._named:
            self._hidden.unlink(missing_ok=True)
