"""One block of records out of what a program wrote: found, partitioned, sorted, gathered.

A block is limited by the room for its records and by the bytes that are there; what of these it
took is told, so that the next one begins behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from hadoopless.data.machine.buffers import Buffer, new_buffer
from hadoopless.data.record import frame_kernels
from hadoopless.data.record.layout import BadOutput, Layout
from hadoopless.data.runs.runs import MemoryRun
from hadoopless.data.sort import key_kernels, sort_kernels
from hadoopless.data.sort.keys import Keys, Separator, SortKeys
from hadoopless.data.sort.partitioners import PartitionKeys, place_by
from hadoopless.rules import PairFormat, Partitioner, Pipe

#: A text of so many bytes takes as many bytes of Hadoop as a long: eight.
_AS_LONG_AS_A_LONG = 7
#: Vectors, lists and maps of typed bytes, one in the other; Java's stack ends not far from there.
_DEEPEST = 1 << 12

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SortedBlock:
    """One block of records by (partition, key): ``bounds[p]:bounds[p + 1]`` is partition *p*."""

    buffer: Buffer
    bounds: Counts
    records: Counts
    #: Keys and values as Hadoop serialises them ("Map output bytes"); 0 in jobs without rules.
    serialized: int = 0
    #: The same with their lengths, as in Hadoop's intermediate files ("Map output materialized
    #: bytes"): these have 6 bytes more for each partition of a task.
    materialized: int = 0

    @property
    def size(self) -> int:
        """Bytes of memory held."""
        return self.buffer.nbytes + self.bounds.nbytes + self.records.nbytes

    def run(self, partition: int) -> MemoryRun:
        """The run of *partition*, possibly empty."""
        start, end = int(self.bounds[partition]), int(self.bounds[partition + 1])
        return MemoryRun(self.buffer, start, end - start, int(self.records[partition]))


class OutputIsOver(Exception):
    """A program has said that no record follows, whatever else it writes."""


class BlockMaker(Protocol):
    """Makes blocks."""

    def make(self, base: int, size: int) -> tuple[SortedBlock, int] | None:
        """The first block of *size* bytes at *base*, and the bytes taken; None: no whole record.

        Raises BadOutput, OutputIsOver.
        """


class _WorkSpace:
    """The kernels' arrays for up to *capacity* records."""

    def __init__(self, capacity: int) -> None:
        self.prefixes = np.empty(capacity, np.uint64)
        self.starts = np.empty(capacity, np.uint32)
        #: Of lines, without the NL; in framed blocks, of values.
        self.lengths = np.empty(capacity, np.uint32)
        self.key_lengths = np.empty(capacity, np.uint32)
        self.parts = np.empty(capacity, np.uint32)
        self.keys = np.empty((2, capacity), np.uint64)
        self.index = np.empty((2, capacity), np.uint32)
        self._histogram = np.empty(sort_kernels.HISTOGRAM, np.uint32)

    def order(self, keys: Keys, counts: Counts) -> None:
        """Put the numbers of the records into ``index[0]``, by (partition, key)."""
        sort_kernels.order(
            keys.base,
            keys.records,
            self.prefixes,
            keys.starts,
            keys.lengths,
            self.parts,
            counts,
            self.keys[0],
            self.index[0],
            self.keys[1],
            self.index[1],
            np.empty(len(counts) + 1, np.int64),
            self._histogram,
        )

    def keep_order(self, records: int) -> None:
        """Put the numbers of the records into ``index[0]`` as they are."""
        self.index[0][:records] = np.arange(records, dtype=np.uint32)


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
        self._work = _WorkSpace(capacity)
        self._place = None
        if fixed is None and layout.partition.kind is not Partitioner.HASH:
            self._place = place_by(layout, partitions, partition_keys)

    def make(self, base: int, size: int) -> tuple[SortedBlock, int] | None:
        """The first block of *size* bytes, which are whole lines."""
        work = self._work
        counts = np.zeros((self._partitions, 2), np.int64)
        records, taken = sort_kernels.scan(
            base,
            size,
            self._partitions,
            work.prefixes,
            work.starts,
            work.lengths,
            work.key_lengths,
            work.parts,
            counts,
        )
        keys = Keys(base, records, work.starts, work.key_lengths)
        if self._place is not None:
            self._place(keys, work.parts)
            counts[:] = 0
            frame_kernels.count_lines(records, work.parts, work.lengths, work.key_lengths, counts)
        if self._fixed is None:
            work.order(keys, counts)
        else:
            together = counts.sum(axis=0)
            counts[:] = 0
            counts[self._fixed] = together
            work.keep_order(records)
        bounds = _bounds(counts)
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
        sizes = (0, 0)
        if self._like_hadoop:
            sizes = frame_kernels.hadoop_sizes_of_lines(records, work.lengths, work.key_lengths)
        return SortedBlock(buffer, bounds, counts[:, 0].copy(), *sizes), taken


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
        self._split, self._gap = _split_of(layout.pairs)
        self._like_hadoop = layout.like_hadoop
        self._is_text = layout.pairs.pipe not in (Pipe.RAW_BYTES, Pipe.TYPED_BYTES)
        self._has_lengths = layout.pairs.pipe in (Pipe.RAW_BYTES, Pipe.PAIRS)
        self._work = _WorkSpace(capacity)
        self._sort_keys = None
        if layout.order is not None or layout.sort_values:
            self._sort_keys = SortKeys(layout.order, layout.sort_values, capacity)
        self._no_lengths = np.zeros(capacity, np.uint32)
        longs = np.full(capacity, _AS_LONG_AS_A_LONG, np.uint32)
        #: What Hadoop's counters take for the lengths of keys and values.
        self._counted = (
            longs if layout.long_keys else self._work.key_lengths,
            longs if layout.long_values else self._work.lengths,
        )
        self._place = place_by(layout, partitions, partition_keys) if fixed is None else None
        self._places_in_order = (
            layout.partition.kind is Partitioner.RANGES and layout.order is not None
        )

    def make(self, base: int, size: int) -> tuple[SortedBlock, int] | None:
        """The first block of *size* bytes."""
        work = self._work
        records, taken = self._split(base, size, work)
        if not records:
            return None
        keys = Keys(base, records, work.starts, work.key_lengths)
        sort_keys = None
        if self._sort_keys is not None:
            done = self._sort_keys.write(keys, work.lengths, self._gap, work.prefixes)
            if done < records:
                taken = self._begin_of(done)
                keys = replace(keys, records=done)
            sort_keys = self._sort_keys.keys
        else:
            key_kernels.key_prefixes(base, records, keys.starts, keys.lengths, work.prefixes)
        return self._arranged(keys, sort_keys), taken

    def _begin_of(self, record: int) -> int:
        """Where *record* begins: in front of a key there may be its length."""
        return int(self._work.starts[record]) - (4 if self._has_lengths else 0)

    def _arranged(self, keys: Keys, sort_keys: Keys | None) -> SortedBlock:
        """The block of these records."""
        work = self._work
        records = keys.records
        compared = sort_keys or keys
        sort_lengths = sort_keys.lengths if sort_keys else self._no_lengths
        if self._fixed is not None:
            work.parts[:records] = self._fixed
        elif self._place is not None:
            self._place(compared if self._places_in_order else keys, work.parts)
        else:
            work.parts[:records] = 0
        counts = np.zeros((self._partitions, 2), np.int64)
        frame_kernels.count_frames(
            records, work.parts, sort_lengths, keys.lengths, work.lengths, counts
        )
        if self._fixed is None:
            work.order(compared, counts)
        else:
            work.keep_order(records)
        bounds = _bounds(counts)
        buffer = new_buffer(int(bounds[-1]))
        frame_kernels.gather_frames(
            keys.base,
            records,
            work.index[0],
            keys.starts,
            keys.lengths,
            work.lengths,
            self._gap,
            compared.base,
            compared.starts,
            sort_lengths,
            buffer.ctypes.data,
        )
        sizes = (0, 0)
        if self._like_hadoop:
            sizes = frame_kernels.hadoop_sizes(records, *self._counted, self._is_text)
        return SortedBlock(buffer, bounds, counts[:, 0].copy(), *sizes)


