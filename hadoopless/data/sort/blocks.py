"""Makes one block of sorted records of what a program wrote: found, partitioned, sorted, gathered.

The room for its records and the bytes that are there limit a block. Its maker also returns how many
of the bytes it took, so that the next block begins behind them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np

from hadoopless.data.machine.buffers import new_buffer
from hadoopless.data.machine.kernels import Int64s, UInt32s
from hadoopless.data.record.layout import Layout
from hadoopless.data.runs.blocks import SortedBlock
from hadoopless.data.sort import block_kernels, key_kernels, sort_kernels
from hadoopless.data.sort.keys import Keys, SortKeys
from hadoopless.data.sort.map_output import PairArrays, split_of
from hadoopless.data.sort.partitioners import PartitionKeys, place_by
from hadoopless.rules import Partitioner, Pipe

#: A Text of this length is serialised to eight bytes, like a LongWritable.
_AS_LONG_AS_A_LONG = 7


class BlockMaker(Protocol):
    """Makes blocks."""

    def make(self, base: int, size: int) -> tuple[SortedBlock, int] | None:
        """The first block of *size* bytes at *base*, and the bytes taken; None: no whole record.

        Raises BadOutput, OutputIsOver.
        """


class _Order:
    """The order of up to *capacity* records by (partition, key), and the arrays to find it."""

    def __init__(self, capacity: int) -> None:
        #: The beginning of each key as an integer that sorts as the keys do.
        self.prefixes = np.empty(capacity, np.uint64)
        #: The partition of each record.
        self.parts = np.empty(capacity, np.uint32)
        self._prefixes = np.empty((2, capacity), np.uint64)
        self._numbers = np.empty((2, capacity), np.uint32)
        self._histogram = np.empty(sort_kernels.HISTOGRAM, np.uint32)
        #: The numbers of the records in the order of the block.
        self.index = self._numbers[0]

    def sort(self, keys: Keys, counts: Int64s) -> None:
        """Put the numbers of the records into ``index``, by (partition, key)."""
        sort_kernels.order(
            *(keys.base, keys.records, self.prefixes, keys.starts, keys.lengths),
            *(self.parts, counts),
            *(self._prefixes[0], self.index, self._prefixes[1], self._numbers[1]),
            np.empty(len(counts) + 1, np.int64),
            self._histogram,
        )

    def keep(self, records: int) -> None:
        """Put the numbers of the records into ``index`` as they are."""
        self.index[:records] = np.arange(records, dtype=np.uint32)


class PlainBlocks:
    """Lines into plain records; all into the partition *fixed*, unsorted, if that is given."""

    def __init__(
        self,
        layout: Layout,
        partitions: int,
        capacity: int,
        partition_keys: PartitionKeys | None = None,
        fixed: int | None = None,
    ) -> None:
        self._like_hadoop = layout.like_hadoop
        self._partitions = partitions
        self._fixed = fixed
        self._starts = np.empty(capacity, np.uint32)
        #: Of lines, without the newline.
        self._lengths = np.empty(capacity, np.uint32)
        self._key_lengths = np.empty(capacity, np.uint32)
        self._order = _Order(capacity)
        self._place = None
        if fixed is None and layout.partition.kind is not Partitioner.HASH:
            self._place = place_by(layout, partitions, partition_keys)

    def make(self, base: int, size: int) -> tuple[SortedBlock, int] | None:
        """The first block of *size* bytes, which are whole lines."""
        order = self._order
        counts = np.zeros((self._partitions, 2), np.int64)
        records, taken = sort_kernels.scan(
            *(base, size, self._partitions),
            *(order.prefixes, self._starts, self._lengths, self._key_lengths, order.parts),
            counts,
        )
        keys = Keys(base, records, self._starts, self._key_lengths)
        if self._place is not None:
            self._place(keys, order.parts)
            counts[:] = 0
            block_kernels.partition_sizes_of_lines(
                records, order.parts, self._lengths, self._key_lengths, counts
            )
        if self._fixed is None:
            order.sort(keys, counts)
        else:
            together = counts.sum(axis=0)
            counts[:] = 0
            counts[self._fixed] = together
            order.keep(records)
        return self._gathered(keys, counts), taken

    def _gathered(self, keys: Keys, counts: Int64s) -> SortedBlock:
        """The block of the records in their order."""
        bounds = _bounds(counts)
        buffer = new_buffer(int(bounds[-1]))
        lines = (self._starts, self._lengths, self._key_lengths)
        block_kernels.gather_lines(
            keys.base, keys.records, self._order.index, *lines, buffer.ctypes.data
        )
        sizes = (0, 0)
        if self._like_hadoop:
            sizes = block_kernels.hadoop_sizes_of_lines(
                keys.records, self._lengths, self._key_lengths
            )
        return SortedBlock(buffer, bounds, counts[:, 0].copy(), *sizes)


class FramedBlocks:
    """Pairs of any kind into frames; all into the partition *fixed*, unsorted, if that is given."""

    def __init__(
        self,
        layout: Layout,
        partitions: int,
        capacity: int,
        partition_keys: PartitionKeys | None = None,
        fixed: int | None = None,
    ) -> None:
        self._partitions = partitions
        self._fixed = fixed
        self._split, self._gap = split_of(layout.pairs)
        self._like_hadoop = layout.like_hadoop
        self._is_text = layout.pairs.pipe not in (Pipe.RAW_BYTES, Pipe.TYPED_BYTES)
        self._has_lengths = layout.pairs.pipe in (Pipe.RAW_BYTES, Pipe.PAIRS)
        self._pairs = PairArrays(capacity)
        self._order = _Order(capacity)
        self._sort_keys = None
        if layout.order is not None or layout.sort_values:
            self._sort_keys = SortKeys(layout.order, layout.sort_values, capacity)
        self._no_lengths = np.zeros(capacity, np.uint32)
        longs = np.full(capacity, _AS_LONG_AS_A_LONG, np.uint32)
        #: The lengths of keys and values for Hadoop's counters.
        self._counted = (
            longs if layout.long_keys else self._pairs.key_lengths,
            longs if layout.long_values else self._pairs.value_lengths,
        )
        self._place = place_by(layout, partitions, partition_keys) if fixed is None else None
        self._places_in_order = (
            layout.partition.kind is Partitioner.RANGES and layout.order is not None
        )

    def make(self, base: int, size: int) -> tuple[SortedBlock, int] | None:
        """The first block of *size* bytes."""
        pairs, prefixes = self._pairs, self._order.prefixes
        records, taken = self._split(base, size, pairs)
        if not records:
            return None
        keys = Keys(base, records, pairs.starts, pairs.key_lengths)
        sort_keys = None
        if self._sort_keys is not None:
            done = self._sort_keys.write(keys, pairs.value_lengths, self._gap, prefixes)
            if done < records:
                taken = self._begin_of(done)
                keys = replace(keys, records=done)
            sort_keys = self._sort_keys.keys
        else:
            key_kernels.key_prefixes(base, records, keys.starts, keys.lengths, prefixes)
        return self._arranged(keys, sort_keys), taken

    def _begin_of(self, record: int) -> int:
        """The offset of *record*: in front of a key there may be its length."""
        return int(self._pairs.starts[record]) - (4 if self._has_lengths else 0)

    def _arranged(self, keys: Keys, sort_keys: Keys | None) -> SortedBlock:
        """The block of these records."""
        order, records = self._order, keys.records
        compared = sort_keys or keys
        sort_lengths = sort_keys.lengths if sort_keys else self._no_lengths
        if self._fixed is not None:
            order.parts[:records] = self._fixed
        elif self._place is not None:
            self._place(compared if self._places_in_order else keys, order.parts)
        else:
            order.parts[:records] = 0
        counts = np.zeros((self._partitions, 2), np.int64)
        block_kernels.partition_sizes_of_frames(
            records, order.parts, sort_lengths, keys.lengths, self._pairs.value_lengths, counts
        )
        if self._fixed is None:
            order.sort(compared, counts)
        else:
            order.keep(records)
        return self._gathered(keys, compared, sort_lengths, counts)

    def _gathered(
        self, keys: Keys, compared: Keys, sort_lengths: UInt32s, counts: Int64s
    ) -> SortedBlock:
        """The block of the records in their order; without sort keys *sort_lengths* are 0."""
        bounds = _bounds(counts)
        buffer = new_buffer(int(bounds[-1]))
        block_kernels.gather_frames(
            *(keys.base, keys.records, self._order.index),
            *(keys.starts, keys.lengths, self._pairs.value_lengths, self._gap),
            *(compared.base, compared.starts, sort_lengths),
            buffer.ctypes.data,
        )
        sizes = (0, 0)
        if self._like_hadoop:
            sizes = block_kernels.hadoop_sizes_of_frames(
                keys.records, *self._counted, self._is_text
            )
        return SortedBlock(buffer, bounds, counts[:, 0].copy(), *sizes)


def _bounds(counts: Int64s) -> Int64s:
    bounds = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts[:, 1], out=bounds[1:])
    return bounds
