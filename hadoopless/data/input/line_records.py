"""Finds the lines that belong to a split, as blocks of whole records [LineRecordReader].

A map whose split does not begin with the file drops its first, partial record; each goes on as long
as its position is not behind the split's end. So a record that begins just there belongs to the
earlier split.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from hadoopless.data.input.source import ENDLESS, Source
from hadoopless.data.input.window import Window

#: A UTF-8 byte order mark; it is no part of the first line.
BOM = b"\xef\xbb\xbf"
_LF, _CR = 10, 13


class Block(NamedTuple):
    """Whole records: the bytes from *start* to *end* of the window; the first record has *key*.

    Only the last record of an input may lack its end.
    """

    key: int
    start: int
    end: int


class _Record(NamedTuple):
    """The place where the end mark of a record begins, and the place of the next record."""

    mark: int
    end: int


class Ends(Protocol):
    """The marks that end records."""

    #: True: a mark that lies across the end of a split gives the next record to this split, too.
    reaches_over: bool

    def next(self, window: Window, position: int) -> _Record:
        """Find the first end from *position* on, or else the end of the input."""

    def last(self, window: Window, position: int, stop: int) -> int:
        """Find the last end before *stop* of a record that begins at *position* or later; or 0.

        The window need not hold what lies behind *stop*.
        """

    def may_begin_before(self, window: Window, position: int) -> bool:
        """True if the bytes before *position* may be the beginning of an end mark."""

    def looked_at(self, window: Window, found: _Record) -> int:
        """The place behind the last byte that decided where *found* ends."""


class AnyLineEnd:
    """LF, CR and CRLF end a record."""

    reaches_over = False

    def next(self, window: Window, position: int) -> _Record:
        searched = position
        while True:
            lf = window.find(b"\n", searched)
            cr = window.find(b"\r", searched, None if lf < 0 else lf)
            if cr >= 0:
                # The next byte decides if it is a CRLF.
                if cr + 1 < window.end or not window.load(window.end + 1):
                    is_pair = cr + 1 < window.end and window.at(cr + 1) == _LF
                    return _Record(cr, cr + 1 + is_pair)
            elif lf >= 0:
                return _Record(lf, lf + 1)
            else:
                searched = window.end
                if not window.load(searched + _MORE):
                    return _Record(searched, searched)

    def last(self, window: Window, position: int, stop: int) -> int:
        if window.at(stop - 1) == _CR:
            stop -= 1  # it may be half a CRLF
        return max(window.rfind(b"\n", position, stop), window.rfind(b"\r", position, stop)) + 1

    def may_begin_before(self, window: Window, position: int) -> bool:
        return window.at(position - 1) == _CR

    def looked_at(self, window: Window, found: _Record) -> int:
        is_cr = found.mark < found.end and window.at(found.mark) == _CR
        return found.mark + 2 if is_cr else found.end


class Delimiter:
    """A string of bytes ends a record, and nothing else does."""

    reaches_over = True

    def __init__(self, mark: bytes) -> None:
        self._mark = mark
        # The last one in a buffer is one of those found from its left only if none can overlap.
        self._overlaps = any(mark.startswith(mark[i:]) for i in range(1, len(mark)))

    def next(self, window: Window, position: int) -> _Record:
        searched = position
        while (found := window.find(self._mark, searched)) < 0:
            searched = max(position, window.end - len(self._mark) + 1)
            if not window.load(window.end + _MORE):
                return _Record(window.end, window.end)
        return _Record(found, found + len(self._mark))

    def last(self, window: Window, position: int, stop: int) -> int:
        if self._overlaps:
            data = window.cut(position, stop)
            rest = data.split(self._mark)[-1]
            return stop - len(rest) if len(rest) < len(data) else 0
        found = window.rfind(self._mark, position, stop)
        return 0 if found < 0 else found + len(self._mark)

    def may_begin_before(self, window: Window, position: int) -> bool:
        data = window.cut(max(window.start, position - len(self._mark)), position)
        return any(data.endswith(self._mark[:i]) for i in range(1, len(self._mark)))

    def looked_at(self, window: Window, found: _Record) -> int:
        return found.end


_MORE = 1 << 16


class Blocks:
    """The records of one split of one input."""

    def __init__(
        self,
        source: Source,
        start: int,
        end: int,
        ends: Ends,
        longest: int | None = None,
        limit: int = ENDLESS,
    ) -> None:
        """*longest*: lines of so many bytes are left out later. *limit*: bytes of a record."""
        self.window = Window(source, start, limit)
        #: The place behind the last byte that decided where a line ends.
        self.looked_at = 0
        self._source = source
        self._start = start
        self._end = end
        self._ends = ends
        self._longest = longest
        #: The places where the first record begins and the last one ends, once all are handed out.
        #: None where Hadoop may pass over bytes or take them twice: lines that are too long, an
        #: empty one behind a byte order mark, end marks that overlap.
        self.stretch: tuple[int, int] | None = None

    def __iter__(self) -> Iterator[Block]:
        """Each block is valid until the next one is asked for."""
        begin = position = self._start
        one_more = False
        if self._start:
            position, one_more = self._record(position)
            begin = position
        elif self._source.starts_with(BOM) and self._ends.next(self.window, 0).mark >= len(BOM):
            position, one_more = self._record(0)
            yield Block(0, len(BOM), max(position, len(BOM)))
            if position == len(BOM):
                return  # Hadoop takes an empty first line for the end
        while position <= self._end or one_more:
            if not one_more and (end := self._many(position)) > position:
                yield Block(position, position, end)
                position = end
                continue
            end, one_more = self._record(position)
            if end == position:
                break
            yield Block(position, position, end)
            position = end
        if self._longest is None and not self._ends.reaches_over:
            self.stretch = (begin, position)

    def _many(self, position: int) -> int:
        """The end of the last record that lies whole within the split, from *position* on; or 0."""
        while True:
            stop = min(self.window.end, self._end)
            if stop > position and (end := self._ends.last(self.window, position, stop)):
                return end
            if self.window.end >= self._end:
                return 0
            self.window.forget(position)
            if not self.window.load(self._end):
                return 0

    def _record(self, position: int) -> tuple[int, bool]:
        """The end of the record at *position*; and True if the next record belongs to this split
        by the mark between them alone.
        """
        found = self._ends.next(self.window, position)
        self.looked_at = self._ends.looked_at(self.window, found)
        mark, end = found
        if self._gives_up(position, end):
            return self._end, False
        return end, self._ends.reaches_over and mark < self._end < end

    def _gives_up(self, position: int, end: int) -> bool:
        """True if Hadoop leaves a line at the end of the split because it is too long, and takes
        the rest of it for a line.

        LineReader stops reading such a line at the end of a buffer, and so at the split's end.
        """
        return (
            self._longest is not None
            and position < self._end < end
            and self._end - position >= self._longest
            and not self._ends.may_begin_before(self.window, self._end)
        )
