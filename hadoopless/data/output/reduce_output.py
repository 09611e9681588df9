"""Writes the pairs on a program's stdout as Hadoop's TextOutputFormat writes them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Protocol

from hadoopless.data.machine import lines
from hadoopless.data.machine.buffers import PIECE, Constant, Room, address_of
from hadoopless.data.output import reduce_output_kernels
from hadoopless.data.record import typed_bytes
from hadoopless.data.record.layout import BadOutput
from hadoopless.data.record.typed_bytes import MARKER
from hadoopless.rules import PairFormat, Pipe

_LENGTH = struct.Struct(">i")

#: Takes bytes that are written, and uses them before the next call.
Emit = Callable[[memoryview], None]


class LineWriter(Protocol):
    """Writes the pairs of one format as lines of text."""

    #: Pairs written.
    records: int
    #: True when the output is over before the end of stdout.
    is_over: bool

    def write(self, data: memoryview) -> int:
        """Write the whole pairs at the begin of *data*; returns how many bytes they take.

        There is at least one byte, and of lines there are whole ones alone.
        """


def line_writer_of(source: PairFormat, separator: bytes, emit: Emit) -> LineWriter:
    """A writer of pairs in the format *source*, with *separator* between key and value."""
    if source.pipe is Pipe.TEXT:
        return _Lines(source, separator, emit)
    if source.pipe is Pipe.KEY_ONLY_TEXT:
        return _Keys(emit)
    if source.pipe is Pipe.PAIRS:
        return _TextPairs(separator, emit)
    shown = _raw_pair if source.pipe is Pipe.RAW_BYTES else _typed_pair
    return _ShownPairs(shown, separator, emit)


def _emit_all(room: Room, emit: Emit) -> None:
    for written in room.emptied():
        emit(written)


class _Lines:
    """Lines, the key before a separator; without one, all is key and the value empty."""

    is_over = False

    def __init__(self, source: PairFormat, separator: bytes, emit: Emit) -> None:
        self._fields = source.key_fields
        self._old = Constant(source.separator)
        self._new = Constant(separator)
        self._emit = emit
        self._room = Room(PIECE)
        self.records = 0

    def write(self, data: memoryview) -> int:
        base = address_of(data)
        taken = 0
        while taken < len(data):
            used, written, records = reduce_output_kernels.write_lines(
                *(base + taken, len(data) - taken, self._fields),
                *self._old.arguments,
                *self._new.arguments,
                *self._room.free,
            )
            self._room.filled = written
            _emit_all(self._room, self._emit)
            self.records += records
            taken += used
        return taken


class _Keys:
    """Lines that are keys; there are no values, so that no separator is written."""

    is_over = False

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self.records = 0

    def write(self, data: memoryview) -> int:
        self.records += int(lines.count_lines(address_of(data), len(data)))
        self._emit(data)
        return len(data)


class _TextPairs:
    """Pairs of texts with their lengths; a value may be null."""

    is_over = False

    def __init__(self, separator: bytes, emit: Emit) -> None:
        self._separator = Constant(separator)
        self._emit = emit
        self._room = Room(PIECE)
        self.records = 0

    def write(self, data: memoryview) -> int:
        taken = 0
        lacks_room = 1
        while lacks_room:
            used, written, pairs, lacks_room = reduce_output_kernels.write_text_pairs(
                *(address_of(data) + taken, len(data) - taken),
                *self._separator.arguments,
                *self._room.free,
            )
            self._room.filled = written
            if written or lacks_room:
                _emit_all(self._room, self._emit)
            self.records += pairs
            taken += used
        return taken


#: A whole pair at an offset: key and value as text, and its end. None: it is not whole.
_Shown = Callable[[memoryview, int], tuple[bytes, bytes, int] | None]


class _OutputIsOver(Exception):
    """Bytes in the place of a key are what Hadoop takes for the end."""


class _ShownPairs:
    """Pairs that are no text, written as Java's toString shows them."""

    def __init__(self, shown: _Shown, separator: bytes, emit: Emit) -> None:
        self._shown = shown
        self._separator = separator
        self._emit = emit
        self.is_over = False
        self.records = 0

    def write(self, data: memoryview) -> int:
        written: list[bytes] = []
        at = 0
        try:
            while pair := self._shown(data, at):
                key, value, at = pair
                written += [key, self._separator, value, b"\n"]
                self.records += 1
        except _OutputIsOver:
            self.is_over = True
        if written:
            self._emit(memoryview(b"".join(written)))
        return at


def _raw_pair(data: memoryview, at: int) -> tuple[bytes, bytes, int] | None:
    """BytesWritable.toString of both."""
    if at + _LENGTH.size > len(data):
        return None
    length = _LENGTH.unpack_from(data, at)[0]
    if length < 0:
        raise _OutputIsOver
    middle = at + _LENGTH.size + length
    if middle + _LENGTH.size > len(data):
        return None
    value_length = _LENGTH.unpack_from(data, middle)[0]
    if value_length < 0:
        raise BadOutput(f"wrote a value of length {value_length}")
    begin = middle + _LENGTH.size
    end = begin + value_length
    if end > len(data):
        return None
    key = data[at + _LENGTH.size : middle].hex(" ")
    return key.encode(), data[begin:end].hex(" ").encode(), end


def _typed_pair(data: memoryview, at: int) -> tuple[bytes, bytes, int] | None:
    """TypedBytesWritable.toString of both."""
    if at < len(data) and data[at] == MARKER:
        raise _OutputIsOver
    middle = typed_bytes.end_of(data, at)
    end = None if middle is None else typed_bytes.end_of(data, middle)
    if middle is None or end is None:
        return None
    key = typed_bytes.text_of(data[at:middle])
    return key.encode(), typed_bytes.text_of(data[middle:end]).encode(), end
