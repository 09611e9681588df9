"""Buffers whose bytes kernels may read: fixed ones and growing ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from hadoopless.data.machine.memory import PADDING

#: Bytes with padding behind them.
Buffer = npt.NDArray[np.uint8]
#: Bytes that travel at once between files, sockets and pipes.
PIECE = 1 << 20
#: Bytes that are written to a file at once. For larger pieces, ext4 may need several times as long
#: for each byte while memory is busy: 0.4 to 0.7 CPU seconds for 300 MB in pieces of 1 MB, 0.07 to
#: 0.13 in pieces of 64 KB (Linux 6.18).
WRITTEN_AT_ONCE = 1 << 16
_START_SIZE = 1 << 12


def new_buffer(size: int) -> Buffer:
    """Memory for *size* bytes that a kernel may read: uninitialised, with padding behind."""
    return np.empty(size + PADDING, np.uint8)


def address_of(view: memoryview) -> int:
    """The address of the bytes of *view*, which is not empty."""
    return int(np.frombuffer(view, np.uint8).ctypes.data)


class Constant:
    """Fixed bytes for kernels, which get their address and length."""

    def __init__(self, data: bytes) -> None:
        self._buffer = new_buffer(len(data))
        self._buffer.data[: len(data)] = data
        self.arguments = (int(self._buffer.ctypes.data), len(data))


class GrowingBuffer:
    """Bytes that are added to, in a buffer that kernels may read."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._capacity = _START_SIZE
        self._buffer = new_buffer(self._capacity)
        self.size = 0

    @property
    def address(self) -> int:
        return int(self._buffer.ctypes.data)

    def view(self) -> memoryview:
        return self._buffer.data[: self.size]

    def empty(self) -> None:
        """Forget the bytes, and a large buffer with them."""
        if self._capacity > PIECE:
            self._clear()
        self.size = 0

    def make_room(self, capacity: int) -> None:
        """Make the buffer large enough for *capacity* bytes."""
        if capacity > self._capacity:
            kept = self.view()
            self._capacity = max(capacity, 2 * self._capacity)
            self._buffer = new_buffer(self._capacity)
            self._buffer.data[: self.size] = kept

    def add(self, data: memoryview) -> None:
        self.make_room(self.size + len(data))
        self._buffer.data[self.size : self.size + len(data)] = data
        self.size += len(data)


class Room:
    """Memory that kernels fill with whole records; it grows when not even one record fits."""

    def __init__(self, size: int) -> None:
        self._make(size)

    def _make(self, size: int) -> None:
        self._size = size
        self._buffer = new_buffer(size)
        self._address = int(self._buffer.ctypes.data)
        #: Bytes that were written.
        self.filled = 0

    @property
    def free(self) -> tuple[int, int]:
        """Address and size of the memory behind the bytes that were written."""
        return self._address + self.filled, self._size - self.filled

    def emptied(self) -> Iterator[memoryview]:
        """The bytes that were written, if any; afterwards there is more room than before."""
        if not self.filled:
            self._make(2 * self._size)
            return
        yield self._buffer.data[: self.filled]
        self.filled = 0
