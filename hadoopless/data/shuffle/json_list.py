"""Records as the JSON list of [key, value] pairs that ``/retrieveMapOutput`` answers.

The one place on the road that decodes data; bytes that are no UTF-8 travel as lone surrogates.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator

#: Characters that are decoded at once.
_PIECE = 1 << 18
_BLANKS = re.compile(r"[ \t\n\r]*")
_TEXT = r'"([^"\\\x00-\x1f]*)"'
#: A pair without any escape, and what follows.
_PLAIN_PAIR = re.compile(rf"\[{_TEXT}, ?{_TEXT}\]([,\]]) ?")
_BEHIND_NUMBERS = tuple(" \t\n\r,]")
_BATCH = 1000


def json_list(pieces: Iterable[memoryview]) -> Iterator[bytes]:
    """``key TAB value NL`` lines, cut anywhere into *pieces*, as the pieces of one JSON list."""
    opening = b"["
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + bytes(piece)).split(b"\n")
        if lines:
            yield opening + json.dumps([_pair(line) for line in lines])[1:-1].encode()
            opening = b", "
    yield b"[]" if opening == b"[" else b"]"


def _pair(line: bytes) -> tuple[str, str]:
    key, _, value = line.partition(b"\t")
    return key.decode("utf-8", "surrogateescape"), value.decode("utf-8", "surrogateescape")


def lines_of(read: Callable[[int], bytes], longest: int) -> Iterator[bytes]:
    """The lines of a JSON list of pairs, which *read* gives piece by piece, some at a time.

    Raises ValueError for what is no such list, and for a key or value of more than *longest*
    characters. So much of the text is in memory at most.
    """
    lines = []
    for key, value in _Pairs(read, longest):
        lines.append(f"{key}\t{value}\n")
        if len(lines) == _BATCH:
            yield "".join(lines).encode("utf-8", "surrogateescape")
            lines.clear()
    if lines:
        yield "".join(lines).encode("utf-8", "surrogateescape")


class _Pairs:
    """Reads a JSON list of pairs without having all of it in memory."""

    def __init__(self, read: Callable[[int], bytes], longest: int) -> None:
        self._read = read
        self._longest = longest
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
        self._json = json.JSONDecoder()
        self._text = ""
        self._at = 0

    def __iter__(self) -> Iterator[tuple[str, str]]:
        self._expect("[")
        if self._next() == "]":
            return
        end = ","
        while end == ",":
            plain = _PLAIN_PAIR.match(self._text, self._at)
            if plain is not None:
                self._at = plain.end()
                key, value, end = plain.groups()
                yield key, value
                continue
            self._expect("[")
            key = self._word()
            self._expect(",")
            value = self._word()
            self._expect("]")
            yield key, value
            end = self._next()
            self._expect(",]")

    def _word(self) -> str:
        """The next string, or number."""
        if self._next() not in '"-0123456789':
            raise ValueError("a key or value in its answer is no string")
        while True:
            try:
                word, end = self._json.raw_decode(self._text, self._at)
            except ValueError:
                self._read_on()
                continue
            if isinstance(word, str) or self._text[end : end + 1] in _BEHIND_NUMBERS:
                self._at = end
                return str(word)
            self._read_on()

    def _expect(self, characters: str) -> None:
        if self._next() not in characters:
            raise ValueError("its answer is no list of pairs")
        self._at += 1

    def _next(self) -> str:
        """The next character that is no blank."""
        while True:
            found = _BLANKS.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            self._read_on()

    def _read_on(self) -> None:
        """Read as much again as is open, so that a long string is not looked at too often."""
        rest = self._text[self._at :]
        room = self._longest - len(rest)
        if room <= 0:
            raise ValueError("a key or value in its answer has no end")
        data = self._read(min(max(_PIECE, len(rest)), room))
        if not data:
            raise ValueError("its answer ends within a list")
        self._text = rest + self._decoder.decode(data)
        self._at = 0
