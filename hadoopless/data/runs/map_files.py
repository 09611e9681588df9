"""Map outputs as files: a directory for each map task, a sorted file for each partition."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hadoopless.data.runs.runs import FileRun, SharedFile
from hadoopless.errors import DiskError


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    length: int
    records: int
    checksum: int


class MapFiles:
    """The files of one map task, one a partition, in a *directory* of their own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._files: list[_File] = []

    def write(self, partition: Iterable[memoryview], records: int) -> None:
        """Write the next partition; raises DiskError."""
        path = self._directory / str(len(self._files))
        length = checksum = 0
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            with open(path, "xb", buffering=0) as file:
                for piece in partition:
                    checksum = zlib.crc32(piece, checksum)
                    rest = piece
                    while rest:
                        rest = rest[file.write(rest) :]
                    length += len(piece)
        except OSError as error:
            raise DiskError(f"cannot write the map output {path}: {error.strerror}") from error
        self._files.append(_File(path, length, records, checksum))

    def run(self, partition: int) -> FileRun:
        """The run of *partition*; its file stays open as long as somebody reads. OSError."""
        kept = self._files[partition]
        with open(kept.path, "rb", buffering=0) as file:
            return FileRun(SharedFile(file), 0, kept.length, kept.records, kept.checksum)

    def remove(self) -> None:
        """Remove the files."""
        shutil.rmtree(self._directory, ignore_errors=True)
