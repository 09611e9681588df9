"""Map outputs on their way through Spark's shuffle: sorted runs, packed into blocks.

Spark moves few large values far cheaper than many small ones. So what travels is not a record but a
block of whole runs, or a part of a run that is larger than a block. A block is told apart by its
map and by the number of its first run: the shuffle keeps no order.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from hadoopless.data.machine.memory import PADDING
from hadoopless.data.runs.runs import FileRun, Run, pieces, read_into
from hadoopless.engines.spark.place import Done
from hadoopless.job import Sum


class Told(Struct, frozen=True):
    """All that a map has made for one partition; one partition of a map also gets its end."""

    map_index: int
    sum: Sum
    done: Done | None = None


class Packed(Struct, frozen=True):
    """Whole runs, one behind the other, with padding behind the last."""

    map_index: int
    #: The number of the first run within the segment.
    first: int
    #: Bytes and sum of each run.
    runs: tuple[tuple[int, Sum], ...]
    data: bytearray


class Part(Struct, frozen=True):
    """The bytes from *at* on of a run that is larger than a block."""

    map_index: int
    number: int
    length: int
    sum: Sum
    checksum: int
    at: int
    data: bytearray


Message = Told | Packed | Part


class Lazy:
    """A message that is made when it is pickled, so that what waits for that is no copy."""

    def __init__(self, make: Callable[[], Message]) -> None:
        self._make = make

    def __reduce__(self) -> tuple[object, ...]:
        return itself, (self._make(),)


def itself(message: Message) -> Message:
    """The message that a pickled :class:`Lazy` becomes."""
    return message


def packed(map_index: int, runs: Sequence[Run], size: int) -> Iterator[Lazy]:
    """The blocks of a segment, whose *runs* all hold something; each of about *size* bytes."""
    batch: list[Run] = []
    first = held = 0
    for number, run in enumerate(runs):
        if batch and held + run.length > size:
            yield _block(map_index, first, batch)
            batch, held = [], 0
        if run.length > size:
            yield from _parts(map_index, number, run, size)
            continue
        if not batch:
            first = number
        batch.append(run)
        held += run.length
    if batch:
        yield _block(map_index, first, batch)


def _block(map_index: int, first: int, runs: Sequence[Run]) -> Lazy:
    def make() -> Packed:
        data = bytearray(sum(run.length for run in runs) + PADDING)
        start = 0
        for run in runs:
            _copy(run, 0, memoryview(data)[start : start + run.length])
            start += run.length
        return Packed(map_index, first, tuple((run.length, run.sum) for run in runs), data)

    return Lazy(make)


def _parts(map_index: int, number: int, run: Run, size: int) -> Iterator[Lazy]:
    checksum = run.checksum if isinstance(run, FileRun) else _checksum(run)

    def part(at: int) -> Lazy:
        def make() -> Part:
            data = bytearray(min(size, run.length - at))
            _copy(run, at, memoryview(data))
            return Part(map_index, number, run.length, run.sum, checksum, at, data)

        return Lazy(make)

    for at in range(0, run.length, size):
        yield part(at)


def _checksum(run: Run) -> int:
    checksum = 0
    for piece in pieces(run):
        checksum = zlib.crc32(piece, checksum)
    return checksum


def _copy(run: Run, at: int, target: memoryview) -> None:
    """Fill *target* with the bytes of *run* from *at* on."""
    if isinstance(run, FileRun):
        if read_into(run, at, target) < len(target):
            raise EOFError("a spill file is shorter than it was written")
    else:
        target[:] = run.view()[at : at + len(target)]
