"""Keys of many records at once, and their sort keys; the rules of a job in the form of kernels.

Knows keys and values by address only, not what they were cut from.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from hadoopless.data.machine.buffers import Constant, new_buffer
from hadoopless.data.machine.kernels import UInt32Rows, UInt32s, UInt64s
from hadoopless.data.machine.memory import PADDING
from hadoopless.data.record.layout import BadOutput
from hadoopless.data.sort import key_kernels, range_kernels
from hadoopless.data.sort.key_kernels import KEY_ROWS, LENGTHS, STARTS
from hadoopless.rules import FieldRange, KeyFields

#: Offsets within a block are 32 bits wide.
_LARGEST_OFFSET = (1 << 32) - 1
#: Fields with higher numbers than that are taken for missing.
_MOST_FIELDS = 1 << 24


class KeyLimits(Struct, frozen=True):
    """The bytes that the sort keys of a block may take."""

    first: int = 1 << 20
    #: Once there is so much, records that find no place wait for the next block.
    usual: int = 1 << 24
    #: For a single key.
    largest: int = _LARGEST_OFFSET


KEY_LIMITS = KeyLimits()


class Keys(Struct, frozen=True):
    """The keys of some records: a table (see ``key_kernels``) whose offsets count from *base*."""

    base: int
    records: int
    table: UInt32Rows
    #: The owner of the memory at *base*, where nobody else keeps it.
    owner: object = None

    def __getitem__(self, number: int) -> bytes:
        start, length = self.table[STARTS, number], self.table[LENGTHS, number]
        return ctypes.string_at(self.base + int(start), int(length))

    @property
    def lengths(self) -> UInt32s:
        """The length of each key."""
        return self.table[LENGTHS, : self.records]

    @property
    def arguments(self) -> tuple[int, int, UInt32Rows]:
        """The arguments with which kernels get the keys."""
        return self.base, self.records, self.table


def keys_of(keys: Sequence[bytes]) -> Keys:
    """*keys*, copied one behind the other."""
    together = b"".join(keys)
    buffer = new_buffer(len(together))
    buffer.data[: len(together)] = together
    table = np.empty((KEY_ROWS, len(keys)), np.uint32)
    table[LENGTHS] = [len(key) for key in keys]
    table[STARTS] = np.cumsum(table[LENGTHS], dtype=np.uint32) - table[LENGTHS]
    return Keys(int(buffer.ctypes.data), len(keys), table, buffer)


class Ranges:
    """Ranges of keys, as ``range_kernels`` wants them."""

    def __init__(self, fields: KeyFields) -> None:
        ranges = np.array([_row(each) for each in fields.ranges], np.int64)
        wanted = 0  # no need to look for fields while all ranges are the whole key
        for row in ranges:
            start, end = int(row[range_kernels.START_FIELD]), int(row[range_kernels.END_FIELD])
            wanted = max(wanted, end, start if start > 1 else 0)
        self._separator = Constant(fields.separator)
        table = np.zeros((wanted + 2, 2), np.int64)
        table[0] = self._separator.arguments
        #: The arguments with which kernels get the ranges.
        self.arguments = (ranges, table)


def _row(fields: FieldRange) -> list[int]:
    """The row of a range; Hadoop, too, takes numbers below 1 as is done here."""
    row = [0] * range_kernels.RANGE_COLUMNS
    row[range_kernels.START_FIELD] = min(max(fields.start_field, 1), _MOST_FIELDS)
    # Kernels add offsets to it.
    row[range_kernels.START_CHAR] = max(-_LARGEST_OFFSET, min(fields.start_char, _LARGEST_OFFSET))
    if fields.end_field:
        row[range_kernels.END_FIELD] = min(max(fields.end_field, 1), _MOST_FIELDS)
    row[range_kernels.END_CHAR] = fields.end_char
    row[range_kernels.NUMERIC] = fields.numeric
    row[range_kernels.REVERSE] = fields.reverse
    return row


class SortKeys:
    """Sort keys of up to *capacity* records at a time; ``keys`` are the last ones.

    Without an *order* the whole key is a part of it. With *values* these come behind.
    """

    def __init__(
        self, order: KeyFields | None, values: bool, capacity: int, limits: KeyLimits = KEY_LIMITS
    ) -> None:
        self._limits = limits
        self._ranges = Ranges(order or KeyFields((FieldRange(),)))
        self._values = values
        self._table = np.zeros((KEY_ROWS, capacity), np.uint32)
        self._room = new_buffer(self._limits.first)
        self.keys = self._made(0)

    def _made(self, records: int) -> Keys:
        return Keys(int(self._room.ctypes.data), records, self._table, self._room)

    def write(self, keys: Keys, gap: int, prefixes: UInt64s) -> int:
        """Make ``keys`` for the first of these records; returns for how many, at least one.

        With values the table of *keys* is one of pairs; a value lies *gap* bytes behind its key.
        Fills *prefixes*. BadOutput: a sort key needs more than 4 GB.
        """
        while True:
            room = len(self._room) - PADDING
            done = int(
                key_kernels.sort_keys(
                    *keys.arguments,
                    gap if self._values else key_kernels.NO_VALUES,
                    *self._ranges.arguments,
                    *(self._room.ctypes.data, room, self._table, prefixes),
                )
            )
            if done == keys.records or (done and room >= self._limits.usual):
                self.keys = self._made(done)
                return done
            if room >= self._limits.largest:
                raise BadOutput("wrote a key that is too long for the order of this job")
            self._room = new_buffer(min(2 * room, self._limits.largest))
