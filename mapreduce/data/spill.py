"""Temporary files of sorted runs. They have no name, so that they die with the process."""

from __future__ import annotations

import errno
import tempfile
import zlib
from collections.abc import Iterable
from typing import IO

from mapreduce.data.segments import FileRun
from mapreduce.errors import DiskError


class SpillFile:
    """One unnamed file in *directory*, made at the first append; runs can be read at once."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._file: IO[bytes] | None = None
        self.size = 0

    def append(self, pieces: Iterable[memoryview | bytes], records: int) -> FileRun:
        """Write one run; raises DiskError when the disk is full."""
        start = self.size
        checksum = 0
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(  # noqa: SIM115  # it lives as long as its runs
                    dir=self._directory, buffering=0
                )
            for piece in pieces:
                checksum = zlib.crc32(piece, checksum)
                written = 0
                while written < len(piece):
                    written += self._file.write(memoryview(piece)[written:])
                self.size += len(piece)
        except OSError as error:
            raise self._disk_error(error) from error
        return FileRun(self._file, start, self.size - start, records, checksum)

    def _disk_error(self, error: OSError) -> DiskError:
        advice = (
            "; free some space, or name another directory with workers.py --spillDir"
            if error.errno in (errno.ENOSPC, errno.EDQUOT)
            else ""
        )
        return DiskError(f"cannot spill to {self._directory}: {error.strerror}{advice}")
