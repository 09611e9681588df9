"""Sizes and times as people write and read them."""

from __future__ import annotations

import re

from mapreduce.errors import UsageError

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def parse_size(text: str, option: str) -> int:
    """Bytes behind ``64MB``, ``64M``, ``64MiB`` (all 64 * 2**20) or ``67108864``; UsageError."""
    pattern = r"\s*([0-9]{1,18}(?:\.[0-9]+)?)\s*([KMGT]?)(?:I?B)?\s*"
    match = re.fullmatch(pattern, text.upper())
    size = int(float(match[1]) * _UNITS[match[2]]) if match else 0
    if size < 1:
        raise UsageError(f"{option} wants a size like 64MB, not {text!r}")
    return size


def show_size(count: float) -> str:
    """*count* bytes for people."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError("the last unit always fits")
