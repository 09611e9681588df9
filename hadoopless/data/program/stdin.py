"""Feeds a program's stdin and sees how far the program has read it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable

from hadoopless.data.program.pipes import waiting
from hadoopless.data.program.unread import drain

#: Bytes at a time that a program is given, so that one that reads slowly is seen to read.
_LONGEST_WRITE = 128 << 10

Feeder = Callable[[int], None]


class _Feeding(threading.local):
    """How much a feeder's thread has written with :func:`write_all`."""

    pipe: StdinPipe | None = None


feeding = _Feeding()


def write_all(descriptor: int, pieces: Iterable[memoryview]) -> None:
    """Write *pieces* to *descriptor*, waiting as long as it takes."""
    pipe = feeding.pipe
    for piece in pieces:
        rest = piece
        while rest:
            if pipe is None:
                rest = rest[os.write(descriptor, rest) :]
            else:
                count = os.write(descriptor, rest[:_LONGEST_WRITE])
                pipe.counted += count
                rest = rest[count:]


class StdinPipe:
    """Our own copy of the end from which a program reads, to see how far it has got.

    As long as there is this copy, a write to the pipe waits even if the program has ended.
    """

    def __init__(self, descriptor: int, feeder: Feeder) -> None:
        self._descriptor = descriptor
        self._feeder = feeder
        #: Bytes that :func:`write_all` has written.
        self.counted = 0

    @property
    def written(self) -> int:
        """Bytes that were written, as far as is known: by write_all, or by a feeder that counts."""
        return max(self.counted, getattr(self._feeder, "bytes_written", 0))

    def signs(self) -> tuple[int, int]:
        """What changes when the program reads."""
        return self.written, waiting(self._descriptor)

    def drain(self, limit: int | None, check: Callable[[], None]) -> int:
        """Bytes of the rest of the input, once the program has ended; :func:`drain`."""
        return drain(self._descriptor, limit, check)

    def close(self) -> None:
        """From now on a write fails, unless there are other readers."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
