"""Keys of many records at once, and their sort keys; the rules of a job as kernels want them.

Knows keys and values by address only, not what they were cut from.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hadoopless.data.machine.buffers import new_buffer
from hadoopless.data.machine.memory import PADDING
from hadoopless.data.record.layout import BadOutput
from hadoopless.data.sort import key_kernels
from hadoopless.rules import FieldRange, KeyFields

Numbers = npt.NDArray[np.uint32]

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


def keys_of(keys: Sequence[bytes]) -> Keys:
    """*keys*, copied one behind the other."""
    together = b"".join(keys)
    buffer = new_buffer(len(together))
    buffer.data[: len(together)] = together
    lengths = np.array([len(key) for key in keys], np.uint32)
    starts = (np.cumsum(lengths, dtype=np.uint32) - lengths).astype(np.uint32)
    return Keys(int(buffer.ctypes.data), len(keys), starts, lengths, buffer)


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


class Ranges:
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
    # Kernels add offsets to it.
    row[key_kernels.START_CHAR] = max(-_LARGEST_ROOM, min(fields.start_char, _LARGEST_ROOM))
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
        self._ranges = Ranges(order or KeyFields((FieldRange(),)))
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
