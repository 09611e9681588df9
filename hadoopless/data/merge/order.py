"""Looks now and then whether merged lines come in order.

To compare all keys once more would cost as much as to merge them. So only some are compared: those
of a short stream, and a few of each piece of a long one. That takes some microseconds a piece. A
worker that does not sort is noticed soon, a single record in a wrong place hardly ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hadoopless.errors import WorkerError

#: Bytes of a piece whose keys are all compared.
_SHORT = 512
#: Looks at a longer piece, and bytes that each of them takes.
_LOOKS = 8
_LOOK = 256
_NEWLINE = ord("\n")


class OutOfOrder(WorkerError):
    """Merged records are no whole lines with a TAB, or not in the order of their keys."""

    def __init__(self) -> None:
        super().__init__("records to be merged were no sorted lines")


def in_order(pieces: Iterable[memoryview]) -> Iterator[memoryview]:
    """The *pieces* of sorted lines, which they may cut anywhere; raises OutOfOrder."""
    before = b""
    is_cut = False
    for piece in pieces:
        size = len(piece)
        step = size if size <= _SHORT else size // _LOOKS
        look = min(step, _LOOK) if step < size else size
        for at in range(0, size, step):
            lines = bytes(piece[at : at + look]).split(b"\n")
            # The first line may have begun before, and the last one goes on.
            whole = lines[int(at > 0 or is_cut) : -1]
            for line in whole:
                key, tab, _ = line.partition(b"\t")
                if not tab or key < before:
                    raise OutOfOrder
                before = key
        is_cut = piece[-1] != _NEWLINE
        yield piece
    if is_cut:
        raise OutOfOrder
