"""Plain records written as often as they come (:mod:`hadoopless.data.record.repeat_kernels`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hadoopless.data.machine import lines
from hadoopless.data.machine.buffers import PIECE, GrowingBuffer, Room, address_of
from hadoopless.data.record import repeat_kernels
from hadoopless.errors import WorkerError
from hadoopless.job import Sum


class NotAsTold(WorkerError):
    """Records that are merged are not those of which their runs tell, or have no true count."""

    def __init__(self) -> None:
        super().__init__("records to be merged are not those that were told of")


def expanded(pieces: Iterable[memoryview], together: Sum | None) -> Iterable[memoryview]:
    """The plain records in *pieces*, which may cut them anywhere, each as often as it comes.

    *pieces* lie in buffers with PADDING behind their data. A piece is valid until the next one.
    Without *together* no record has a count. With it raises NotAsTold unless the records have as
    many bytes as it tells, and when more of them have a count; EOFError at an end within a record.
    """
    return pieces if together is None else _expanded(pieces, together)


def _expanded(pieces: Iterable[memoryview], together: Sum) -> Iterator[memoryview]:
    missing = together.bytes
    for piece in _Expansion(together.records).of(pieces):
        missing -= len(piece)
        if missing < 0:
            raise NotAsTold
        yield piece
    if missing:
        raise NotAsTold


class _Expansion:
    """The place in a stream of records; only a record with a count is ever kept."""

    def __init__(self, most: int) -> None:
        """No more than *most* records have a count."""
        self._most = most
        #: True within a record without a count.
        self._within = False
        #: The beginning of a record with a count.
        self._open = GrowingBuffer()
        self._room = Room(PIECE)

    def of(self, pieces: Iterable[memoryview]) -> Iterator[memoryview]:
        for piece in pieces:
            rest = piece
            if self._open.size:
                at = int(lines.up_to_newline(address_of(rest), len(rest)))
                self._open.add(rest[: at or len(rest)])
                if not at:
                    continue
                yield from self._written(self._open.view())
                self._open.empty()
                rest = rest[at:]
            if rest:
                yield from self._stretch(rest)
        if self._open.size or self._within:
            raise EOFError("merged records end within a record")
        if self._room.filled:
            yield from self._room.emptied()

    def _stretch(self, stretch: memoryview) -> Iterator[memoryview]:
        whole = repeat_kernels.last_record_end(address_of(stretch), len(stretch), self._within)
        rest = stretch[whole:]
        if rest and rest[0] == _NEWLINE:
            self._open.add(rest)
            stretch, rest = stretch[:whole], rest[:0]
        if stretch:
            yield from self._written(stretch)
            self._within = bool(rest)

    def _written(self, stretch: memoryview) -> Iterator[memoryview]:
        """The records of *stretch*, in which all that have a count are whole."""
        room = self._room
        if not repeat_kernels.has_repeats(address_of(stretch), len(stretch), self._within):
            if room.filled:
                yield from room.emptied()
            yield stretch
            return
        rest, done = stretch, -1 if self._within else 0
        while rest:
            taken, written, done, counted = repeat_kernels.expand(
                address_of(rest), len(rest), done, *room.free
            )
            self._most -= counted
            if taken < 0 or self._most < 0:
                raise NotAsTold
            room.filled += written
            rest = rest[taken:]
            if rest:
                yield from room.emptied()
        if len(stretch) > PIECE:  # it may have had to be made larger
            yield from room.emptied()
            self._room = Room(PIECE)


_NEWLINE = ord("\n")
