"""Finds records between two marks, as Hadoop's StreamXmlRecordReader does.

A record belongs to the split in which its begin mark starts, and goes on beyond the split's end.
The *fast* match is naive: when a mark breaks off, the byte that breaks it is passed over, even if
the mark begins there (``<`` of ``<<page>``). The *slow* match takes the marks for regular
expressions and does not look into CDATA sections, as far as it looks ahead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hadoopless.data.input.source import ENDLESS, Source
from hadoopless.data.input.window import Window
from hadoopless.errors import InputError
from hadoopless.java.text import text as decoded
from hadoopless.rules import InputRules


class XmlRecords:
    """The records of one split of one input."""

    def __init__(
        self, source: Source, start: int, end: int, rules: InputRules, limit: int = ENDLESS
    ) -> None:
        """*limit*: no record may be larger."""
        self._window = Window(source, start, limit)
        self._end = end
        self._rules = rules
        #: The place up to which Hadoop's fast match reads the input; None: this is not known.
        self.looked_at: int | None = None

    def __iter__(self) -> Iterator[bytes]:
        rules = self._rules
        records = _slow(self._window, self._end, rules) if rules.slow_match else self._fast()
        for record in records:
            if not record:  # there would be endless empty records
                raise InputError(
                    "the marks of XML records are found where there is not a byte:"
                    f" begin={rules.begin!r}, end={rules.end!r}"
                )
            yield record

    def _fast(self) -> Iterator[bytes]:
        window, end = self._window, self._end
        begin, finish = _Naive(self._rules.begin), _Naive(self._rules.end)
        position = window.start
        self.looked_at = end
        while position < end:
            position = begin.find(window, position)
            if not 0 <= position < end:
                return
            self.looked_at = ENDLESS
            last = finish.find(window, position, keep=True)
            if last < 0:
                return
            yield window.cut(position, last + len(self._rules.end))
            position = last + len(self._rules.end)
            self.looked_at = max(position, end)


class _Naive:
    """Finds a mark as a matcher does that never takes a byte back."""

    def __init__(self, mark: bytes) -> None:
        self._mark = mark
        self._parts = tuple(mark[:size] for size in range(1, len(mark)))

    def find(self, window: Window, position: int, *, keep: bool = False) -> int:
        """The place of the first mark from *position* on, or -1; *keep*: the window keeps all that
        was searched.
        """
        start = position
        while True:
            found, position = self._search(window, position)
            if found >= 0:
                return found
            window.forget(start if keep else position)
            if not window.load(ENDLESS):
                return -1

    def _search(self, window: Window, position: int) -> tuple[int, int]:
        """The place of the mark in the window, or -1; and the place to go on with more bytes."""
        while True:
            found = window.find(self._mark, position)
            limit = window.end if found < 0 else found
            # The matcher begins anew at a byte before which no part of the mark ends, whatever came
            # before.
            at = limit
            while at > position and self._part_ends(window, position, at):
                at -= 1
            while at < limit:
                matched = self._matched(window, at)
                if at + matched >= window.end:
                    return -1, at
                at += matched + 1
            if found < 0:
                return -1, at
            if at == found:
                return found, at
            position = at

    def _part_ends(self, window: Window, position: int, at: int) -> bool:
        before = window.cut(max(position, at - len(self._mark) + 1), at)
        return before.endswith(self._parts)

    def _matched(self, window: Window, at: int) -> int:
        """Count the bytes from *at* on that are those of the mark."""
        size = 0
        there = window.cut(at, min(window.end, at + len(self._mark)))
        while size < len(there) and there[size] == self._mark[size]:
            size += 1
        return size


_CDATA_BEGIN = r"(CDATA\[)|(\]\]>)|"


class _SlowReader:
    """Looks ahead again and again, with all the mistakes of the original.

    Bytes that are no ASCII are counted as characters, and only the low byte of each is kept. When
    no mark is seen, all bytes of the look are passed over without being counted.
    """

    def __init__(self, window: Window, rules: InputRules) -> None:
        self._window = window
        self._look_ahead = max(rules.look_ahead, rules.longest_record)
        #: The true position of the stream.
        self._at = window.start
        #: The position that the reader believes in.
        self.position = window.start
        self._synchronised = False

    def read_until(self, pattern: re.Pattern[str], *, including: bool) -> bytes | None:
        """The bytes before the mark, or with it if *including*; None when it is not seen."""
        text = self._text()
        if not text:
            return None
        mark, accepted = self._first_mark(pattern, text)
        if mark is None or not accepted:
            return None
        size = mark.end() if including else mark.start()
        self._at -= self._seen - size
        self.position += size
        return bytes(ord(char) & 0xFF for char in text[:size])

    def _text(self) -> str:
        """The next look as text, a character for each of Java's."""
        window = self._window
        window.forget(self._at)
        while window.end < self._at + self._look_ahead and window.load(self._at + self._look_ahead):
            pass
        data = window.cut(self._at, min(window.end, self._at + self._look_ahead))
        self._seen = len(data)
        self._at += len(data)
        units = decoded(data).encode("utf-16-le")
        return (
            "".join(map(chr, memoryview(units).cast("H"))) if not data.isascii() else decoded(data)
        )

    def _first_mark(self, pattern: re.Pattern[str], text: str) -> tuple[re.Match[str] | None, bool]:
        """The first mark outside CDATA sections; and True if the reader would accept it."""
        first: re.Match[str] | None = None
        outside = self._synchronised
        inside = accepted = False
        for match in pattern.finditer(text):
            if match[1] is not None:
                inside, outside = True, False
            elif match[2] is not None:
                inside, outside, first = False, True, None
            else:
                first = first or match
                if outside:
                    accepted = True
                    break
        self._synchronised = self._synchronised or inside or outside
        return first, accepted or not (inside or outside)


def _slow(window: Window, end: int, rules: InputRules) -> Iterator[bytes]:
    begin, finish = _pattern(rules.begin), _pattern(rules.end)
    reader = _SlowReader(window, rules)
    reader.read_until(begin, including=False)
    while reader.position < end:
        if reader.read_until(begin, including=False) is None or reader.position >= end:
            return
        record = reader.read_until(finish, including=True)
        if record is None:
            return
        yield record


def _pattern(mark: bytes) -> re.Pattern[str]:
    try:
        return re.compile(f"{_CDATA_BEGIN}({mark.decode()})")
    except (re.error, UnicodeDecodeError) as error:
        raise InputError(f"no regular expression for slowmatch: {mark!r}: {error}") from error
