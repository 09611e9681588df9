"""Splits of lines, and splits of several files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hadoopless.data.input.records import RecordFeed
from hadoopless.job import Split
from hadoopless.rules import InputRules
from hadoopless.streaming.inputs.cutting import SizeLimits, combined_blocks, lines_of

LINES = st.lists(st.sampled_from([b"\n", b"a\n", b"b\r\n", b"\r", b"ccc\r"]), max_size=12)


@given(lines=LINES, last=st.sampled_from([b"", b"end"]), count=st.integers(1, 5))
def test_each_split_has_its_lines(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], last: bytes, count: int
):
    data = b"".join(lines) + last
    path = tmp_path_factory.getbasetemp() / "lines"
    path.write_bytes(data)
    contents = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if not contents[-1]:
        contents.pop()
    # Hadoop's second map has the first line, too, when that is a single byte: its split begins
    # with the file, and so drops nothing.
    assume(count > 1 or contents[:1] != [b""] or data.startswith(b"\r\n"))
    expected = [contents[i : i + count] for i in range(0, len(contents), count)]
    got = []
    for split in lines_of(str(path), count):
        read_end, write_end = os.pipe()
        RecordFeed(split, Path, InputRules())(write_end)
        os.close(write_end)
        with open(read_end, "rb") as stream:
            got.append(stream.read().split(b"\n")[:-1])
    assert got == expected


def test_blocks_that_are_left_over():
    files: list[tuple[Split, int | None]] = [(Split("a", 0, 10), 4), (Split("b", 0, 3), None)]
    assert combined_blocks(files, SizeLimits(most=8, least_of_node=2)) == [
        Split("a", 0, 4, (Split("a", 4, 4),)),
        Split("a", 8, 2, (Split("b", 0, 3),)),
    ]
    assert combined_blocks(files, SizeLimits(least_of_node=2)) == [
        Split("a", 0, 4, (Split("a", 4, 4), Split("a", 8, 2), Split("b", 0, 3)))
    ]


def test_splits_of_less_than_nothing():
    with pytest.raises(ValueError, match="Maximum split size -5 cannot be below 0"):
        combined_blocks([], SizeLimits(most=-5))
