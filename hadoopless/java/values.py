"""Values of Hadoop's properties as Java reads them: numbers, times, lists, paths."""

from __future__ import annotations

import re

#: The characters that String.trim() removes at both ends.
_BLANKS = "".join(map(chr, range(33)))

_UNITS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6, "d": 8.64e7}


def trim(text: str) -> str:
    """*text* without blanks and control characters at its ends [String.trim]."""
    return text.strip(_BLANKS)


def parse_int(text: str, bits: int = 32) -> int:
    """A decimal number [Integer.parseInt, Long.parseLong]; raises ValueError in Java's words."""
    return _integer(text, 10, bits)


def parse_property_int(text: str, bits: int) -> int:
    """The number as :func:`parse_int`, with blanks around it or ``0x`` allowed [Configuration]."""
    text = trim(text)
    digits = text.removeprefix("-")
    if digits[:2] in ("0x", "0X"):
        return _integer(text[: len(text) - len(digits)] + digits[2:], 16, bits)
    return _integer(text, 10, bits)


def parse_milliseconds(text: str) -> int:
    """A number with or without ``ms``, ``s``, ``m``, ``h`` or ``d``; raises ValueError."""
    text = trim(text).lower()
    # "s" is the end of other units, too, so it is tried last, as Hadoop does.
    for unit in ("ns", "us", "ms", "m", "h", "d", "s"):
        if text.endswith(unit):
            return int(parse_int(text.removesuffix(unit), 64) * _UNITS[unit])
    return parse_int(text, 64)


def utf8(text: str) -> bytes:
    """*text* in bytes; bytes that were no UTF-8 come out as they came in."""
    return text.encode("utf-8", "surrogateescape")


def split(text: str, separator: str) -> list[str]:
    """The parts of *text* without empty ones at the end [String.split]."""
    parts = text.split(separator)
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return [] if parts == [""] and text else parts


def split_paths(text: str) -> list[str]:
    """The paths of a comma-separated list; commas in braces do not separate [FileInputFormat]."""
    paths, start, depth = [], 0, 0
    for at, char in enumerate(text):
        depth += (char == "{") - (char == "}" and depth > 0)
        if char == "," and not depth:
            paths.append(text[start:at])
            start = at + 1
    return [*paths, text[start:]]


def _integer(text: str, base: int, bits: int) -> int:
    digits = "0-9a-fA-F" if base == 16 else "0-9"
    value = int(text, base) if re.fullmatch(f"[+-]?[{digits}]+", text) else None
    if value is None or not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise ValueError(f'java.lang.NumberFormatException: For input string: "{text}"')
    return value