def _bounds(counts: Counts) -> Counts:
    bounds = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts[:, 1], out=bounds[1:])
    return bounds


#: Finds pairs in bytes and fills a work space: (base, size, work) -> (records, bytes taken).
_Split = Callable[[int, int, _WorkSpace], tuple[int, int]]


def _split_of(pairs: PairFormat) -> tuple[_Split, int]:
    """What finds the pairs of that format, and how far a value lies behind its key."""
    match pairs.pipe:
        case Pipe.TEXT:
            return _split_lines(pairs, False), len(pairs.separator)
        case Pipe.KEY_ONLY_TEXT:
            return _split_lines(pairs, True), 0
        case Pipe.RAW_BYTES:
            return _split_pairs(False), 4
        case Pipe.PAIRS:
            return _split_pairs(True), 4
        case Pipe.TYPED_BYTES:
            return _split_typed_bytes(), 0


def _split_lines(pairs: PairFormat, key_only: bool) -> _Split:
    separator = Separator(pairs.separator)

    def split(base: int, size: int, work: _WorkSpace) -> tuple[int, int]:
        records, taken = frame_kernels.split_lines(
            base,
            size,
            *separator.arguments,
            pairs.key_fields,
            key_only,
            work.starts,
            work.key_lengths,
            work.lengths,
        )
        return records, taken

    return split


def _split_pairs(nulls: bool) -> _Split:
    def split(base: int, size: int, work: _WorkSpace) -> tuple[int, int]:
        records, taken, state = frame_kernels.split_pairs(
            base, size, nulls, work.starts, work.key_lengths, work.lengths
        )
        _check(state, records, "wrote a length below 0 in its pairs of lengths and bytes")
        return records, taken

    return split


def _split_typed_bytes() -> _Split:
    stack = np.zeros(_DEEPEST, np.int64)

    def split(base: int, size: int, work: _WorkSpace) -> tuple[int, int]:
        records, taken, state = frame_kernels.split_typed_bytes(
            base, size, stack, work.starts, work.key_lengths, work.lengths
        )
        _check(state, records, "wrote bytes that are no typed bytes")
        return records, taken

    return split


def _check(state: int, records: int, broken: str) -> None:
    if state == frame_kernels.BROKEN:
        raise BadOutput(broken)
    if state == frame_kernels.OVER and not records:
        raise OutputIsOver
