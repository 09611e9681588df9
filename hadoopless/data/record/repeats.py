"""Plain records written as often as they come (:mod:`hadoopless.data.record.repeat_kernels`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hadoopless.data.machine.buffers import PIECE, Room, address_of
from hadoopless.data.record import repeat_kernels
from hadoopless.data.record.whole import WholeRecords
from hadoopless.errors import WorkerError


class BadRepeat(WorkerError):
    """A count of records is none, or larger than it can be."""

    def __init__(self) -> None:
        super().__init__("records to be merged come so many times as they cannot")


def expanded(pieces: Iterable[memoryview], most: int) -> Iterator[memoryview]:
    """The plain records in *pieces*, which may cut them anywhere, each as often as it comes.

    *pieces* lie in buffers with PADDING behind their data. A piece is valid until the next one.
    Raises BadRepeat, also if more than *most* records have a count, and EOFError.
    """
    records = WholeRecords(framed=False)
    room = Room(PIECE)
    for piece in pieces:
        for stretch in records.of(piece):
            if not repeat_kernels.has_repeats(address_of(stretch), len(stretch)):
                if room.filled:
                    yield from room.emptied()
                yield stretch
                continue
            rest, done = stretch, 0
            while rest:
                taken, written, done, counted = repeat_kernels.expand(
                    address_of(rest), len(rest), done, *room.free
                )
                most -= counted
                if taken < 0 or most < 0:
                    raise BadRepeat
                room.filled += written
                rest = rest[taken:]
                if rest:
                    yield from room.emptied()
    records.check_end()
    if room.filled:
        yield from room.emptied()
