"""Double.parseDouble: the texts that Java accepts as floating-point numbers."""

from __future__ import annotations

import re

from hadoopless.java.errors import JavaError
from hadoopless.java.text import number_format, text
from hadoopless.java.values import trim

_DOUBLE = re.compile(
    r"[+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?)"
)
_HEX_DOUBLE = re.compile(
    r"([+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+)[fFdD]?"
)
_TWO_POINTS = re.compile(r"[+-]?[0-9]*\.[0-9]*\.")


def parse_double(data: bytes) -> float:
    """*data* as Double.parseDouble reads it; raises JavaError."""
    string = trim(text(data))
    if _DOUBLE.fullmatch(string):
        return float(string.rstrip("fFdD"))
    if found := _HEX_DOUBLE.fullmatch(string):
        return _from_hex(found[1])
    if not string:
        raise JavaError("java.lang.NumberFormatException", "empty String")
    if _TWO_POINTS.match(string):
        raise JavaError("java.lang.NumberFormatException", "multiple points")
    raise number_format(string)


def _from_hex(string: str) -> float:
    try:
        return float.fromhex(string)
    except OverflowError:
        return float("-inf" if string[0] == "-" else "inf")
