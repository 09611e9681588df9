"""Sort keys and partitions of many records at once: the rules of a job, as their kernels want them.

Knows keys and values by address only, not what they were cut from.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mapreduce.data import key_kernels
from mapreduce.data.layout import BadOutput, Layout
from mapreduce.data.memory import PADDING
from mapreduce.data.segments import new_buffer
from mapreduce.rules import FieldRange, KeyFields, Partitioner

Numbers = npt.NDArray[np.uint32]

#: Gets keys, an NL behind each, and how many; returns the number of a partition for each.
PartitionKeys = Callable[[memoryview, int], Sequence[int]]

#: Sort keys of a block: so much is asked for first, and so much at most while records wait.
_FIRST_ROOM = 1 << 20
_USUAL_ROOM = 1 << 24
_LARGEST_ROOM = (1 << 32) - 1
#: Fields with higher numbers than that are taken for missing.
_MOST_FIELDS = 1 << 24


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of some records: *records* times an offset from *base*, and a length."""

    base: int
    records: int
    starts: Numbers
    lengths: Numbers
    #: What the addresses point into, where nobody else keeps it.
    owner: object = None

    def __getitem__(self, number: int) -> bytes:
        return ctypes.string_at(self.base + int(self.starts[number]), int(self.lengths[number]))


#: Writes the number of a partition for each key.
Place = Callable[[Keys, Numbers], None]


class Separator:
    """A byte string that kernels look for."""

    def __init__(self, separator: bytes) -> None:
        self._buffer = new_buffer(len(separator))
        self._buffer.data[: len(separator)] = separator
        first = separator[:1] or b"\0"
        #: Address, length, and the first byte eight times.
        self.arguments = (
            int(self._buffer.ctypes.data),
            len(separator),
            np.uint64(int.from_bytes(first * 8, "big")),
        )


class _Ranges:
    """Parts of keys: their rows, the separator of fields, and work space."""

    def __init__(self, fields: KeyFields) -> None:
        self.specs = np.array([_row(each) for each in fields.ranges], np.int64)
        wanted = 0  # no need to look for fields while all ranges are the whole key
        for row in self.specs:
            start, end = int(row[key_kernels.START_FIELD]), int(row[key_kernels.END_FIELD])
            wanted = max(wanted, end, start if start > 1 else 0)
        self._separator = Separator(fields.separator)
        self.arguments = (
            self.specs,
            *self._separator.arguments,
            np.zeros(wanted + 2, np.int64),
            np.zeros(wanted + 2, np.int64),
        )


def _row(fields: FieldRange) -> list[int]:
    """As the kernels want it; numbers below 1 mean to Hadoop what is done here."""
    row = [0] * key_kernels.RANGE_COLUMNS
    row[key_kernels.START_FIELD] = min(max(fields.start_field, 1), _MOST_FIELDS)
    row[key_kernels.START_CHAR] = fields.start_char
    if fields.end_field:
        row[key_kernels.END_FIELD] = min(max(fields.end_field, 1), _MOST_FIELDS)
    row[key_kernels.END_CHAR] = fields.end_char
    row[key_kernels.NUMERIC] = fields.numeric
    row[key_kernels.REVERSE] = fields.reverse
    return row


class SortKeys:
    """Sort keys of up to *capacity* records at a time; ``keys`` are the last ones.

    Without an *order* the whole key is a part of it. With *values* these come behind.
    """

    def __init__(self, order: KeyFields | None, values: bool, capacity: int) -> None:
        self._ranges = _Ranges(order or KeyFields((FieldRange(),)))
        self._values = values
        self._starts = np.zeros(capacity, np.uint32)
        self._lengths = np.zeros(capacity, np.uint32)
        self._room = new_buffer(_FIRST_ROOM)
        self.keys = self._made(0)

    def _made(self, records: int) -> Keys:
        room = self._room
        return Keys(int(room.ctypes.data), records, self._starts, self._lengths, room)

    def write(
        self, keys: Keys, value_lengths: Numbers, gap: int, prefixes: npt.NDArray[np.uint64]
    ) -> int:
        """Make ``keys`` for the first of these records; returns for how many, at least one.

        A value lies *gap* bytes behind its key. BadOutput: one needs more than 4 GB.
        """
        while True:
            room = len(self._room) - PADDING
            done = int(
                key_kernels.sort_keys(
                    keys.base,
                    keys.records,
                    keys.starts,
                    keys.lengths,
                    value_lengths,
                    gap,
                    self._values,
                    *self._ranges.arguments,
                    self._room.ctypes.data,
                    room,
                    self._starts,
                    self._lengths,
                    prefixes,
                )
            )
            if done == keys.records or (done and room >= _USUAL_ROOM):
                self.keys = self._made(done)
                return done
            if room >= _LARGEST_ROOM:
                raise BadOutput("wrote a key that is too long for the order of this job")
            self._room = new_buffer(min(2 * room, _LARGEST_ROOM))


