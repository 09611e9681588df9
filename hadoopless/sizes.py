"""Numbers, sizes and times as people write and read them."""

from __future__ import annotations

import re

from hadoopless.errors import UsageError

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def parse_number(text: str, name: str, least: int) -> int:
    """A whole number of at least *least*; raises UsageError, which calls it *name*."""
    # int() alone would take "1_000", " 1 " and digits of other scripts.
    if not (text.isascii() and text.isdigit() and len(text) <= 18) or int(text) < least:
        raise UsageError(f"{name} must be a whole number, at least {least}, not {text!r}".strip())
    return int(text)


def parse_seconds(text: str, name: str) -> float:
    """A finite number of seconds above 0; raises UsageError, which calls it *name*."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"{name} must be a number of seconds above 0, not {text!r}".strip())
    return seconds


def parse_size(text: str, name: str) -> int:
    """Bytes behind ``64MB``, ``64M``, ``64MiB`` (all 64 * 2**20) or ``67108864``; UsageError."""
    pattern = r"\s*([0-9]{1,18}(?:\.[0-9]+)?)\s*([KMGT]?)(?:I?B)?\s*"
    match = re.fullmatch(pattern, text.upper())
    size = int(float(match[1]) * _UNITS[match[2]]) if match else 0
    if size < 1:
        raise UsageError(f"{name} must be a size like 64MB, not {text!r}".strip())
    return size


def show_duration(seconds: float) -> str:
    """A time for people: in the largest unit of which there is one at least."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def show_size(count: float) -> str:
    """*count* bytes for people."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError("the last unit always fits")
