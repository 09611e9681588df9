"""Temporary files of sorted runs; they have no name, so that they die with the process."""

from __future__ import annotations

import errno
import os
import tempfile
import zlib
from collections.abc import Iterable
from typing import Protocol

from hadoopless.data.runs.runs import FileRun, SharedFile
from hadoopless.errors import DiskError
from hadoopless.job import Sum

#: Bytes of a volume, after which the next one begins.
VOLUME_SIZE = 256 << 20


def advice(error: OSError) -> str:
    """The end of a message about *error*: what helps, if the disk is full."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return ""
    return "; free some space, or name another directory with --spillDir of the workers"


class RunWriter(Protocol):
    """Takes runs that do not fit the memory."""

    def append(self, pieces: Iterable[memoryview | bytes], together: Sum, /) -> FileRun:
        """Write one run that holds *together*; raises DiskError."""


class UnnamedFile:
    """A file in *directory* that has no name; it is made when it is first needed."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._file: SharedFile | None = None
        self.size = 0

    def opened(self) -> SharedFile:
        """The open file; raises DiskError where it cannot be made."""
        if self._file is None:
            try:
                with tempfile.TemporaryFile(dir=self._directory) as unnamed:
                    # A copy, because Python's own files warn when they are forgotten unclosed.
                    self._file = SharedFile(os.dup(unnamed.fileno()), self._directory)
            except OSError as error:
                raise self.disk_error(error) from error
        return self._file

    def disk_error(self, error: OSError) -> DiskError:
        """The error of ours that stands for *error* of the file."""
        return DiskError(f"cannot spill to {self._directory}: {error.strerror}{advice(error)}")


class SpillFile(UnnamedFile):
    """An unnamed file to which runs are appended; they can be read at once."""

    def append(self, pieces: Iterable[memoryview | bytes], together: Sum) -> FileRun:
        """Write one run that holds *together*; raises DiskError when the disk is full."""
        file = self.opened()
        start = self.size
        checksum = 0
        for piece in pieces:  # which may raise errors of its own: it can be a connection
            checksum = zlib.crc32(piece, checksum)
            self._write(file, memoryview(piece))
        return FileRun(file, start, self.size - start, together, checksum)

    def _write(self, file: SharedFile, piece: memoryview) -> None:
        """Write *piece*; ``size`` also counts what was written before an error."""
        while piece:
            try:
                written = file.write(piece)
            except OSError as error:
                raise self.disk_error(error) from error
            self.size += written
            piece = piece[written:]


class SpillVolumes:
    """Spill files, one after the other; the disk space of each is freed with its last run."""

    def __init__(self, directory: str, size: int = VOLUME_SIZE) -> None:
        self._directory = directory
        self._size = size
        self._current: SpillFile | None = None
        #: The bytes of all runs that were written.
        self.written = 0

    def append(self, pieces: Iterable[memoryview | bytes], together: Sum) -> FileRun:
        """Write one run to the current volume; raises DiskError."""
        volume = self._current  # another thread may let go of it at any time
        if volume is None or volume.size >= self._size:
            volume = self._current = SpillFile(self._directory)
        run = volume.append(pieces, together)
        self.written += run.length
        return run

    def let_go(self) -> None:
        """Begin a new volume with the next run, so that this one can go with its last run."""
        self._current = None
