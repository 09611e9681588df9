"""The buffer for what a program writes on its stdout, until whole records are taken from it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from hadoopless.data.machine import lines
from hadoopless.data.machine.buffers import PIECE, Buffer, new_buffer
from hadoopless.data.record.layout import BadOutput
from hadoopless.faults import RecordTooLong
from hadoopless.rules import PairFormat, Pipe

#: Reads some bytes into a buffer and returns how many; 0 only at the end.
ReadInto = Callable[[memoryview], int]

_NEWLINE = ord("\n")
#: Bytes of the length before a key of raw bytes.
_RAW_LENGTH = 4


class LineEnds:
    """Rewrites CR and CRLF as LF, as Hadoop's LineReader ends a line at each of the three.

    One stream, stretch by stretch; a CRLF may be cut between two stretches.
    """

    def __init__(self) -> None:
        self._after_cr = False

    def normalise(self, view: memoryview, count: int) -> int:
        """Rewrite the first *count* bytes of *view* in place; returns how many are left.

        That may be none though *count* was not 0: the LF of a CRLF whose CR came before.
        """
        fresh = bytes(view[:count])
        if not self._after_cr and b"\r" not in fresh:
            return count
        if self._after_cr and count:
            fresh = fresh.removeprefix(b"\n")
            self._after_cr = False
        if fresh:
            self._after_cr = fresh.endswith(b"\r")
        fresh = fresh.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        view[: len(fresh)] = fresh
        return len(fresh)


class Stdout:
    """Bytes that were read and not yet taken, in a buffer that grows for a long record.

    The buffer has *size* bytes at first and *limit* at most. With *unify_line_ends* CR and CRLF end
    a line, too, where the program writes lines.
    """

    def __init__(
        self,
        read_into: ReadInto,
        pairs: PairFormat,
        size: int,
        limit: int,
        *,
        unify_line_ends: bool,
    ) -> None:
        self._read_into = read_into
        self._pipe = pairs.pipe
        self._in_lines = pairs.pipe in (Pipe.TEXT, Pipe.KEY_ONLY_TEXT)
        self._line_ends = LineEnds() if self._in_lines and unify_line_ends else None
        self._limit = limit
        self._filled = 0
        self._make(min(size, limit))
        #: True when nothing more will be read.
        self.ended = False

    def _make(self, capacity: int) -> None:
        self._capacity = capacity
        # The padding also holds the newline of a last line that lacks its own.
        self._buffer: Buffer = new_buffer(capacity)

    @property
    def address(self) -> int:
        """The address of the first byte, until the next :meth:`fill`."""
        return int(self._buffer.ctypes.data)

    def fill(self) -> int:
        """Read until the buffer is full or stdout ends; returns how many bytes may be taken.

        Of lines these are the whole ones, and the end of stdout ends a line; else all bytes.
        Raises RecordTooLong when not even the limit is enough for one record.
        """
        if self._filled == self._capacity:
            self._grow()
        while True:
            self._read()
            if not self._in_lines:
                return self._filled
            if self.ended:
                self._end_last_line()
                return self._filled
            if whole := int(lines.last_newline(self.address, self._filled)):
                return whole
            self._grow()

    def _read(self) -> None:
        view = self._buffer.data
        while not self.ended and self._filled < self._capacity:
            free = view[self._filled : self._capacity]
            count = self._read_into(free)
            self.ended = count == 0
            if self._line_ends is not None:
                count = self._line_ends.normalise(free, count)
            self._filled += count

    def _end_last_line(self) -> None:
        if self._filled and self._buffer[self._filled - 1] != _NEWLINE:
            self._buffer[self._filled] = _NEWLINE
            self._filled += 1

    def _grow(self) -> None:
        if self._capacity >= self._limit:
            raise RecordTooLong.over(self._limit, "wrote")
        smaller = self._buffer
        self._make(min(2 * self._capacity, self._limit))
        self._buffer[: self._filled] = smaller[: self._filled]

    def view(self, count: int) -> memoryview:
        """The first *count* bytes, not copied."""
        return self._buffer.data[:count]

    def drop(self, count: int) -> None:
        """Forget the first *count* bytes."""
        if count:
            self._filled -= count
            ctypes.memmove(self.address, self.address + count, self._filled)

    def discard(self) -> None:
        """Read to the end and forget all bytes."""
        discard_output(self._read_into)
        self._filled = 0
        self.ended = True

    def check_end(self) -> None:
        """Raise BadOutput when bytes are left that are no whole record."""
        # Hadoop takes a part of a key's length for the end.
        ends_in_length = self._pipe is Pipe.RAW_BYTES and self._filled < _RAW_LENGTH
        if self._filled and not ends_in_length:
            raise BadOutput("stopped within a record")


def discard_output(read_into: ReadInto) -> None:
    """Read to the end and forget the bytes, so that the program need not wait for a reader."""
    target = memoryview(bytearray(PIECE))
    while read_into(target):
        pass
