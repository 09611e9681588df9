"""Inputs with hostile bytes, and how they lie in the directory of a job."""

from __future__ import annotations

import bz2
import gzip
import zlib
from random import Random

_WORDS = [b"a", b"b", b"ab", b"abc", b"B", b"zz", b"0", b"10", b"9", b"key", b"a b", b"-3", b"007"]
_NASTY = [
    b"\xff\xfe",
    b"\x00",
    b"\xc3\xa9",
    b"\xef\xbb\xbf",
    b"\xc3",
    b"\x01",
    b"\x7f",
    b"\x08",
    b"'",
]
_BETWEEN = [b"\t", b"\t", b" ", b",", b".", b"::", b";", b"|", b"\t\t", b"#"]


def word(dice: Random) -> bytes:
    """A word; from few of them, so that keys come several times."""
    if dice.random() < 0.12:
        return dice.choice(_NASTY) + dice.choice(_WORDS)
    if dice.random() < 0.03:
        return bytes(dice.choices(sorted(set(range(256)) - {10, 13}), k=dice.randrange(9)))
    return dice.choice(_WORDS)


def line(dice: Random) -> bytes:
    """A line without its end; sometimes empty."""
    parts = []
    for _ in range(dice.choice([0, 1, 2, 2, 3, 3, 4, 6])):
        parts += [word(dice), dice.choice(_BETWEEN)]
    return b"".join(parts[: dice.choice([None, -1, -1, -1])])


def text(dice: Random, lines: int) -> bytes:
    """About so many lines; often plain, sometimes with all that ends or confuses lines."""
    ends = dice.choice(
        [[b"\n"], [b"\n"], [b"\n"], [b"\r\n"], [b"\r"], [b"\n", b"\r\n", b"\r", b"\n\n"]]
    )
    data = bytearray(b"\xef\xbb\xbf" if dice.random() < 0.08 else b"")
    for _ in range(lines):
        data += line(dice) + dice.choice(ends)
    if dice.random() < 0.06:
        # Less than the pipe and its buffer hold: some programs do not read their input.
        data += b"long" * dice.choice([2_000, 10_000]) + b"\tvalue\n"
    if data and dice.random() < 0.25:
        data += line(dice) + b"last"
    return bytes(data)


def xml(dice: Random, begin: bytes, end: bytes, records: int) -> bytes:
    """Records between *begin* and *end*, with text between, broken ones, and nested beginnings."""
    data = bytearray()
    for _ in range(records):
        inside = text(dice, dice.randrange(3))[:300]
        if dice.random() < 0.15:
            inside += begin[: dice.randrange(len(begin) + 1)]
        data += dice.choice([b"", b"\n", b" junk ", begin[:-1]]) + begin + inside + end
    if dice.random() < 0.2:
        data += begin + b"never ended"
    return bytes(data)


def size(dice: Random) -> int:
    """Draw the number of lines of a file."""
    return dice.choice([0, 1, 2, 5, 10, 20, 30, 40, 60, 60, 300])


def compressed(dice: Random, name: str, data: bytes) -> tuple[str, bytes]:
    """The file under a name of a codec."""
    kind = dice.choice([".gz", ".gz", ".bz2", ".deflate"])
    if kind == ".deflate":
        return name + kind, zlib.compress(data)
    cut = dice.randrange(len(data) + 1) if dice.random() < 0.4 else len(data)
    members = [data[:cut], data[cut:]] if cut < len(data) else [data]
    if kind == ".bz2":
        return name + kind, b"".join(map(bz2.compress, members))
    return name + kind, b"".join(gzip.compress(member, mtime=0) for member in members)
