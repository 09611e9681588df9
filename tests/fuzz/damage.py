"""Damages samples: bytes are flipped, cut, doubled, spliced; JSON values come to wrong places."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

#: Numbers at which counts, lengths and offsets of 8, 16, 32 and 64 bits go wrong.
EDGES = [
    *(0, 1, -1, 2, 127, 128, 255, 256, 65_535, 65_536, 10**6, 10**6 + 1),
    *(2**31 - 1, 2**31, -(2**31), 2**32 - 1, 2**32, 2**63 - 1, 2**63, -(2**63), 2**64, 10**30),
]
#: Texts that break what is decoded, split, joined, shown on a terminal or used as a path.
TEXTS = [
    *("", " ", "0", "-1", "nan", "1e999", "\0", "\n", "\r\n", "\t", "%", "%00", "%zz", "a,b", ","),
    *("\x1b[31m", "\x9b2J", "é", "\U0001f600", "\ud800", "\udcff", "\ufeff", "x" * 5000),
    *("..", "../..", "/", "//", "/etc/passwd", ".", "-", "--", "~", "{}", "[]", "null", '"', "'"),
]
_DEEP = 100_000


def damaged(random: Random, data: bytes, others: Sequence[bytes] = ()) -> bytes:
    """*data* with one to four damages; *others* are samples of which pieces may come in."""
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        data = random.choice(_DAMAGES)(random, data, random.choice([data, *others]))
    return data


def _flip(random: Random, data: bytes, _other: bytes) -> bytes:
    if not data:
        return b"\0"
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8))):
        changed[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _cut(random: Random, data: bytes, _other: bytes) -> bytes:
    return data[: random.randint(0, len(data))]


def _leave_out(random: Random, data: bytes, _other: bytes) -> bytes:
    begin, end = _stretch(random, data)
    return data[:begin] + data[end:]


def _double(random: Random, data: bytes, _other: bytes) -> bytes:
    begin, end = _stretch(random, data)
    return data[:end] + data[begin:end] * random.choice((1, 1, 3, 50)) + data[end:]


def _splice(random: Random, data: bytes, other: bytes) -> bytes:
    begin, end = _stretch(random, data)
    first, last = _stretch(random, other)
    return data[:begin] + other[first:last] + data[end:]


def _overwrite(random: Random, data: bytes, _other: bytes) -> bytes:
    """Put an edge in, as digits or as a number of some width."""
    at = random.randint(0, len(data))
    edge = random.choice(EDGES)
    width = random.choice((1, 2, 4, 8))
    if random.random() < 0.3:
        put = str(edge).encode()
    else:
        put = (edge % (1 << 8 * width)).to_bytes(width, random.choice(("big", "little")))
    return data[:at] + put + data[at + len(put) :]


def _noise(random: Random, data: bytes, _other: bytes) -> bytes:
    at = random.randint(0, len(data))
    return data[:at] + random.randbytes(random.choice((1, 4, 100))) + data[at:]


_DAMAGES: list[Callable[[Random, bytes, bytes], bytes]] = [
    *(_flip, _flip, _cut, _leave_out, _double, _splice, _overwrite, _overwrite, _noise)
]


def _stretch(random: Random, data: bytes) -> tuple[int, int]:
    begin = random.randint(0, len(data))
    return begin, min(len(data), begin + random.choice((1, 2, 8, 64, 1000)))


def odd_value(random: Random) -> Any:
    """A JSON value that few places want."""
    match random.randrange(8):
        case 0:
            return random.choice((None, True, False))
        case 1:
            return random.choice((0.5, -0.0, 1e308, float("nan"), float("inf"), -1e-320))
        case 2:
            return random.choice(([], {}, [[]], [None], {"": None}))
        case 3:
            return [odd_value(random) for _ in range(random.randrange(4))]
        case 4:
            return {random.choice(TEXTS): odd_value(random) for _ in range(random.randrange(3))}
        case 5 | 6:
            return random.choice(EDGES)
        case _:
            return random.choice(TEXTS)


def odd_json(random: Random, value: Any) -> Any:
    """A copy of *value* in which something, at some depth, is something else or missing."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        changed = dict(value)
        name = random.choice(list(changed))
        match random.randrange(8):
            case 0:
                del changed[name]
            case 1:
                changed[random.choice(TEXTS)] = changed.pop(name)
            case _:
                changed[name] = odd_json(random, changed[name])
        return changed
    if isinstance(value, list) and value and random.random() < 0.8:
        rows = list(value)
        at = random.randrange(len(rows))
        match random.randrange(6):
            case 0:
                del rows[at]
            case 1:
                rows += rows[at : at + 1] * random.choice((1, 3, 100))
            case _:
                rows[at] = odd_json(random, rows[at])
        return rows
    return odd_value(random)


def odd_json_text(random: Random, value: Any, damages: float = 0.3) -> bytes:
    """The bytes of :func:`odd_json`, now and then damaged, or nested deeper than any stack."""
    for _ in range(random.choice((1, 1, 2, 4))):
        value = odd_json(random, value)
    if random.random() < 0.01:
        return random.choice((b"[", b'{"a":')) * _DEEP
    text = json.dumps(value).encode()
    return damaged(random, text) if random.random() < damages else text
