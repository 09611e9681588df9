"""Reads options like ``-k1,2 -k3nr``, which choose parts of a key [KeyFieldHelper]."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from hadoopless.java.values import parse_int
from hadoopless.rules import FieldRange

_INVALID = (
    "java.lang.IllegalArgumentException: Invalid -k argument. "
    "Must be of the form -k pos1,[pos2], where pos is of the form f[.c]nr"
)


class KeyOptions(Struct, frozen=True):
    """The ranges that options choose; without a ``-k`` that is one, the whole key."""

    ranges: tuple[FieldRange, ...]
    #: True if there was a ``-k``.
    has_fields: bool

    @property
    def is_bytewise(self) -> bool:
        """True if these ranges compare whole keys by their bytes."""
        return not self.has_fields and self.ranges == (FieldRange(),)


def parse_key_options(text: str) -> KeyOptions:
    """The meaning of *text*; words that are no options are ignored; ValueError in Java's words."""
    words = iter(re.findall(r"[^ \t\n\r\f]+", text))
    numeric = reverse = False
    ranges: list[FieldRange] = []
    for word in words:
        numeric |= word in ("-n", "-nr")
        reverse |= word in ("-r", "-nr")
        if word.startswith("-k"):
            spec = word.removeprefix("-k") or next(words, "")
            if spec:
                ranges.append(_range(spec))
    if not ranges:
        return KeyOptions((FieldRange(numeric=numeric, reverse=reverse),), False)
    flags = {"numeric": numeric, "reverse": reverse}
    return KeyOptions(
        tuple(one if one.numeric or one.reverse else replace(one, **flags) for one in ranges), True
    )


def first_fields(count: int) -> KeyOptions:
    """The first *count* fields, as one range."""
    return KeyOptions((FieldRange(end_field=count),), True)


def _range(spec: str) -> FieldRange:
    """``f[.c][nr][,f[.c][nr]]``."""
    marks = iter(re.findall(r"[nr.,]|[^nr.,]+", spec))
    start_field, start_char, flags, mark = _position(marks, 1)
    end_field = end_char = 0
    if mark == ",":
        end_field, end_char, more, mark = _position(marks, 0)
        flags |= more
    if mark:
        raise ValueError(_INVALID)
    return FieldRange(
        # Fields below 1 do to Hadoop what 1 does; an end in field 0 is the end of the key.
        max(start_field, 1),
        max(start_char, 0),
        end_field if end_field >= 0 else 1,
        max(end_char, 0),
        numeric="n" in flags,
        reverse="r" in flags,
    )


def _position(marks: Iterator[str], char: int) -> tuple[int, int, set[str], str]:
    """Field, character (otherwise *char*), flags, and the mark behind (empty: none)."""
    field = parse_int(_needed(marks))
    mark = next(marks, "")
    if mark == ".":
        char = parse_int(_needed(marks))
        mark = next(marks, "")
    flags = set()
    while mark in ("n", "r"):
        flags.add(mark)
        mark = next(marks, "")
    return field, char, flags, mark


def _needed(marks: Iterator[str]) -> str:
    mark = next(marks, None)
    if mark is None:
        raise ValueError("java.util.NoSuchElementException (a number is missing behind -k)")
    return mark
