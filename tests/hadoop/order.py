"""The order of KeyFieldBasedComparator once more, to judge outputs by.

Where Hadoop's own is no order (two keys that both lack the field are each less than the other),
this calls them equal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_KEY = re.compile(r"(\d+)(?:\.(\d+))?([nr]*)(?:,(\d+)(?:\.(\d+))?([nr]*))?")
_NUMBER = re.compile(rb"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_ZERO = re.compile(rb"0*(?:\.0*)?(?![0-9])")


@dataclass
class _Range:
    field: int = 1
    char: int = 1
    end_field: int = 0
    end_char: int = 0
    numeric: bool = False
    reverse: bool = False


class FieldOrder:
    """A comparison of keys by *options*; the fields of a key are separated by *separator*."""

    def __init__(self, options: str, separator: bytes) -> None:
        self._separator = separator
        self._ranges: list[_Range] = []
        words = options.split()
        flags = ""
        while words:
            word = words.pop(0)
            if word in ("-n", "-r", "-nr"):
                flags += word
            elif word.startswith("-k"):
                text = word[2:] or (words.pop(0) if words else "")
                if text:
                    self._ranges.append(_range(text))
        self._whole = not self._ranges
        for part in self._ranges or [_Range()]:
            if not (part.numeric or part.reverse):
                part.numeric, part.reverse = "n" in flags, "r" in flags
            if self._whole:
                self._ranges = [part]

    def compare(self, a: bytes, b: bytes) -> int:
        """Negative, zero or positive, as *a* is before, beside or behind *b*."""
        for part in self._ranges:
            one, other = self._cut(a, part), self._cut(b, part)
            if one is None or other is None:
                result = (other is None) - (one is None)
            elif part.numeric:
                result = _numeric(a, *one, b, *other)
            else:
                result = _bytewise(a, *one, b, *other)
            if result:
                return -result if part.reverse else result
        return 0

    def orders(self, key: bytes) -> bool:
        """True if all parts of *key* that are compared as numbers are numbers.

        Else Hadoop's order is none: words are equal to -0 and not to each other, and an empty field
        is what happens to stand behind it.
        """
        cuts = [self._cut(key, part) for part in self._ranges if part.numeric]
        return all(_NUMBER.fullmatch(key, cut[0], cut[1] + 1) for cut in cuts if cut is not None)

    def _lengths(self, key: bytes) -> list[int]:
        """The lengths of the words of *key*; Hadoop goes on one byte after a separator begins."""
        if self._whole:
            return [0]
        lengths, start = [], 0
        while (found := key.find(self._separator, start)) >= 0:
            lengths.append(found - start)
            start = found + 1
        return [*lengths, len(key) - start]

    def _cut(self, key: bytes, part: _Range) -> tuple[int, int] | None:
        """The offsets of the first byte and of the last; None: there is no such field."""
        lengths = self._lengths(key)
        step = len(self._separator)
        if len(lengths) < part.field:
            return None
        start = sum(length + step for length in lengths[: part.field - 1])
        if start + part.char > len(key):
            return None
        last = len(key) - 1
        if part.end_field and len(lengths) >= part.end_field:
            end = sum(length + step for length in lengths[: part.end_field - 1])
            if part.end_char == 0:
                end += lengths[part.end_field - 1]
            if end + part.end_char <= len(key):
                last = end + part.end_char - 1
        return start + part.char - 1, last


def _range(text: str) -> _Range:
    found = _KEY.fullmatch(text)
    if found is None:
        raise ValueError(f"-k{text}")
    field, char, flags, end_field, end_char, end_flags = found.groups()
    flags += end_flags or ""
    return _Range(
        int(field),
        int(char or 1),
        int(end_field or 0),
        int(end_char or 0),
        "n" in flags,
        "r" in flags,
    )


def _bytewise(a: bytes, a1: int, a2: int, b: bytes, b1: int, b2: int) -> int:
    one, other = a[a1 : a2 + 1], b[b1 : b2 + 1]
    if a2 < a1 or b2 < b1 or one.startswith(other) or other.startswith(one):
        return (a2 - a1) - (b2 - b1)
    return 1 if one > other else -1


def _numeric(a: bytes, a1: int, a2: int, b: bytes, b1: int, b2: int) -> int:
    # An empty field is read all the same: what Hadoop finds is the byte behind it.
    first_a, first_b = a[a1 : a1 + 1], b[b1 : b1 + 1]
    one, other = a[a1 : a2 + 1], b[b1 : b2 + 1]
    if (first_a == b"-") != (first_b == b"-"):
        negative, positive = (one[1:], other) if first_a == b"-" else (other[1:], one)
        if _ZERO.match(negative) and _ZERO.match(positive):
            return 0
        return -1 if first_a == b"-" else 1
    sign = 1
    if first_a == b"-":
        sign, one, other = -1, one[1:], other[1:]
    return sign * _magnitudes(one.lstrip(b"0"), first_a, other.lstrip(b"0"), first_b)


def _magnitudes(a: bytes, first_a: bytes, b: bytes, first_b: bytes) -> int:
    same = 0
    while same < min(len(a), len(b)) and a[same] == b[same] and a[same : same + 1].isdigit():
        same += 1
    a, b = a[same:], b[same:]
    # At the end of a number Hadoop still holds the first byte of it.
    next_a, next_b = a[:1] or first_a, b[:1] or first_b
    ends_a, ends_b = not (a and next_a.isdigit()), not (b and next_b.isdigit())
    if (next_a == b"." and ends_b) or (next_b == b"." and ends_a):
        return _fractions(a, b)
    more = _digits(a) - _digits(b)
    return more or _signed(next_a) - _signed(next_b)


def _digits(text: bytes) -> int:
    return len(text) - len(text.lstrip(b"0123456789"))


def _signed(byte: bytes) -> int:
    return int.from_bytes(byte, signed=True)


def _fractions(a: bytes, b: bytes) -> int:
    if a.startswith(b".") and b.startswith(b"."):
        for index in range(min(len(a), len(b))):
            one, other = a[index : index + 1], b[index : index + 1]
            if one != other:
                if one.isdigit() and other.isdigit():
                    return one[0] - other[0]
                return one.isdigit() - other.isdigit()
        return _some(a[len(b) :]) - _some(b[len(a) :])
    if not a:
        return -_some(b[1:])
    if not b or a.startswith(b"."):
        return _some(a[1:])
    return -_some(b[1:]) if b.startswith(b".") else 0


def _some(fraction: bytes) -> bool:
    """True if the number is more than zero."""
    return fraction.lstrip(b"0")[:1].isdigit()
