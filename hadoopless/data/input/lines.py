"""Hands out the lines of a split without their offsets: the usual case, in a fast way.

CR and CRLF become LF and a last line without an end gets one; all other bytes stay as they are, so
they are neither cut into lines nor copied. Lines belong to splits as in
:mod:`hadoopless.data.input.line_records`.
"""

from __future__ import annotations

from collections.abc import Iterator

from hadoopless.data.input.line_records import BOM
from hadoopless.data.input.map_input_kernels import count_bytes, repeated, unify
from hadoopless.data.input.source import Source
from hadoopless.data.machine.buffers import address_of
from hadoopless.data.machine.memory import PADDING

_PIECE = 1 << 20
#: Bytes that are read at once when only one end of a line is needed.
_SHORT = 1 << 14
_CR = b"\r"
_LF = b"\n"
_TENS = repeated(0x0A)


class LinePieces:
    """The lines of one split of one input, in pieces of any size."""

    def __init__(self, source: Source, start: int, end: int) -> None:
        self._source = source
        self._start = self._at = start
        self._end = end
        #: The place behind the last byte that decided where a line ends.
        self.looked_at = 0
        self._bytes = bytearray(min(_PIECE, max(_SHORT, end - start)) + PADDING)
        self._base = address_of(memoryview(self._bytes))
        self._after_cr = False
        #: The last byte that was handed out.
        self._last = _LF
        #: The places where the first line begins and the last one ends, once all are handed out.
        self.stretch: tuple[int, int] | None = None

    def __iter__(self) -> Iterator[tuple[memoryview, int]]:
        """Pieces and the lines that end in each; a piece is valid until the next one."""
        if not self._begin():
            self.stretch = (self._at, self._at)
            return
        # A byte order mark is no part of the first line, but of what was read.
        begin = self._at if self._start else 0
        while self._at < self._end and (count := self._read(self._end - self._at)):
            yield self._unified(count)
        # The line that goes over the end of the split, or begins there.
        ended = False
        while not ended and (count := self._read(_SHORT)):
            stop = self._first_end(count)
            ended = stop > 0
            if ended:
                self._at -= count - stop
            yield self._unified(stop or count)
        self.stretch = (begin, self._at)
        if self._last != _LF:
            yield memoryview(_LF), 1

    def _begin(self) -> bool:
        """Go to the first line of the split; False when the split has none."""
        if self._at:
            return self._skip_line()
        if self._source.starts_with(BOM):
            self._read(len(BOM))  # it counts as read
            # The first line goes on even if the split ends within the mark.
            self._end = max(self._end, self._at)
        return True

    def _skip_line(self) -> bool:
        while self._at < self._end and (count := self._read(_SHORT)):
            stop = self._first_end(count)
            if stop:
                self._at -= count - stop
                self._after_cr = self._bytes[stop - 1 : stop] == _CR
                return self._at <= self._end
        return False

    def _read(self, most: int) -> int:
        """Read up to *most* bytes into the buffer; 0 at the end of the input."""
        room = min(most, len(self._bytes) - PADDING)
        with memoryview(self._bytes) as view, view[:room] as target:
            count = self._source.read_into(target, self._at)
        self._at += count
        return count

    def _first_end(self, size: int) -> int:
        """The place behind the first LF or CR of the *size* bytes just read, or 0."""
        lf = self._bytes.find(_LF, 0, size)
        cr = self._bytes.find(_CR, 0, size if lf < 0 else lf)
        stop = 1 + cr or 1 + lf
        # The byte behind a CR decides if it is a CRLF.
        self.looked_at = self._at - size + (stop or size) + (cr >= 0)
        return stop

    def _unified(self, size: int) -> tuple[memoryview, int]:
        """The first *size* bytes of the buffer with LF alone at the end of lines."""
        if self._after_cr or self._bytes.find(_CR, 0, size) >= 0:
            cr_is_last = self._bytes[size - 1 : size] == _CR
            size, lines = map(int, unify(self._base, size, self._after_cr))
            self._after_cr = cr_is_last
        else:
            lines = int(count_bytes(self._base, size, _TENS))
        if size:
            self._last = bytes(self._bytes[size - 1 : size])
        return memoryview(self._bytes)[:size], lines
