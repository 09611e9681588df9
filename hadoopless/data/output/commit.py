"""Output files that appear whole or not at all.

On Linux the file has no name while it is written (O_TMPFILE), so even a killed process leaves
nothing behind; elsewhere, and on file systems without it, it has a hidden name beside the target.

The directory is opened once, and the file gets its name there, wherever the directory's own name
leads by then.

No program ever holds the file: what it writes comes through a pipe, from which the bytes are moved
within the kernel (splice). So each error of the disk is seen here, whatever the program makes of
its own errors.
"""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Protocol

from hadoopless.data.machine.buffers import WRITTEN_AT_ONCE
from hadoopless.errors import DiskError, InputError
from hadoopless.hdfs.located import Located
from hadoopless.hdfs.names import HdfsName

# A file system without O_TMPFILE (NFS, FUSE), or a kernel that does not know it.
_NO_TMPFILE = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT)
# A file system that takes no pages, or a kernel that forbids it.
_NO_SPLICE = (errno.EINVAL, errno.ENOSYS, errno.EPERM)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_DIRECTORY = (errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ENAMETOOLONG, errno.ELOOP)
#: With O_PATH (Linux) the directory need not be readable.
_DIRECTORY = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC


#: Raises unless something may be put into an open directory, given with its name.
Admit = Callable[[int, str], None]


def _admit_all(descriptor: int, name: str) -> None:
    pass


class Pending(Protocol):
    """A file being written; a context manager that drops it if not committed."""

    #: Bytes written so far.
    size: int

    def write(self, data: memoryview) -> None:
        """Add *data*; DiskError."""

    def move_from(self, pipe: int) -> int:
        """Move some of the bytes that come through *pipe*; 0 at the end of them. DiskError."""

    def clear(self) -> None:
        """Drop all that was written; DiskError."""

    def commit(self) -> None:
        """Give the file its final name, in place of any file of that name; DiskError."""

    def hand_over(self, name: str) -> None:
        """Leave the file under *name* for somebody else to commit; DiskError."""

    def __enter__(self) -> Pending: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def pending_output(
    target: Located, admit: Admit = _admit_all, work: Located | None = None
) -> Pending:
    """A new file that will be *target*; in HDFS it is written in the directory *work*."""
    if isinstance(target, HdfsName):
        from hadoopless.hdfs.writing import PendingHdfsOutput  # only here: few jobs write to HDFS

        return PendingHdfsOutput(target, work if isinstance(work, HdfsName) else target.parent)
    return PendingOutput(target, admit)


def commit(output: Pending) -> None:
    """Commit *output* at once; a caller of a task may give it something else to do instead."""
    output.commit()


class PendingOutput:
    """A file being written that will be *target*; a context manager that drops it if not committed.

    Raises InputError when there is no such directory, DiskError when it cannot be written.
    """

    def __init__(self, target: Path, admit: Admit = _admit_all) -> None:
        """*admit* gets the open directory and its name, and raises if nothing may be put there."""
        self._target = target
        self._hidden = f".{target.name}.{uuid.uuid4().hex[:12]}.tmp"
        self._named = False
        #: Bytes written so far.
        self.size = 0
        self._can_splice = hasattr(os, "splice")
        try:
            self._directory = os.open(target.parent, _DIRECTORY)
        except OSError as error:
            if error.errno in _NO_DIRECTORY:
                raise InputError(f"no such output directory: {target.parent}") from error
            raise self._disk_error(error) from error
        try:
            admit(self._directory, str(target.parent))
            self._descriptor = self._open()
        except BaseException as error:
            os.close(self._directory)
            if isinstance(error, OSError):
                raise self._disk_error(error) from error
            raise

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CLOEXEC
        unnamed = getattr(os, "O_TMPFILE", None)
        if unnamed is not None and os.path.isdir("/proc/self/fd"):
            try:
                return os.open(".", flags | unnamed, 0o666, dir_fd=self._directory)
            except OSError as error:
                if error.errno not in _NO_TMPFILE:
                    raise
        flags |= os.O_CREAT | os.O_EXCL
        descriptor = os.open(self._hidden, flags, 0o666, dir_fd=self._directory)
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
        self._give_name(self._target.name)

    def hand_over(self, name: str) -> None:
        """Leave the file under *name* beside the target, for somebody else to commit; DiskError."""
        self._give_name(name)

    def _give_name(self, name: str) -> None:
        self._check_whole()
        there = self._directory
        try:
            if not self._named:
                self._link()
            os.replace(self._hidden, name, src_dir_fd=there, dst_dir_fd=there)
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
        os.link(
            f"/proc/self/fd/{self._descriptor}",
            self._hidden,
            dst_dir_fd=self._directory,
            follow_symlinks=True,
        )
        self._named = True

    def _disk_error(self, error: OSError) -> DiskError:
        advice = "; free some space" if error.errno in _FULL else ""
        return DiskError(f"cannot write {self._target}: {error.strerror}{advice}")

    def __enter__(self) -> PendingOutput:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._descriptor)
        try:
            if self._named:
                os.unlink(self._hidden, dir_fd=self._directory)
        except FileNotFoundError:
            pass  # somebody has removed it already
        finally:
            os.close(self._directory)


def move_into(source: Path, target: Path) -> None:
    """Move what is in *source* into *target*, directory into directory [mergePaths]."""
    if not source.is_dir():
        return
    for entry in list(os.scandir(source)):
        place = target / entry.name
        if entry.is_dir(follow_symlinks=False) and place.is_dir():
            move_into(Path(entry.path), place)
            continue
        try:
            os.replace(entry.path, place)
        except OSError as error:
            raise DiskError(f"cannot put {entry.path} at {place}: {error.strerror}") from error
