"""Hadoop's lengths: known bytes, and the kernels' own against those of Python."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.machine.buffers import new_buffer
from hadoopless.data.record import vint_kernels
from hadoopless.data.record.vint import serialised_text, vint
from tests.data.machine.test_memory import called

vint_size, store_vint = called(vint_kernels.vint_size), called(vint_kernels.store_vint)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, b"\0"),
        (127, b"\x7f"),
        (128, b"\x8f\x80"),
        (255, b"\x8f\xff"),
        (256, b"\x8e\1\0"),
        (65_536, b"\x8d\1\0\0"),
        (0x7FFFFFFF, b"\x8c\x7f\xff\xff\xff"),
    ],
)
def test_lengths_are_those_of_hadoop(number: int, written: bytes) -> None:
    assert vint(number) == written


@given(number=st.integers(0, 1 << 40))
def test_kernels_write_the_same_lengths(number: int) -> None:
    buffer = new_buffer(16)
    buffer[:] = 0xEE
    address = int(buffer.ctypes.data)
    expected = vint(number)
    assert vint_size(number) == len(expected)
    assert store_vint(address, number) == address + len(expected)
    assert buffer.tobytes().startswith(expected + b"\xee")


def test_a_text_is_its_length_and_its_bytes() -> None:
    assert serialised_text(b"") == b"\0"
    assert serialised_text(b"a" * 200) == b"\x8f\xc8" + b"a" * 200
