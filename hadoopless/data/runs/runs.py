"""Sorted runs, in memory or in a file: what the map side makes and the reduce side merges.

A run is a stretch of records of one partition, sorted by key: lines ``key TAB value NL``, or frames
(:mod:`hadoopless.data.record.frame_kernels`). The runs of one map task for one partition, in the
order of emission, are its segment.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from hadoopless.data.machine.buffers import PIECE, Buffer
from hadoopless.wire.segments import CHECKSUM_BYTES


@dataclass(frozen=True, slots=True)
class MemoryRun:
    """*length* bytes of *buffer* from *offset*; the buffer has PADDING bytes behind its data."""

    buffer: Buffer
    offset: int
    length: int
    records: int

    def view(self) -> memoryview:
        """The bytes, not copied."""
        return self.buffer.data[self.offset : self.offset + self.length]


class SharedFile:
    """An open file of many runs; it closes when the last of them is forgotten."""

    _descriptor = -1

    def __init__(self, file: IO[bytes]) -> None:
        """A copy of *file*: Python's own files warn when they are forgotten without a close()."""
        self._descriptor = os.dup(file.fileno())

    def fileno(self) -> int:
        """Its descriptor."""
        return self._descriptor

    def write(self, data: memoryview) -> int:
        """Write some of *data*; returns how many bytes."""
        return os.write(self._descriptor, data)

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


@dataclass(frozen=True, slots=True)
class FileRun:
    """*length* bytes of an unlinked temporary file; *checksum* is their CRC-32."""

    file: SharedFile
    offset: int
    length: int
    records: int
    checksum: int


Run = MemoryRun | FileRun


def read_into(run: FileRun, at: int, target: memoryview) -> int:
    """Read bytes of *run* from position *at* until *target* is full or the run ends."""
    wanted = min(len(target), run.length - at)
    done = 0
    while done < wanted:
        count = os.preadv(run.file.fileno(), [target[done:wanted]], run.offset + at + done)
        if count == 0:
            break
        done += count
    return done


def pieces(run: Run, size: int = PIECE) -> Iterator[memoryview]:
    """The bytes of *run* in pieces of at most *size*; a piece is valid until the next one."""
    if isinstance(run, MemoryRun):
        view = run.view()
        for start in range(0, run.length, size):
            yield view[start : start + size]
        return
    buffer = memoryview(bytearray(min(size, run.length)))
    at = 0
    while at < run.length:
        count = read_into(run, at, buffer)
        if count == 0:
            raise EOFError("a spill file is shorter than it was written")
        yield buffer[:count]
        at += count


def segment_stream(segments: Iterable[Iterable[Run]]) -> Iterator[memoryview | bytes]:
    """The bytes of all runs as they travel: each run followed by its CRC-32, big-endian.

    A run from a file carries the checksum that it was written with, so that the receiver sees
    what a disk has changed as well as what the way has.
    """
    for runs in segments:
        for run in runs:
            checksum = 0
            for piece in pieces(run):
                if isinstance(run, MemoryRun):
                    checksum = zlib.crc32(piece, checksum)
                yield piece
            if isinstance(run, FileRun):
                checksum = run.checksum
            yield checksum.to_bytes(CHECKSUM_BYTES, "big")
