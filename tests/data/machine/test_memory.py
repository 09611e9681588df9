"""The kernels' copies and searches on raw addresses, against Python's own, at every alignment."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.machine import memory
from hadoopless.data.machine.buffers import new_buffer
from hadoopless.data.machine.compiler import numba_function
from hadoopless.data.machine.lines import NEWLINES, TABS, last_newline
from tests.data.samples import KEYS, hostile


def called(part: Any) -> Any:
    """A *part* that only kernels call, compiled for us."""
    return numba_function(part.function)


compare, copy, find, find_either, key_prefix, same = map(
    called,
    (
        memory.compare,
        memory.copy,
        memory.find,
        memory.find_either,
        memory.key_prefix,
        memory.same,
    ),
)
load32, load32_big, store32_big = map(
    called, (memory.load32, memory.load32_big, memory.store32_big)
)

ALIGNMENTS = range(8)
LENGTHS = range(41)


class Area:
    """Memory that the kernels may see, filled with *filler* where nothing was put."""

    def __init__(self, filler: int = 0xEE, size: int = 512) -> None:
        self._array = new_buffer(size)
        self._array[:] = filler
        self.base = int(self._array.ctypes.data)

    def put(self, data: bytes, offset: int = 0) -> int:
        """Write *data* at *offset*; returns its address."""
        self._array.data[offset : offset + len(data)] = data
        return self.base + offset

    def bytes(self) -> bytes:
        """All of it."""
        return self._array.tobytes()


@pytest.mark.parametrize("byte", [0x09, 0x0A])
@pytest.mark.parametrize("filler", [0x00, 0x01, 0x08, 0x0B, 0x89, 0x8A, 0xFF])
def test_find_gives_the_first_hit_or_the_end(byte: int, filler: int) -> None:
    repeated = TABS if byte == 0x09 else NEWLINES
    area = Area(filler)
    for alignment, length in product(ALIGNMENTS, LENGTHS):
        for hit in {0, 1, 6, 7, 8, 9, length - 1, length, length + 3}:
            # Behind a hit, the byte that a borrow makes look like another one.
            data = bytes([filler]) * max(hit, 0) + bytes([byte, byte ^ 1, byte])
            start = area.put(data.ljust(60, bytes([filler])), alignment)
            found = find(start, start + length, repeated)
            assert found - start == min(max(hit, 0), length)


@given(
    data=hostile("\t\n\x08\x0b\0\x89\x8a", 40), length=st.integers(0, 40), offset=st.integers(0, 7)
)
def test_find_either_gives_the_first_of_both(data: bytes, length: int, offset: int) -> None:
    start = Area(0x0A).put(data, offset)
    expected = min(find(start, start + length, TABS), find(start, start + length, NEWLINES))
    assert find_either(start, start + length, TABS, NEWLINES) == expected


@given(number=st.integers(0, 0xFFFFFFFF), alignment=st.integers(0, 7))
def test_numbers_of_four_bytes(number: int, alignment: int) -> None:
    area = Area()
    address = area.put(number.to_bytes(4, "little"), alignment)
    assert load32(address) == number
    store32_big(address, number)
    assert load32_big(address) == number
    assert area.bytes()[alignment : alignment + 5] == number.to_bytes(4, "big") + b"\xee"


def test_same_looks_at_all_bytes_and_no_other() -> None:
    text = bytes(range(100, 100 + 41))
    left, right = Area(), Area()
    for alignment, length in product(ALIGNMENTS, LENGTHS):
        a = left.put(text, alignment)
        b = right.put(text[:length] + b"other bytes follow here", 7 - alignment)
        assert same(a, b, length)
        for place in {0, length // 2, length - 1} if length else ():
            changed = bytearray(text[:length])
            changed[place] ^= 0x80
            right.put(bytes(changed), 7 - alignment)
            assert not same(a, b, length)


def sign(number: int) -> int:
    return (number > 0) - (number < 0)


@given(left=KEYS, right=KEYS, alignment=st.integers(0, 7))
def test_compare_orders_as_python_orders_bytes(left: bytes, right: bytes, alignment: int) -> None:
    one, other = Area(0x00), Area(0xFF)
    order = compare(
        one.put(left, alignment), len(left), other.put(right, 7 - alignment), len(right)
    )
    assert sign(order) == (left > right) - (left < right)


def test_compare_at_all_lengths_and_places() -> None:
    text = bytes(range(80, 80 + 41))
    left, right = Area(0x00), Area(0xFF)
    for length, place in product(LENGTHS, LENGTHS):
        changed = bytearray(text[:length])
        if place < length:
            changed[place] ^= 0x80
        a, b = left.put(text, 1), right.put(bytes(changed), 4)
        expected = (text > bytes(changed)) - (text < bytes(changed))
        assert sign(compare(a, len(text), b, length)) == expected
        assert sign(compare(b, length, a, len(text))) == -expected


@given(left=KEYS, right=KEYS, alignment=st.integers(0, 7))
def test_key_prefix_sorts_as_keys_do(left: bytes, right: bytes, alignment: int) -> None:
    one, other = Area(0x00), Area(0xFF)
    a = int(key_prefix(one.put(left, alignment), len(left)))
    b = int(key_prefix(other.put(right, 7 - alignment), len(right)))
    if a == b and a & 0xFF == 8:
        assert left[:7] == right[:7]
        assert min(len(left), len(right)) >= 8
    else:
        assert (a > b) - (a < b) == (left > right) - (left < right)


@pytest.mark.parametrize("length", range(12))
def test_key_prefix_by_hand(length: int) -> None:
    key = b"\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb"[:length]
    expected = key[:7].ljust(7, b"\0") + bytes([min(length, 8)])
    prefix = key_prefix(Area(0xFF).put(key, 3), length)
    assert int(prefix).to_bytes(8, "big") == expected


@pytest.mark.parametrize("count", [*LENGTHS, 63, 64, 65, 66, 100, 200])
def test_copy_writes_at_most_seven_bytes_more(count: int) -> None:
    data = np.random.default_rng(count).bytes(count)
    for alignment in ALIGNMENTS:
        source, target = Area(0x11), Area(0xEE)
        copy(target.put(b"", 16 + alignment), source.put(data, 7 - alignment), count)
        start = 16 + alignment
        written = target.bytes()
        assert written[:start] == b"\xee" * start
        assert written[start : start + count] == data
        assert set(written[start + count + 7 :]) == {0xEE}


@given(data=hostile("\n\t\0a", 40), offset=st.integers(0, 7))
def test_last_newline(data: bytes, offset: int) -> None:
    assert last_newline(Area(0x0A).put(data, offset), len(data)) == data.rfind(b"\n") + 1
