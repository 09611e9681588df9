"""Which records of an input a mapper dies on (MapReduce paper, section 4.6), by halving the input.

The paper's library knows the record from inside the process; a program that only reads stdin can
tell nothing, so parts of the input are tried alone. A record that is blamed has killed the mapper
at least twice: in a larger part, and on its own.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from mapreduce.data.splits import open_split
from mapreduce.job import Split

_PIECE = 1 << 18

#: A stretch of bytes, [start, end).
Stretch = tuple[int, int]


class NobodyToBlame(Exception):
    """A part of the input kills the mapper, but neither of its halves does; or too many do."""


def find_bad(
    fails: Callable[[Stretch], bool], next_line: Callable[[int], int], whole: Stretch, most: int
) -> list[Stretch]:
    """The records in *whole* on which the mapper dies, in order; at most *most* of them.

    *fails* runs the mapper on a stretch alone; ``next_line(at)`` is where the first line that
    begins after *at* begins. The runs read at most about twice *whole* for each bad record found.
    Raises NobodyToBlame.
    """
    bad: list[Stretch] = []
    suspects = [whole]
    while suspects:
        start, end = suspects.pop()
        middle = _border(next_line, start, end)
        if middle is None:
            bad.append((start, end))
            if len(bad) > most:
                raise NobodyToBlame(f"it dies on more than {most} records")
            continue
        halves = [half for half in ((middle, end), (start, middle)) if fails(half)]
        if not halves:
            raise NobodyToBlame("it dies on several records together, on none of them alone")
        suspects += halves
    return bad


def _border(next_line: Callable[[int], int], start: int, end: int) -> int | None:
    """A line border well inside (start, end); None when the stretch is one record."""
    for at in ((start + end) // 2, start):
        border = next_line(at)
        if border < end:
            return border
    return None


class InputBytes:
    """The bytes of one split, any part of them as often as wanted; a packed input is unpacked."""

    def __init__(self, split: Split, path: Path, directory: str) -> None:
        """*directory* is for the unpacked copy. Raises InputError, BadInputData, OSError."""
        source = open_split(split, path)
        if isinstance(source, int):
            self._descriptor = source
            self.whole: Stretch = (0, os.fstat(source).st_size)
            return
        with tempfile.TemporaryFile(dir=directory) as copy:
            self._descriptor = os.dup(copy.fileno())
            source(self._descriptor)
        self.whole = (0, os.fstat(self._descriptor).st_size)

    def next_line(self, at: int) -> int:
        """Where the first line that begins after *at* begins, or the end."""
        end = self.whole[1]
        while at < end:
            piece = os.pread(self._descriptor, _PIECE, at)
            found = piece.find(b"\n")
            if found >= 0:
                return at + found + 1
            at += len(piece)
        return end

    def feed(self, stretches: Sequence[Stretch], target: int) -> None:
        """Write *stretches* to the descriptor *target*."""
        for start, end in stretches:
            at = start
            while at < end:
                rest = memoryview(os.pread(self._descriptor, min(_PIECE, end - at), at))
                at += len(rest)
                while rest:
                    rest = rest[os.write(target, rest) :]

    def without(self, bad: Sequence[Stretch]) -> list[Stretch]:
        """What is left of the whole without *bad*."""
        kept: list[Stretch] = []
        at = self.whole[0]
        for start, end in bad:
            kept.append((at, start))
            at = end
        kept.append((at, self.whole[1]))
        return [stretch for stretch in kept if stretch[0] < stretch[1]]

    def close(self) -> None:
        """Close the input."""
        os.close(self._descriptor)
