"""Lines in, sorted blocks out: the map side's partition and sort, while the mapper still writes.

Memory: one read buffer, the kernels' work arrays (48 bytes for each of at most RECORDS_PER_BLOCK
records) and the block being made. The block is kept small because the gather then stays within
the processor's cache; the merge pays little for many runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mapreduce.data import sort_kernels
from mapreduce.data.memory import PADDING
from mapreduce.data.segments import Buffer, MemoryRun, new_buffer

RECORDS_PER_BLOCK = 1 << 17
READ_SIZE = 4 << 20
_SMALLEST_READ = 1 << 16
#: Offsets within a block are 32 bits wide.
_LARGEST_BUFFER = (1 << 32) - 1

ReadInto = Callable[[memoryview], int]


class RecordTooLong(Exception):
    """A line longer than the limit; ``limit`` is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


@dataclass(frozen=True, slots=True)
class SortedBlock:
    """One block of records by (partition, key): ``bounds[p]:bounds[p + 1]`` is partition *p*."""

    buffer: Buffer
    bounds: npt.NDArray[np.int64]
    records: npt.NDArray[np.int64]

    @property
    def size(self) -> int:
        """Bytes of memory held."""
        return self.buffer.nbytes + self.bounds.nbytes + self.records.nbytes

    def run(self, partition: int) -> MemoryRun:
        """The run of *partition*, possibly empty."""
        start, end = int(self.bounds[partition]), int(self.bounds[partition + 1])
        return MemoryRun(self.buffer, start, end - start, int(self.records[partition]))


class _WorkSpace:
    """The kernels' arrays for up to *capacity* records."""

    def __init__(self, capacity: int) -> None:
        self.prefixes = np.empty(capacity, np.uint64)
        self.starts = np.empty(capacity, np.uint32)
        self.lengths = np.empty(capacity, np.uint32)
        self.key_lengths = np.empty(capacity, np.uint32)
        self.parts = np.empty(capacity, np.uint32)
        self.keys = np.empty((2, capacity), np.uint64)
        self.index = np.empty((2, capacity), np.uint32)


def _sort_block(base: int, size: int, partitions: int, work: _WorkSpace) -> tuple[SortedBlock, int]:
    """Sort the first records of *size* bytes at *base*; returns the block and the bytes taken."""
    counts = np.zeros((partitions, 2), np.int64)
    records, taken = sort_kernels.scan(
        base,
        size,
        partitions,
        work.prefixes,
        work.starts,
        work.lengths,
        work.key_lengths,
        work.parts,
        counts,
    )
    sort_kernels.order(
        base,
        records,
        work.prefixes,
        work.starts,
        work.key_lengths,
        work.parts,
        counts,
        work.keys[0],
        work.index[0],
        work.keys[1],
        work.index[1],
    )
    bounds = np.zeros(partitions + 1, np.int64)
    np.cumsum(counts[:, 1], out=bounds[1:])
    buffer = new_buffer(int(bounds[-1]))
    sort_kernels.gather(
        base,
        records,
        work.index[0],
        work.starts,
        work.lengths,
        work.key_lengths,
        buffer.ctypes.data,
    )
    return SortedBlock(buffer, bounds, counts[:, 0].copy()), taken


class _LineBuffer:
    """Bytes read but not yet sorted; grows for a long line, up to *limit*."""

    def __init__(self, size: int, limit: int) -> None:
        self._limit = min(limit, _LARGEST_BUFFER)
        self._array = new_buffer(min(size, self._limit))
        self._filled = 0
        self.ended = False

    @property
    def base(self) -> int:
        return int(self._array.ctypes.data)

    @property
    def _size(self) -> int:
        return len(self._array) - PADDING

    def fill(self, read_into: ReadInto) -> int:
        """Read until the buffer is full or the input ends; returns the bytes in whole lines."""
        while True:
            view = self._array.data
            while not self.ended and self._filled < self._size:
                count = read_into(view[self._filled : self._size])
                self.ended = count == 0
                self._filled += count
            if self.ended:
                if self._filled and self._array[self._filled - 1] != 10:
                    self._array[self._filled] = 10
                    self._filled += 1
                return self._filled
            whole = int(sort_kernels.last_newline(self.base, self._filled))
            if whole:
                return whole
            self._grow()

    def _grow(self) -> None:
        if self._size >= self._limit:
            raise RecordTooLong(self._limit)
        larger = new_buffer(min(2 * self._size, self._limit))
        larger[: self._filled] = self._array[: self._filled]
        self._array = larger

    def drop(self, count: int) -> None:
        """Forget the first *count* bytes."""
        self._filled -= count
        sort_kernels.move_down(self.base, self.base + count, self._filled)


def sorted_blocks(
    read_into: ReadInto, partitions: int, read_size: int = READ_SIZE, max_record: int = 1 << 30
) -> Iterator[SortedBlock]:
    """Sort the lines that *read_into* gives (0 at the end), block by block.

    Raises RecordTooLong for a line of more than *max_record* bytes.
    """
    lines = _LineBuffer(max(read_size, _SMALLEST_READ), max_record)
    work = _WorkSpace(RECORDS_PER_BLOCK)
    while not lines.ended:
        whole = lines.fill(read_into)
        taken = 0
        while taken < whole:
            block, used = _sort_block(lines.base + taken, whole - taken, partitions, work)
            taken += used
            yield block
        lines.drop(taken)
