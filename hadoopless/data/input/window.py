"""A window that moves forward over an input; it grows as far as the record under it needs."""

from __future__ import annotations

from hadoopless.data.input.source import ENDLESS, Source
from hadoopless.data.machine.buffers import address_of
from hadoopless.data.machine.memory import PADDING
from hadoopless.faults import RecordTooLong

_SIZE = 1 << 20


class Window:
    """The bytes from ``start`` to ``end`` of an input. All positions are those of the input."""

    def __init__(self, source: Source, start: int, limit: int = ENDLESS) -> None:
        """*limit*: the window grows to so many bytes at most."""
        self.start = start
        self.end = start
        #: True when the input ends at ``end``.
        self.complete = False
        self._source = source
        self._limit = limit
        self._make(_SIZE)

    def _make(self, size: int) -> None:
        self._capacity = size
        self._bytes = bytearray(size + PADDING)
        self._base = address_of(memoryview(self._bytes))

    def forget(self, position: int) -> None:
        """Forget the bytes before *position*."""
        kept = self.end - position
        self._bytes[:kept] = self._bytes[position - self.start : self.end - self.start]
        self.start = position

    def load(self, until: int) -> bool:
        """Read more, but nothing from *until* on; False at the end of the input.

        Raises RecordTooLong when there is no more room.
        """
        if self.complete:
            return False
        used = self.end - self.start
        if used == self._capacity:
            if used >= self._limit:
                raise RecordTooLong.over(self._limit, "was to read")
            old = self._bytes
            self._make(min(2 * self._capacity, self._limit))
            self._bytes[:used] = memoryview(old)[:used]
        with memoryview(self._bytes) as view:
            room = view[used : min(self._capacity, until - self.start)]
            count = self._source.read_into(room, self.end)
            room.release()
        self.end += count
        self.complete = count == 0
        return not self.complete

    def find(self, wanted: bytes, position: int, end: int | None = None) -> int:
        """The first *wanted* that lies from *position* on and before *end*, or -1."""
        stop = self.end if end is None else end
        found = self._bytes.find(wanted, position - self.start, stop - self.start)
        return -1 if found < 0 else found + self.start

    def rfind(self, wanted: bytes, position: int, end: int) -> int:
        """The last *wanted* that lies from *position* on and before *end*, or -1."""
        found = self._bytes.rfind(wanted, position - self.start, end - self.start)
        return -1 if found < 0 else found + self.start

    def at(self, position: int) -> int:
        """The byte at *position*, which lies in the window."""
        return self._bytes[position - self.start]

    def cut(self, position: int, end: int) -> bytes:
        """A copy of the bytes from *position* to *end*."""
        return bytes(memoryview(self._bytes)[position - self.start : end - self.start])

    def address(self, position: int) -> int:
        """The address of *position* in memory, until the next :meth:`load`."""
        return self._base + position - self.start
