"""Frames made and read in Python, in pieces of any size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.frames import Pair, iterate, pack, whole_frames
from tests.data.samples import KEYS, VALUES, joined, views

PAIRS = st.lists(st.tuples(KEYS, st.one_of(st.none(), VALUES)), max_size=12)


@given(pairs=PAIRS, size=st.integers(1, 60), sorted_apart=st.booleans())
def test_pairs_in_pieces(pairs: list[Pair], size: int, sorted_apart: bool) -> None:
    data = pack(pairs, [b"s" * len(key) for key, _ in pairs] if sorted_apart else None)
    assert list(iterate(views(data, size))) == pairs
    assert joined(whole_frames(views(data, size))) == data


@given(pairs=PAIRS, size=st.integers(1, 60))
def test_whole_frames_can_be_read_by_themselves(pairs: list[Pair], size: int) -> None:
    found: list[Pair] = []
    for view in whole_frames(views(pack(pairs), size)):
        found += iterate([memoryview(bytes(view))])
    assert found == pairs


def test_the_form() -> None:
    header = b"\2\0\0\0\1\0\0\0"
    assert pack([(b"k", b"value")], [b"so"]) == header + b"\5\0\0\0sokvalue"
    assert pack([(b"k", None)], [b"so"]) == header + b"\xff\xff\xff\xffsok"


def test_an_end_within_a_frame() -> None:
    data = pack([(b"key", b"value")])
    for size in range(1, len(data)):
        with pytest.raises(EOFError):
            list(iterate([memoryview(data[:size])]))