def place_by(layout: Layout, partitions: int, partition_keys: PartitionKeys | None) -> Place | None:
    """What finds the partitions of keys; None: all keys are in one partition.

    By ranges in an order, it must be given the sort keys.
    """
    if partitions == 1:
        return None  # Hadoop does not ask its partitioner then
    rules = layout.partition
    match rules.kind:
        case Partitioner.FIELDS if rules.fields and rules.fields.ranges:
            return _by_fields(rules.fields, partitions)
        case Partitioner.FIELDS | Partitioner.JAVA_STRING:
            return _by_strings(partitions)
        case Partitioner.RANGES:
            return _by_ranges(rules.boundaries, layout.order, partitions)
        case Partitioner.COMMAND:
            if partition_keys is None:
                raise ValueError("nobody to ask for partitions")
            return _by_program(partition_keys, partitions)
        case Partitioner.HASH:
            return _by_hash(partitions)


def _by_hash(partitions: int) -> Place:
    def place(keys: Keys, parts: Numbers) -> None:
        key_kernels.hash_keys(keys.base, keys.records, keys.starts, keys.lengths, partitions, parts)

    return place


def _by_strings(partitions: int) -> Place:
    def place(keys: Keys, parts: Numbers) -> None:
        key_kernels.hash_strings(
            keys.base, keys.records, keys.starts, keys.lengths, partitions, parts
        )

    return place


def _by_fields(fields: KeyFields, partitions: int) -> Place:
    ranges = _Ranges(fields)

    def place(keys: Keys, parts: Numbers) -> None:
        spare = new_buffer(3 * int(keys.lengths[: keys.records].max(initial=0)))
        key_kernels.hash_fields(
            keys.base,
            keys.records,
            keys.starts,
            keys.lengths,
            partitions,
            *ranges.arguments,
            spare.ctypes.data,
            parts,
        )

    return place


def _by_ranges(boundaries: Sequence[bytes], order: KeyFields | None, partitions: int) -> Place:
    if len(boundaries) >= partitions:
        raise BadOutput(f"has {len(boundaries)} boundaries for {partitions} partitions")
    bounds = _as_keys(boundaries)
    if order and boundaries:
        sort_keys = SortKeys(order, False, len(boundaries))
        prefixes = np.zeros(len(boundaries), np.uint64)
        if sort_keys.write(bounds, bounds.lengths, 0, prefixes) < len(boundaries):
            raise BadOutput("has boundaries that are too long")
        bounds = sort_keys.keys

    def place(keys: Keys, parts: Numbers) -> None:
        key_kernels.search_ranges(
            keys.base,
            keys.records,
            keys.starts,
            keys.lengths,
            bounds.base,
            bounds.starts,
            bounds.lengths,
            parts,
        )

    return place


def _as_keys(keys: Sequence[bytes]) -> Keys:
    together = b"".join(keys)
    buffer = new_buffer(len(together))
    buffer.data[: len(together)] = together
    lengths = np.array([len(key) for key in keys], np.uint32)
    starts = (np.cumsum(lengths, dtype=np.uint32) - lengths).astype(np.uint32)
    return Keys(int(buffer.ctypes.data), len(keys), starts, lengths, buffer)


def _by_program(partition_keys: PartitionKeys, partitions: int) -> Place:
    def place(keys: Keys, parts: Numbers) -> None:
        size = int(keys.lengths[: keys.records].sum(dtype=np.int64)) + keys.records
        lines = new_buffer(size)
        key_kernels.lines_of_keys(
            keys.base, keys.records, keys.starts, keys.lengths, lines.ctypes.data
        )
        numbers = np.asarray(partition_keys(lines.data[:size], keys.records), np.int64)
        if len(numbers) != keys.records:
            raise BadOutput(f"gave {len(numbers)} partitions for {keys.records} keys")
        wrong = np.flatnonzero((numbers < 0) | (numbers >= partitions))
        if len(wrong):
            first = int(wrong[0])
            raise BadOutput(
                f"gave partition {numbers[first]} for the key {keys[first]!r}; there are 0 to"
                f" {partitions - 1}"
            )
        parts[: keys.records] = numbers

    return place
