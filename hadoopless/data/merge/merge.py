"""Merges many sorted runs into one sorted stream, in bounded memory.

Runs in memory are merged where they lie. Each run in a file is read through a window; when there
are more files than windows fit the budget, neighbouring runs are first merged into longer ones,
which keeps the order of equal keys.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

from msgspec import Struct

from hadoopless.data.machine.buffers import PIECE, Buffer, new_buffer
from hadoopless.data.machine.memory import PADDING
from hadoopless.data.merge import merge_kernel as kernel
from hadoopless.data.runs.runs import FileRun, MemoryRun, Run, pieces, read_into
from hadoopless.data.runs.spill import RunWriter
from hadoopless.errors import DiskError
from hadoopless.job import Sum


class BufferSizes(Struct, frozen=True):
    """The sizes of a merge's buffers, in bytes."""

    #: The sizes of a window on a file.
    smallest_window: int = 1 << 16
    largest_window: int = 1 << 20
    #: The size of a piece of merged records.
    piece: int = PIECE
    #: The size of a window that holds a part of one record; a longer record is none.
    longest_record: int = 1 << 32


BUFFER_SIZES = BufferSizes()


class CorruptRun(DiskError):
    """A run whose bytes are not those that were written."""

    def __init__(self) -> None:
        super().__init__("data that was spilled to disk was not read back as it was written")


class _FileWindow:
    """The stretch of a FileRun that is in memory; it moves on, and grows for a long record."""

    def __init__(self, run: FileRun, size: int, longest: int) -> None:
        self._run = run
        self._longest = max(size, longest)
        self._buffer: Buffer = new_buffer(min(size, run.length))
        self._at = 0
        self._checksum = 0

    def refill(self, row: list[int]) -> list[int]:
        """Read on behind the unconsumed bytes of *row* (GROUP_END to LIMIT); the row's new state.

        Raises CorruptRun when the run ends early, its checksum is wrong, or a record has no end.
        """
        old = self._buffer
        base = int(old.ctypes.data)
        kept = row[kernel.LIMIT] - row[kernel.GROUP_END]
        start = row[kernel.GROUP_END] - base if kept else 0
        capacity = len(old) - PADDING
        if kept == capacity:
            if kept >= self._longest:
                raise CorruptRun
            capacity = min(2 * capacity, kept + self._run.length - self._at)
        buffer = new_buffer(capacity)
        buffer[:kept] = old[start : start + kept]
        view = buffer.data[kept:capacity]
        count = read_into(self._run, self._at, view)
        self._checksum = zlib.crc32(view[:count], self._checksum)
        self._at += count
        last = self._at == self._run.length
        if count == 0 or (last and self._checksum != self._run.checksum):
            raise CorruptRun
        self._buffer = buffer
        address = int(buffer.ctypes.data)
        return [address, address, address + kept + count, int(last), 0, 0]


def _merge(
    runs: Sequence[Run], window_size: int, sizes: BufferSizes, framed: bool
) -> Iterator[memoryview]:
    windows, prefixes, heap, control = kernel.empty_state(len(runs))
    files: dict[int, _FileWindow] = {}
    for number, run in enumerate(runs):
        if isinstance(run, MemoryRun):
            start = int(run.buffer.ctypes.data) + run.offset
            windows[number] = (start, start, start + run.length, 1, 0, 0)
        else:
            files[number] = _FileWindow(run, window_size, sizes.longest_record)
    piece = sizes.piece
    out = new_buffer(piece)
    view = out.data
    addresses = [array.ctypes.data for array in (windows, prefixes, heap, control, out)]
    while True:
        why, written = kernel.merge_step(
            addresses[0], len(runs), framed, *addresses[1:4], addresses[4], piece
        )
        if written:
            yield view[:written]
        if why == kernel.FINISHED:
            return
        if why == kernel.BROKEN:
            raise CorruptRun
        if why == kernel.NEED_BYTES:
            number = int(control[kernel.PENDING])
            windows[number] = files[number].refill([int(cell) for cell in windows[number]])


def _file_count(runs: Sequence[Run]) -> int:
    return sum(isinstance(run, FileRun) for run in runs)


def _narrow(
    runs: Sequence[Run], most_files: int, spill: RunWriter, framed: bool, sizes: BufferSizes
) -> list[Run]:
    """Merge neighbouring runs until at most *most_files* are in files."""
    result = list(runs)
    while _file_count(result) > most_files:
        batches: list[list[Run]] = [[]]
        for run in result:
            if _file_count(batches[-1]) == most_files:
                batches.append([])
            batches[-1].append(run)
        result = [
            batch[0]
            if len(batch) == 1
            else spill.append(
                _merge(batch, sizes.smallest_window, sizes, framed),
                Sum.of(run.sum for run in batch),
            )
            for batch in batches
        ]
    return result


def merged(
    runs: Sequence[Run],
    budget: int,
    spill: RunWriter,
    framed: bool = False,
    sizes: BufferSizes = BUFFER_SIZES,
) -> Iterator[memoryview]:
    """The records of *runs* sorted by key, equal keys in the order of the runs, in pieces.

    *framed* says which form they have, and keep (:mod:`hadoopless.data.record.layout`); a piece may
    end within a record. It is valid until the next one is asked for. Windows on files take at most
    *budget* bytes (but each at least the smallest of *sizes*, and there are at least two). Raises
    CorruptRun.
    """
    runs = [run for run in runs if run.length]
    if len(runs) == 1 and isinstance(runs[0], MemoryRun):
        yield from pieces(runs[0])
        return
    missing = sum(run.length for run in runs)
    most_files = max(2, budget // sizes.smallest_window)
    runs = _narrow(runs, most_files, spill, framed, sizes)
    files = max(1, _file_count(runs))
    window_size = max(sizes.smallest_window, min(sizes.largest_window, budget // files))
    for piece in _merge(runs, window_size, sizes, framed):
        missing -= len(piece)
        yield piece
    if missing:
        raise CorruptRun
