"""Finds the records on which a mapper dies (MapReduce paper, section 4.6) by halving the input.

The paper's library knows the record from inside the process; a program that only reads stdin can
tell nothing, so parts of the input are tried alone. A record that is blamed has killed the mapper
at least twice: in a larger part, and on its own.
"""

from __future__ import annotations

import os
import tempfile
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from hadoopless.data.input.raw import open_split
from hadoopless.data.input.reading import Reading, Stretch
from hadoopless.data.program.stdin import write_all
from hadoopless.errors import DiskError
from hadoopless.hdfs.located import Located
from hadoopless.hdfs.names import HdfsName
from hadoopless.job import Split

_PIECE = 1 << 18


class NobodyToBlame(Exception):
    """A part of the input kills the mapper, but neither half does; or too many records do."""


def find_bad(
    fails: Callable[[Stretch], bool], next_line: Callable[[int], int], whole: Stretch, most: int
) -> list[Stretch]:
    """The records in *whole* on which the mapper dies, in order; at most *most* of them.

    *fails* runs the mapper on a stretch alone; ``next_line(at)`` is the place of the first line
    that begins after *at*. The runs read about twice *whole* for each bad record found, at most
    four times where single lines are huge. Raises NobodyToBlame.
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
    """The line border behind the middle of (start, end), or the last one before it, or None."""
    middle = (start + end) // 2
    border = next_line(middle)
    if border < end:
        return border
    # The middle is in the last line. To go on from the first line would take as many runs as there
    # are lines when that one is huge, as bad records like to be.
    before = bisect_left(range(start, middle + 1), end, key=next_line)
    return start + before if before else None


class InputBytes:
    """The bytes of one split, to be read in any part and as often as wanted.

    Stretches are those of the input file, or of a copy if the split is compressed, has several
    pieces, or lies in HDFS.
    """

    def __init__(self, split: Split, locate: Callable[[str], Located], directory: str) -> None:
        """*directory* is for the copy, *locate* gives the path of a file.

        Raises InputError, BadInput, DiskError.
        """
        all_of_it = bool(split.more) or isinstance(locate(split.path), HdfsName)
        start, length = (0, None) if all_of_it else (split.start, split.length)
        source = open_split(split if all_of_it else Split(split.path, state=split.state), locate)
        #: The part of the split that was read, if all stretches of :attr:`whole` are fed.
        self.reading = Reading()
        if isinstance(source, int):
            self._descriptor = source
        else:
            try:
                with tempfile.TemporaryFile(dir=directory) as copy:
                    source(copy.fileno())
                    self.reading = source.reading
                    self._descriptor = os.dup(copy.fileno())
            except OSError as error:
                raise DiskError(
                    f"cannot unpack {split} to {directory}: {error.strerror}"
                ) from error
        size = os.fstat(self._descriptor).st_size
        end = size if length is None else min(size, start + length)
        self.whole: Stretch = (start, end)
        if isinstance(source, int):
            self.reading = Reading(bytes=end - start, stretches=[self.whole])

    def next_line(self, at: int) -> int:
        """The place of the first line that begins after *at*, or the end."""
        end = self.whole[1]
        while at < end:
            piece = os.pread(self._descriptor, _PIECE, at)
            found = piece.find(b"\n")
            if found >= 0:
                return min(at + found + 1, end)
            if not piece:  # the file has been cut short meanwhile
                break
            at += len(piece)
        return end

    def feed(self, stretches: Sequence[Stretch], target: int) -> None:
        """Write *stretches* to the descriptor *target*."""
        write_all(target, self.pieces(stretches))

    def pieces(self, stretches: Sequence[Stretch]) -> Iterator[memoryview]:
        """The bytes of *stretches*."""
        for start, end in stretches:
            at = start
            while at < end:
                piece = os.pread(self._descriptor, min(_PIECE, end - at), at)
                if not piece:  # the file has been cut short meanwhile
                    break
                at += len(piece)
                yield memoryview(piece)

    def without(self, bad: Sequence[Stretch]) -> list[Stretch]:
        """The stretches of the whole that are left without *bad*."""
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
