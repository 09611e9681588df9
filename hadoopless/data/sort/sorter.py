"""What a program writes into sorted blocks: the map side's partition and sort, as it writes.

Memory: one read buffer, the kernels' work arrays (48 bytes for each of at most RECORDS_PER_BLOCK
records; where keys are not compared as they are also their sort keys) and the block being made. The
block is kept small because the gather then stays within the processor's cache; the merge pays
little for many runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hadoopless.data.machine import lines
from hadoopless.data.machine.buffers import new_buffer
from hadoopless.data.machine.memory import PADDING
from hadoopless.data.record.layout import PLAIN, BadOutput, Layout, layout_of
from hadoopless.data.record.line_ends import LineEnds
from hadoopless.data.sort import sort_kernels
from hadoopless.data.sort.blocks import (
    BlockMaker,
    FramedBlocks,
    OutputIsOver,
    PlainBlocks,
    SortedBlock,
)
from hadoopless.data.sort.partitioners import PartitionKeys
from hadoopless.rules import Pipe

__all__ = [
    "READ_SIZE",
    "BadOutput",
    "Layout",
    "ReadInto",
    "RecordTooLong",
    "SortedBlock",
    "layout_of",
    "sorted_blocks",
]

RECORDS_PER_BLOCK = 1 << 17
READ_SIZE = 4 << 20
_SMALLEST_READ = 1 << 16
#: Offsets within a block are 32 bits wide.
_LARGEST_BUFFER = (1 << 32) - 1

ReadInto = Callable[[memoryview], int]


class RecordTooLong(Exception):
    """A record longer than the limit; ``limit`` is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


class _ReadBuffer:
    """Bytes read but not yet sorted; grows for a long record, up to *limit*."""

    def __init__(self, size: int, limit: int, layout: Layout) -> None:
        self._limit = min(limit, _LARGEST_BUFFER)
        self._array = new_buffer(min(size, self._limit))
        self._in_lines = layout.pairs.pipe in (Pipe.TEXT, Pipe.KEY_ONLY_TEXT)
        self._line_ends = LineEnds() if self._in_lines and layout.like_hadoop else None
        self.filled = 0
        self.ended = False

    @property
    def base(self) -> int:
        return int(self._array.ctypes.data)

    @property
    def _size(self) -> int:
        return len(self._array) - PADDING

    def fill(self, read_into: ReadInto) -> int:
        """Read until the buffer is full or the input ends; returns the bytes that may be taken.

        Of lines, these are the whole ones; else all.
        """
        if self.filled == self._size:
            self._grow()
        while True:
            self._read(read_into)
            if not self._in_lines:
                return self.filled
            if self.ended:
                if self.filled and self._array[self.filled - 1] != 10:
                    self._array[self.filled] = 10
                    self.filled += 1
                return self.filled
            whole = int(lines.last_newline(self.base, self.filled))
            if whole:
                return whole
            self._grow()

    def _read(self, read_into: ReadInto) -> None:
        view = self._array.data
        while not self.ended and self.filled < self._size:
            free = view[self.filled : self._size]
            count = read_into(free)
            self.ended = count == 0
            if self._line_ends is not None:
                count = self._line_ends.normalise(free, count)
            self.filled += count

    def _grow(self) -> None:
        if self._size >= self._limit:
            raise RecordTooLong(self._limit)
        larger = new_buffer(min(2 * self._size, self._limit))
        larger[: self.filled] = self._array[: self.filled]
        self._array = larger

    def drain(self, read_into: ReadInto) -> None:
        """Read to the end, and forget it all."""
        self.filled = 0
        while read_into(self._array.data[: self._size]):
            pass

    def drop(self, count: int) -> None:
        """Forget the first *count* bytes."""
        if count:
            self.filled -= count
            sort_kernels.move_down(self.base, self.base + count, self.filled)


def sorted_blocks(
    read_into: ReadInto,
    partitions: int,
    read_size: int = READ_SIZE,
    max_record: int = 1 << 30,
    layout: Layout = PLAIN,
    *,
    partition_keys: PartitionKeys | None = None,
    fixed_partition: int | None = None,
) -> Iterator[SortedBlock]:
    """Sort the records that *read_into* gives (0 at the end), block by block.

    With a *fixed_partition* all are put there in the order in which they come. *partition_keys* is
    asked once a block where a program is the partitioner. Raises RecordTooLong for a record of more
    than *max_record* bytes, BadOutput for what is no record.
    """
    source = _ReadBuffer(max(read_size, _SMALLEST_READ), max_record, layout)
    kind = FramedBlocks if layout.framed else PlainBlocks
    maker: BlockMaker = kind(layout, partitions, RECORDS_PER_BLOCK, partition_keys, fixed_partition)
    try:
        while not source.ended:
            size = source.fill(read_into)
            taken = 0
            while taken < size and (made := maker.make(source.base + taken, size - taken)):
                block, used = made
                taken += used
                yield block
            source.drop(taken)
    except OutputIsOver:
        source.drain(read_into)
    if source.filled and not (source.filled < 4 and layout.pairs.pipe is Pipe.RAW_BYTES):
        raise BadOutput("stopped within a record")
