"""Packs columns of whole numbers: differences, zigzag, varints. Pure; static/unpack.js unpacks.

A block is one line of JSON (the head, which names the columns) and the bytes of all columns. Each
column is stored as it is or as the differences of its numbers, whichever takes fewer bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: JavaScript counts exactly up to 2 to the 53rd.
MOST = 1 << 52
#: A number of 15 digits is below MOST.
_DIGITS = re.compile(r"([0-9]{1,15})")
#: These stand around the width of a number in a pattern; a text with the first one shows a sign.
_OPEN, _CLOSE, _SHOWN_OPEN = "\x01", "\x02", "\u2401"
_WIDTH = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_MOST_NUMBERS = 4
_PLAIN, _DIFFERENCES = 0, 1

Numbers = Sequence[int] | NDArray[np.int64]


def pack(columns: Mapping[str, Numbers], told: Mapping[str, Any]) -> bytes:
    """The block of *columns*, which are of one length; its head holds *told* as well."""
    head, bodies = [], []
    rows = 0
    for name, numbers in columns.items():
        values = np.asarray(numbers, dtype=np.int64)
        rows = len(values)
        plain = varints(zigzag(values))
        differences = varints(zigzag(np.diff(values, prepend=np.int64(0))))
        kind = _PLAIN if len(plain) <= len(differences) else _DIFFERENCES
        body = plain if kind == _PLAIN else differences
        head.append([name, kind, len(body)])
        bodies.append(body)
    line = json.dumps({**told, "rows": rows, "columns": head}, separators=(",", ":"))
    return b"".join((line.encode(), b"\n", *bodies))


def unpack(block: bytes) -> tuple[dict[str, Any], dict[str, NDArray[np.int64]]]:
    """The head and the columns of *block*; the inverse of :func:`pack`."""
    line, _, data = block.partition(b"\n")
    head = json.loads(line)
    columns, start = {}, 0
    for name, kind, length in head.pop("columns"):
        values = unzigzag(from_varints(data[start : start + length]))
        columns[name] = np.cumsum(values) if kind == _DIFFERENCES else values
        start += length
    return head, columns


def pack_texts(texts: Sequence[str]) -> tuple[list[str], dict[str, list[int]]]:
    """*texts* that differ mostly in numbers, as patterns and columns of numbers.

    With braces for two control characters, ``part-0012:64`` is the pattern ``part-{4}:{0}`` and the
    numbers 12 and 64; a width other than 0 says up to which zeros come in front. Only the last
    numbers of a text are taken out of it.
    """
    patterns: dict[str, int] = {}
    columns: dict[str, list[int]] = {"text": []}
    numbers: list[list[int]] = [[] for _ in range(_MOST_NUMBERS)]
    for text in texts:
        pieces = _DIGITS.split(text.replace(_OPEN, _SHOWN_OPEN))
        found = pieces[1::2]
        kept = max(0, len(found) - _MOST_NUMBERS)
        for place, digits in enumerate(found[kept:], kept):
            width = len(digits) if len(digits) > 1 and digits[0] == "0" else 0
            pieces[2 * place + 1] = f"{_OPEN}{width}{_CLOSE}"
        columns["text"].append(patterns.setdefault("".join(pieces), len(patterns)))
        values = [*map(int, found[kept:]), *[0] * _MOST_NUMBERS]
        for number, column in enumerate(numbers):
            column.append(values[number])
    columns |= {f"text{number}": column for number, column in enumerate(numbers)}
    return list(patterns), columns


def unpack_texts(patterns: Sequence[str], columns: Mapping[str, Numbers]) -> list[str]:
    """The inverse of :func:`pack_texts`."""
    texts = []
    for row, pattern in enumerate(columns["text"]):
        text = patterns[int(pattern)]
        for number in range(_MOST_NUMBERS):
            value = str(columns[f"text{number}"][row])
            text = _WIDTH.sub(lambda match, value=value: value.zfill(int(match[1])), text, count=1)  # type: ignore[misc]
        texts.append(text)
    return texts


def zigzag(values: NDArray[np.int64]) -> NDArray[np.uint64]:
    """0, -1, 1, -2, 2 ... as 0, 1, 2, 3, 4: small numbers stay small, whatever their signs."""
    return ((values << 1) ^ (values >> 63)).view(np.uint64)


def unzigzag(values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The inverse of :func:`zigzag`."""
    signed = values.view(np.int64)
    return ((signed >> 1) & 0x7FFF_FFFF_FFFF_FFFF) ^ -(signed & 1)


def varints(values: NDArray[np.uint64]) -> bytes:
    """*values* in seven bits a byte, the lowest first; all bytes of one but its last have bit 7."""
    if not len(values):
        return b""
    lengths = np.ones(len(values), dtype=np.int64)
    for bits in range(7, 64, 7):
        lengths += values >= np.uint64(1 << bits)
    starts = np.cumsum(lengths) - lengths
    out = np.zeros(int(lengths.sum()), dtype=np.uint8)
    for number in range(int(lengths.max())):
        there = lengths > number
        byte = (values[there] >> np.uint64(7 * number)) & np.uint64(0x7F)
        more = (lengths[there] > number + 1).astype(np.uint64) << np.uint64(7)
        out[starts[there] + number] = byte | more
    return out.tobytes()


def from_varints(data: bytes) -> NDArray[np.uint64]:
    """The inverse of :func:`varints`."""
    values, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            values.append(value)
            value = shift = 0
    return np.array(values, dtype=np.uint64)
