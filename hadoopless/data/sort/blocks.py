"""Partitions and sorts what a program writes, block by block, while the program goes on.

Memory: one read buffer, the kernels' work arrays (for RECORDS_PER_BLOCK records 80 bytes each to
group them, and 48 to sort those that do not repeat; where keys are not compared as they are also
their sort keys) and the block being made. The block is kept small because the gather then stays
within the processor's cache; the merge pays little for many runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Protocol

import numpy as np
from msgspec.structs import replace

from hadoopless.data.machine.buffers import new_buffer
from hadoopless.data.machine.kernels import Int64Rows, UInt32Rows
from hadoopless.data.record.layout import Layout
from hadoopless.data.record.stdout import ReadInto, Stdout
from hadoopless.data.runs.blocks import SortedBlock
from hadoopless.data.sort import block_kernels, key_kernels, sort_kernels
from hadoopless.data.sort.arranging import Order, block_of, bounds_of, new_counts
from hadoopless.data.sort.grouped_lines import GroupedLines
from hadoopless.data.sort.key_kernels import (
    KEY_ROWS,
    LENGTHS,
    PAIR_ROWS,
    STARTS,
    VALUE_LENGTHS,
)
from hadoopless.data.sort.keys import KEY_LIMITS, KeyLimits, Keys, SortKeys
from hadoopless.data.sort.map_output import OutputIsOver, pair_finder_of
from hadoopless.data.sort.partitioners import AskPartitioner, place_by
from hadoopless.rules import Partitioner, Pipe

#: A Text of this length is serialised to eight bytes, like a LongWritable.
_AS_LONG_AS_A_LONG = 7

RECORDS_PER_BLOCK = 1 << 17
READ_SIZE = 4 << 20
SMALLEST_READ = 1 << 16
#: Offsets within a block, and sizes of parts of it, are 32 bits wide.
_LARGEST_BUFFER = (1 << 32) - (1 << 20)

_PLAIN = Layout()


def sorted_blocks(
    read_into: ReadInto,
    partitions: int,
    read_size: int = READ_SIZE,
    max_record: int = 1 << 30,
    layout: Layout = _PLAIN,
    *,
    ask_partitioner: AskPartitioner | None = None,
    fixed_partition: int | None = None,
    smallest_read: int = SMALLEST_READ,
    records_per_block: int = RECORDS_PER_BLOCK,
) -> Iterator[SortedBlock]:
    """Sort the records that *read_into* gives (0 at the end), block by block.

    The read buffer has *read_size* bytes, or *smallest_read* if that is more.
    With a *fixed_partition* all are put there in the order in which they come. *ask_partitioner* is
    asked once a block where a program is the partitioner. Raises RecordTooLong for a record of
    more than *max_record* bytes, BadOutput for what is no record.
    """
    size = max(read_size, smallest_read)
    limit = min(max_record, _LARGEST_BUFFER)
    stdout = Stdout(read_into, layout.pairs, size, limit, unify_line_ends=layout.like_hadoop)
    kind = FramedBlocks if layout.framed else PlainBlocks
    maker: BlockMaker = kind(
        layout, partitions, records_per_block, ask_partitioner, fixed_partition
    )
    try:
        while not stdout.ended:
            size = stdout.fill()
            taken = 0
            while taken < size and (made := maker.make(stdout.address + taken, size - taken)):
                block, used = made
                taken += used
                yield block
            stdout.drop(taken)
    except OutputIsOver:
        stdout.discard()
    stdout.check_end()


class BlockMaker(Protocol):
    """Makes blocks: finds records, partitions and sorts them, and gathers them in their order."""

    def make(self, base: int, size: int) -> tuple[SortedBlock, int] | None:
        """The first block of *size* bytes at *base*, and the bytes taken; None: no whole record.

        Raises BadOutput, OutputIsOver.
        """


class PlainBlocks:
    """Lines into plain records; all into the partition *fixed*, unsorted, if that is given."""

    def __init__(
        self,
        layout: Layout,
        partitions: int,
        capacity: int,
        ask_partitioner: AskPartitioner | None = None,
        fixed: int | None = None,
    ) -> None:
        self._like_hadoop = layout.like_hadoop
        self._partitions = partitions
        self._fixed = fixed
        self._capacity = capacity
        self._groups = None
        self._place = None
        if fixed is None and layout.partition.kind is Partitioner.HASH:
            self._groups = GroupedLines(partitions, capacity, like_hadoop=layout.like_hadoop)
        elif fixed is None:
            self._place = place_by(layout, partitions, ask_partitioner)

    @cached_property
    def _lines(self) -> UInt32Rows:
        return np.empty((PAIR_ROWS, self._capacity), np.uint32)

    @cached_property
    def _order(self) -> Order:
        return Order(self._capacity)

    def make(self, base: int, size: int) -> tuple[SortedBlock, int] | None:
        """The first block of *size* bytes, which are whole lines."""
        if self._groups is not None and (made := self._groups.make(base, size)):
            return made
        order = self._order
        counts = new_counts(self._partitions)
        records, taken = sort_kernels.scan(
            base, size, order.prefixes, self._lines, order.partition_of, counts
        )
        keys = Keys(base, records, self._lines)
        if self._place is not None:
            self._place(keys, order.partition_of)
            counts[:] = 0
            block_kernels.partition_sizes_of_lines(records, self._lines, order.partition_of, counts)
        if self._fixed is None:
            order.sort(keys, counts)
        else:
            together = counts.sum(axis=0)
            counts[:] = 0
            counts[self._fixed] = together
            order.keep(records)
        return self._gathered(keys, counts), taken

    def _gathered(self, keys: Keys, counts: Int64Rows) -> SortedBlock:
        """The block of the records in their order."""
        bounds = bounds_of(counts)
        buffer = new_buffer(int(bounds[-1]))
        block_kernels.gather_lines(
            keys.base, keys.records, keys.table, self._order.index, buffer.ctypes.data
        )
        sizes = (0, 0)
        if self._like_hadoop:
            sizes = block_kernels.hadoop_sizes_of_lines(keys.records, self._lines)
        return block_of(buffer, bounds, counts, sizes)


class FramedBlocks:
    """Pairs of any kind into frames; all into the partition *fixed*, unsorted, if that is given."""

    def __init__(
        self,
        layout: Layout,
        partitions: int,
        capacity: int,
        ask_partitioner: AskPartitioner | None = None,
        fixed: int | None = None,
        limits: KeyLimits = KEY_LIMITS,
    ) -> None:
        self._partitions = partitions
        self._fixed = fixed
        self._split, self._gap = pair_finder_of(layout.pairs)
        self._like_hadoop = layout.like_hadoop
        self._is_text = layout.pairs.pipe not in (Pipe.RAW_BYTES, Pipe.TYPED_BYTES)
        self._has_lengths = layout.pairs.pipe in (Pipe.RAW_BYTES, Pipe.PAIRS)
        self._pairs = np.empty((PAIR_ROWS, capacity), np.uint32)
        self._order = Order(capacity)
        self._sort_keys = None
        if layout.order is not None or layout.sort_values:
            self._sort_keys = SortKeys(layout.order, layout.sort_values, capacity, limits)
        #: The table of sort keys where there are none: all lengths are 0.
        self._no_sort_keys = np.zeros((KEY_ROWS, capacity), np.uint32)
        longs = np.full(capacity, _AS_LONG_AS_A_LONG, np.uint32)
        #: The lengths of keys and values for Hadoop's counters.
        self._counted = (
            longs if layout.long_keys else self._pairs[LENGTHS],
            longs if layout.long_values else self._pairs[VALUE_LENGTHS],
        )
        self._place = place_by(layout, partitions, ask_partitioner) if fixed is None else None
        self._places_in_order = (
            layout.partition.kind is Partitioner.RANGES and layout.order is not None
        )

    def make(self, base: int, size: int) -> tuple[SortedBlock, int] | None:
        """The first block of *size* bytes."""
        prefixes = self._order.prefixes
        records, taken = self._split(base, size, self._pairs)
        if not records:
            return None
        keys = Keys(base, records, self._pairs)
        sort_keys = None
        if self._sort_keys is not None:
            done = self._sort_keys.write(keys, self._gap, prefixes)
            if done < records:
                taken = self._begin_of(done)
                keys = replace(keys, records=done)
            sort_keys = self._sort_keys.keys
        else:
            key_kernels.key_prefixes(*keys.arguments, prefixes)
        return self._arranged(keys, sort_keys), taken

    def _begin_of(self, record: int) -> int:
        """The offset of *record*, which may begin with the length of its key."""
        return int(self._pairs[STARTS, record]) - (4 if self._has_lengths else 0)

    def _arranged(self, keys: Keys, sort_keys: Keys | None) -> SortedBlock:
        """The block of these records."""
        order, records = self._order, keys.records
        compared = sort_keys or keys
        if self._fixed is not None:
            order.partition_of[:records] = self._fixed
        elif self._place is not None:
            self._place(compared if self._places_in_order else keys, order.partition_of)
        else:
            order.partition_of[:records] = 0
        counts = new_counts(self._partitions)
        sort_table = sort_keys.table if sort_keys else self._no_sort_keys
        block_kernels.partition_sizes_of_frames(
            records, self._pairs, sort_table, order.partition_of, counts
        )
        if self._fixed is None:
            order.sort(compared, counts)
        else:
            order.keep(records)
        return self._gathered(keys, compared.base, sort_table, counts)

    def _gathered(
        self, keys: Keys, sort_base: int, sort_table: UInt32Rows, counts: Int64Rows
    ) -> SortedBlock:
        """The block of the records in their order."""
        bounds = bounds_of(counts)
        buffer = new_buffer(int(bounds[-1]))
        block_kernels.gather_frames(
            *(*keys.arguments, self._gap, sort_base, sort_table),
            *(self._order.index, buffer.ctypes.data),
        )
        sizes = (0, 0)
        if self._like_hadoop:
            sizes = block_kernels.hadoop_sizes_of_frames(
                keys.records, *self._counted, self._is_text
            )
        return block_of(buffer, bounds, counts, sizes)
