"""Inputs of the workloads: documents, visits of users, a skewed key, many small files.

Like those of ``benchmarks/generate.py`` they are the same in each run, and made in ``N.in`` files.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.generate import write_text

#: The number of inputs that a workload has unless its name tells of another.
FILES = 8
SMALL_FILES = 1000
_LINES_OF_A_DOCUMENT = 20
_ROWS = 1 << 16
#: Users of the visits; each has a number of seven digits.
_USERS = 20_000
_WEEK = 7 * 86_400
_START = 1_700_000_000
_KEYS = 100_000
Bytes = npt.NDArray[np.uint8]
#: Makes lines of equal length, each a row of the array.
Rows = Callable[[int, np.random.Generator], Bytes]


def text(directory: Path, size: int) -> None:
    """Write *size* bytes of English-like text in a few inputs."""
    write_text(directory, size, FILES)


def one_file(directory: Path, size: int) -> None:
    """Write *size* bytes of English-like text in one input."""
    write_text(directory, size, 1)


def small_files(directory: Path, size: int) -> None:
    """Write *size* bytes of text in many inputs, cut at line borders."""
    with tempfile.TemporaryDirectory(dir=directory.parent) as whole:
        write_text(Path(whole), size, 1)
        lines = Path(whole, "0.in").read_bytes().splitlines(keepends=True)
    for index in range(SMALL_FILES):
        begin, end = (len(lines) * at // SMALL_FILES for at in (index, index + 1))
        (directory / f"{index}.in").write_bytes(b"".join(lines[begin:end]))


def documents(directory: Path, size: int) -> None:
    """Write *size* bytes of text and more: each line has the name of its document in front."""
    write_text(directory, size, FILES)
    for index in range(FILES):
        path = directory / f"{index}.in"
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(
            b"".join(
                b"d%d-%06d\t%b" % (index, number // _LINES_OF_A_DOCUMENT, line)
                for number, line in enumerate(lines)
            )
        )


def visits(directory: Path, size: int) -> None:
    """Write *size* bytes of ``user TAB time TAB page`` in no order."""

    def rows(count: int, rng: np.random.Generator) -> Bytes:
        users = _digits(rng.integers(_USERS, size=count), 7)
        times = _digits(_START + rng.integers(_WEEK, size=count), 10)
        pages = _digits(rng.integers(1000, size=count), 3)
        return _row([b"u", users, b"\t", times, b"\t/page/", pages, b"\n"], count)

    _write_rows(directory, size, rows, seed=3)


def skewed(directory: Path, size: int) -> None:
    """Write *size* bytes of ``key TAB number``; half of all lines have the same key."""

    def rows(count: int, rng: np.random.Generator) -> Bytes:
        keys = rng.integers(_KEYS, size=count) * (rng.random(count) < 0.5)
        numbers = _digits(rng.integers(10**6, size=count), 7)
        return _row([b"key", _digits(keys, 8), b"\t", numbers, b"\n"], count)

    _write_rows(directory, size, rows, seed=4)


def few_lines(directory: Path, size: int) -> None:
    """Write three lines, whatever the *size*."""
    (directory / "0.in").write_text("the quick brown\nfox jumps over\nthe lazy dog\n")


def _write_rows(directory: Path, size: int, rows: Rows, seed: int) -> None:
    """Fill the inputs with *size* bytes of lines that *rows* makes, all of the same length."""
    length = rows(1, np.random.default_rng(seed)).size
    for index in range(FILES):
        rng = np.random.default_rng([seed, index])
        left = max(1, size // FILES // length)
        with (directory / f"{index}.in").open("wb") as out:
            while left:
                count = min(left, _ROWS)
                out.write(rows(count, rng).tobytes())
                left -= count


def _row(columns: list[bytes | Bytes], count: int) -> Bytes:
    """*count* lines side by side of *columns*; a column of bytes is the same in each line."""
    blocks = [
        np.tile(np.frombuffer(column, np.uint8), (count, 1))
        if isinstance(column, bytes)
        else column
        for column in columns
    ]
    return np.hstack(blocks)


def _digits(numbers: npt.NDArray[np.int64], width: int) -> Bytes:
    """Each of *numbers* as a row of *width* decimal digits."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)
