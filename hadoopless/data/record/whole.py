"""Cuts a stream of merged records, which comes in any pieces, at the ends of records."""

from __future__ import annotations

from collections.abc import Iterator

from hadoopless.data.machine import lines
from hadoopless.data.machine.buffers import GrowingBuffer, address_of
from hadoopless.data.record import frame_kernels, repeat_kernels
from hadoopless.data.record.frame_kernels import HEADER, NULL
from hadoopless.data.record.frames import HEADER_FIELDS


class WholeRecords:
    """Cuts a stream at the ends of records; a record that two pieces share is put together."""

    def __init__(self, framed: bool) -> None:
        self._framed = framed
        self._open = GrowingBuffer()

    def of(self, piece: memoryview) -> Iterator[memoryview]:
        """The whole records that *piece* completes or holds, in stretches of at least one."""
        at = 0
        if self._open.size and piece:
            at, is_whole = self._complete(piece)
            if not is_whole:
                return
            yield self._open.view()
            self._open.empty()
        rest = piece[at:]
        if not rest:
            return
        if self._framed:
            whole = int(frame_kernels.whole_frames(address_of(rest), len(rest))[0])
        else:
            whole = int(repeat_kernels.last_record_end(address_of(rest), len(rest), False))
        if whole:
            yield rest[:whole]
        self._open.add(rest[whole:])

    def _complete(self, piece: memoryview) -> tuple[int, bool]:
        """Add bytes of *piece* to the open record; returns how many, and True when it is whole."""
        taken = 0
        while True:
            wanted, is_last = self._wanted(piece[taken:])
            added = piece[taken : taken + wanted]
            self._open.add(added)
            taken += len(added)
            if len(added) < wanted:
                return taken, False
            if is_last:
                return taken, True

    def _wanted(self, piece: memoryview) -> tuple[int, bool]:
        """Bytes that the open record wants next; True when they make it whole."""
        if not self._framed:
            count = int(lines.up_to_newline(address_of(piece), len(piece)))
            return count or len(piece) + 1, True
        size = self._open.size
        if size < HEADER:
            return HEADER - size, False
        sort_length, key_length, value_length = HEADER_FIELDS.unpack_from(self._open.view())
        length: int = sort_length + key_length + (0 if value_length == NULL else value_length)
        return HEADER + length - size, True

    def check_end(self) -> None:
        """Raise EOFError when the stream ended within a record."""
        if self._open.size:
            raise EOFError("merged records end within a record")
