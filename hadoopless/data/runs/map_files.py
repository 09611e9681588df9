"""Map outputs as files: a directory for each map task, a sorted file for each partition."""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from hadoopless.data.machine.buffers import WRITTEN_AT_ONCE
from hadoopless.data.runs.runs import FileRun, Unreadable
from hadoopless.data.runs.spill import advice
from hadoopless.errors import DiskError, UnknownMapOutput
from hadoopless.job import Sum


class NamedFile(Struct, frozen=True):
    """A file that is open only while it is read.

    A reduce task reads a file of each map task at the same time; a process may not have so many
    descriptors. An open() takes a few microseconds, so little beside the read of a window.
    """

    path: str

    def read(self, target: memoryview, at: int) -> int:
        """Read some bytes from position *at* into *target*; returns how many, 0 at the end.

        Raises Unreadable, and UnknownMapOutput when the map output was released meanwhile.
        """
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
            try:
                return os.preadv(descriptor, [target], at)
            finally:
                os.close(descriptor)
        except FileNotFoundError as error:
            raise UnknownMapOutput(f"{self.path} was released while it was read") from error
        except OSError as error:
            raise Unreadable(f"cannot read the map output {self.path}: {error.strerror}") from error


class MapFiles:
    """The files of one map task, one a partition, in a *directory* of their own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._runs: list[FileRun] = []

    def write(self, partition: Iterable[memoryview], together: Sum) -> None:
        """Write the next partition, which holds *together*; raises DiskError."""
        path = self._directory / str(len(self._runs))
        length = checksum = 0
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            with open(path, "xb", buffering=0) as file:
                for piece in partition:
                    checksum = zlib.crc32(piece, checksum)
                    rest = piece
                    while rest:
                        rest = rest[file.write(rest[:WRITTEN_AT_ONCE]) :]
                    length += len(piece)
        except OSError as error:
            raise DiskError(
                f"cannot write the map output {path}: {error.strerror}{advice(error)}"
            ) from error
        self._runs.append(FileRun(NamedFile(str(path)), 0, length, together, checksum))

    @property
    def sums(self) -> list[Sum]:
        """The records and bytes of each partition."""
        return [run.sum for run in self._runs]

    def run(self, partition: int) -> FileRun:
        """The run of *partition*."""
        return self._runs[partition]

    def remove(self) -> None:
        """Remove the files."""
        shutil.rmtree(self._directory, ignore_errors=True)
