"""Buffers that kernels read and fill."""

from __future__ import annotations

import ctypes

import pytest

from hadoopless.data.machine.buffers import PIECE, Constant, GrowingBuffer, Room, address_of
from hadoopless.data.machine.memory import PADDING


def write(room: Room, data: bytes) -> None:
    """Write as a kernel does."""
    address, size = room.free
    assert len(data) <= size
    ctypes.memmove(address, data, len(data))
    room.filled += len(data)


def test_a_constant_has_readable_bytes_behind_it() -> None:
    constant = Constant(b"ab")
    address, length = constant.arguments
    assert ctypes.string_at(address, length) == b"ab"
    assert len(ctypes.string_at(address, length + PADDING)) == 2 + PADDING


def test_room_is_emptied_of_all_that_was_written() -> None:
    room = Room(8)
    write(room, b"abc")
    write(room, b"defgh")
    assert room.free[1] == 0
    assert [bytes(written) for written in room.emptied()] == [b"abcdefgh"]
    assert room.free[1] == 8
    write(room, b"x")
    assert [bytes(written) for written in room.emptied()] == [b"x"]


def test_room_in_which_nothing_fits_grows() -> None:
    room = Room(8)
    assert list(room.emptied()) == []
    assert room.free[1] == 16


@pytest.mark.parametrize("sizes", [(1, 2, 3), (5000, 1), (PIECE, PIECE)])
def test_bytes_are_kept_while_their_buffer_grows(sizes: tuple[int, ...]) -> None:
    buffer = GrowingBuffer()
    added = [bytes([number]) * size for number, size in enumerate(sizes)]
    for data in added:
        buffer.add(memoryview(data))
    assert bytes(buffer.view()) == b"".join(added)
    assert buffer.address == address_of(buffer.view())
    buffer.empty()
    assert bytes(buffer.view()) == b""
    buffer.add(memoryview(b"again"))
    assert bytes(buffer.view()) == b"again"
