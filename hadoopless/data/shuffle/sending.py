"""The answers in which a worker sends map outputs: bytes for our workers, JSON for others."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Sequence
from itertools import chain

from hadoopless.data.merge.merge import merged
from hadoopless.data.record.repeats import expanded
from hadoopless.data.runs.runs import FileRun, MemoryRun, Run, SharedFile, pieces, sum_if_counted
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.shuffle.json_list import json_list
from hadoopless.data.shuffle.same_machine import LEAST_IN_PLACE
from hadoopless.data.shuffle.store import HeldOutput
from hadoopless.errors import UsageError
from hadoopless.wire.messages import segments as segment_messages
from hadoopless.wire.messages.segments import Place, Told


class SegmentsAnswer:
    """Segments as they travel: the sizes of all runs, then each run and its checksum."""

    def __init__(self, segments: Sequence[Sequence[Run]], *, in_place: bool = False) -> None:
        """With *in_place* only the place is told of runs that others can read where they lie."""
        told = [[_told(run, in_place) for run in segment] for segment in segments]
        pairs = zip(chain(*segments), chain(*told), strict=True)
        self._runs = [run for run, shown in pairs if shown.place is None]
        self._header = segment_messages.header(told)
        #: Bytes of the whole answer.
        self.length = len(self._header) + sum(
            run.length + segment_messages.CHECKSUM_BYTES for run in self._runs
        )
        #: A piece may have to wait for the disk.
        self.from_disk = any(isinstance(run, FileRun) for run in self._runs)

    def pieces(self) -> Iterator[memoryview | bytes]:
        """All bytes; a piece is valid until the next one."""
        yield self._header
        for run in self._runs:
            yield from _with_checksum(run)


def _told(run: Run, in_place: bool) -> Told:
    """The words of the header about *run*."""
    match run:
        case FileRun(file=SharedFile() as file) if in_place and run.length >= LEAST_IN_PLACE:
            place = Place(os.getpid(), file.fileno(), run.offset, run.checksum)
            return Told(run.length, run.sum, place)
    return Told(run.length, run.sum)


def _with_checksum(run: Run) -> Iterator[memoryview | bytes]:
    """The bytes of *run* and their CRC-32, big-endian.

    A run from a file carries the checksum that it was written with, so that the receiver also sees
    what a disk has changed.
    """
    checksum = 0
    for piece in pieces(run):
        if isinstance(run, MemoryRun):
            checksum = zlib.crc32(piece, checksum)
        yield piece
    if isinstance(run, FileRun):
        checksum = run.checksum
    yield checksum.to_bytes(segment_messages.CHECKSUM_BYTES, "big")


def json_answer(
    output: HeldOutput, partition: int, merge_budget: int, spill_directory: str
) -> Iterator[bytes]:
    """One partition of *output* as a JSON list of [key, value], sorted by key; UsageError."""
    if output.framed:
        raise UsageError("this map output is not of lines; fetch it with /segments")
    runs = output.runs_of(partition)
    pieces = merged(runs, merge_budget, SpillFile(spill_directory))
    return json_list(expanded(pieces, sum_if_counted(runs)))
