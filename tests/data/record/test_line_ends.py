"""Line ends, against a regular expression over the whole stream."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.record.stdout import LineEnds


def rewritten(stretches: list[bytes]) -> bytes:
    """The bytes left of the *stretches*, each in a buffer with other bytes behind it."""
    line_ends = LineEnds()
    result = b""
    for stretch in stretches:
        view = memoryview(bytearray(stretch + b"\r\n\r"))
        left = line_ends.normalise(view, len(stretch))
        assert view[len(stretch) :].tobytes() == b"\r\n\r"
        result += view[:left]
    return result


@given(st.lists(st.text("\r\na", max_size=6).map(str.encode), max_size=8))
def test_any_cutting_gives_the_same(stretches: list[bytes]) -> None:
    assert rewritten(stretches) == re.sub(rb"\r\n?", b"\n", b"".join(stretches))


@pytest.mark.parametrize("data", [b"", b"a\nb", bytes(range(14, 256)) + b"\n\n"])
def test_what_has_no_cr_stays(data: bytes) -> None:
    assert rewritten([data]) == data


def test_a_stretch_may_vanish() -> None:
    assert rewritten([b"a\r", b"\n", b"\n", b"\r", b"\r\n"]) == b"a\n\n\n\n"
