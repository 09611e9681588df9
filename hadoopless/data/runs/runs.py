"""Sorted runs, in memory or in a file; the map side makes them and the reduce side merges them.

A run is a stretch of records of one partition, sorted by key: lines ``key TAB value NL``, with
counts (:mod:`hadoopless.data.record.repeat_kernels`), or frames
(:mod:`hadoopless.data.record.frame_kernels`). The runs of one map task for one partition, in the
order of emission, are its segment.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Protocol

from msgspec import Struct

from hadoopless.data.machine.buffers import PIECE, WRITTEN_AT_ONCE, Buffer
from hadoopless.errors import DiskError
from hadoopless.job import Sum


class MemoryRun(Struct, frozen=True):
    """*length* bytes of *buffer* from *offset*; the buffer has PADDING bytes behind its data."""

    buffer: Buffer
    offset: int
    length: int
    #: Its records, each as often as it comes.
    sum: Sum

    def view(self) -> memoryview:
        """The bytes, not copied."""
        return self.buffer.data[self.offset : self.offset + self.length]


class Unreadable(DiskError):
    """A file of runs that the system does not read."""


class ReadableFile(Protocol):
    """A file that holds runs. Thread-safe."""

    def read(self, target: memoryview, at: int) -> int:
        """Read some bytes from position *at* into *target*; returns how many, 0 at the end."""


class SharedFile:
    """An open file of many runs; it closes when the last of them is forgotten."""

    def __init__(self, descriptor: int, directory: str) -> None:
        """It takes *descriptor* over, of an unnamed file in *directory*."""
        self._descriptor = descriptor
        self._directory = directory

    def fileno(self) -> int:
        """Its descriptor."""
        return self._descriptor

    def read(self, target: memoryview, at: int) -> int:
        """Read some bytes from position *at* into *target*; returns how many, 0 at the end.

        Raises Unreadable.
        """
        try:
            return os.preadv(self._descriptor, [target], at)
        except OSError as error:
            raise Unreadable(
                f"cannot read what was spilled to {self._directory}: {error.strerror}"
            ) from error

    def write(self, data: memoryview) -> int:
        """Write some of *data*; returns how many bytes."""
        return os.write(self._descriptor, data[:WRITTEN_AT_ONCE])

    def __del__(self) -> None:
        os.close(self._descriptor)


class FileRun(Struct, frozen=True):
    """*length* bytes of a file of ours; *checksum* is their CRC-32."""

    file: ReadableFile
    offset: int
    length: int
    #: Its records, each as often as it comes.
    sum: Sum
    checksum: int


Run = MemoryRun | FileRun


def sum_if_counted(runs: Sequence[Run]) -> Sum | None:
    """The records in *runs* of lines, each as often as it comes; None if none of them has a count.

    A count is written only where it saves bytes, so lines without one take just what they tell.
    """
    together = Sum.of(run.sum for run in runs)
    return None if sum(run.length for run in runs) == together.bytes else together


def read_into(run: FileRun, at: int, target: memoryview) -> int:
    """Read bytes of *run* from position *at* until *target* is full or the run ends."""
    wanted = min(len(target), run.length - at)
    done = 0
    while done < wanted:
        count = run.file.read(target[done:wanted], run.offset + at + done)
        if count == 0:
            break
        done += count
    return done


def pieces(run: Run, size: int = PIECE) -> Iterator[memoryview]:
    """The bytes of *run* in pieces of at most *size*; a piece is valid until the next one.

    Raises EOFError where a file is too short, and Unreadable.
    """
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
