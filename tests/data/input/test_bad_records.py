"""The records on which a mapper dies are found by running it on parts of its input."""

from __future__ import annotations

import gzip
import os
from bisect import bisect_right
from collections.abc import Callable
from contextlib import closing
from itertools import accumulate, pairwise
from math import log2
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hadoopless.data.input.bad_records import InputBytes, NobodyToBlame, find_bad
from hadoopless.data.input.reading import Stretch
from hadoopless.errors import DiskError, InputError
from hadoopless.faults import BadInput
from hadoopless.job import Split

MANY = 1000


class Input:
    """Lines of some lengths, and a mapper that dies on a part if *dies* says so of its lines."""

    def __init__(self, lengths: list[int], dies: Callable[[set[int]], bool], start: int = 0):
        self.borders = list(accumulate(lengths, initial=start))
        self.lines = list(pairwise(self.borders))
        self.whole = (self.borders[0], self.borders[-1])
        self._dies = dies
        self.runs: list[Stretch] = []

    def next_line(self, at: int) -> int:
        return self.borders[min(bisect_right(self.borders, at), len(self.lines))]

    def fails(self, stretch: Stretch) -> bool:
        start, end = map(self.borders.index, stretch)  # whole lines only
        assert start < end
        self.runs.append(stretch)
        return self._dies(set(range(start, end)))

    def find(self, most: int = MANY) -> list[Stretch]:
        return find_bad(self.fails, self.next_line, self.whole, most)

    @property
    def bytes_read(self) -> int:
        return sum(end - start for start, end in self.runs)


#: Many short lines, and some that are longer than all the others together.
LENGTHS = st.lists(st.one_of(st.integers(1, 9), st.integers(1, 5000)), min_size=1, max_size=60)


@st.composite
def inputs_with_bad_lines(draw: st.DrawFn) -> tuple[list[int], set[int]]:
    lengths = draw(LENGTHS)
    return lengths, draw(st.sets(st.integers(0, len(lengths) - 1), min_size=1))


@given(inputs_with_bad_lines(), st.integers(0, 5))
@example(([5], {0}), 0)
@example(([1] * 1000 + [5000], {1000}), 0)
@example(([5000] + [1] * 1000, {0}), 3)
def test_exactly_the_bad_records_are_found_in_order(case: tuple[list[int], set[int]], start: int):
    lengths, bad = case
    data = Input(lengths, lambda lines: bool(lines & bad), start)
    assert data.find() == [data.lines[line] for line in sorted(bad)]
    size = data.whole[1] - data.whole[0]
    assert data.bytes_read <= 4 * size * len(bad)
    assert len(data.runs) <= 4 * len(bad) * (1 + log2(size))


@given(inputs_with_bad_lines(), st.integers(0, 70))
def test_more_than_the_most_are_nobody_in_particular(case: tuple[list[int], set[int]], most: int):
    lengths, bad = case
    data = Input(lengths, lambda lines: bool(lines & bad))
    if len(bad) <= most:
        assert len(data.find(most)) == len(bad)
    else:
        with pytest.raises(NobodyToBlame, match=f"more than {most} records"):
            data.find(most)


@given(LENGTHS, st.data())
def test_records_that_kill_only_together(lengths: list[int], data: st.DataObject):
    """No single record is blamed for what two have done, however far apart they are."""
    pair = data.draw(st.sets(st.integers(0, len(lengths)), min_size=2, max_size=2))
    lengths.append(3)
    with pytest.raises(NobodyToBlame, match="several records together"):
        Input(lengths, lambda lines: lines >= pair).find()


def test_blamed_records_have_killed_alone():
    """The second of two that kill together is not taken along with one that kills alone."""
    data = Input([4] * 16, lambda lines: 3 in lines or lines >= {10, 15})
    with pytest.raises(NobodyToBlame):
        data.find()


# The bytes of an input --------------------------------------------------------------------------

LINES = b"one\ntwo\n\nfour\xff\x00\nlast without a newline"
LINE_BORDERS = [0, 4, 8, 9, 16, len(LINES)]


def written(input_bytes: InputBytes, stretches: list[Stretch], path: Path) -> bytes:
    """The bytes that :meth:`InputBytes.feed` writes."""
    with open(path, "wb") as target:
        input_bytes.feed(stretches, target.fileno())
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "pack", "split", "whole"),
    [
        ("0.in", bytes, Split("0.in"), (0, len(LINES))),
        ("0.in", bytes, Split("0.in", 4, 12), (4, 16)),
        ("0.in", bytes, Split("0.in", 8), (8, len(LINES))),
        ("0.in.gz", gzip.compress, Split("0.in.gz"), (0, len(LINES))),
    ],
    ids=["whole", "stretch", "rest", "packed"],
)
def test_bytes_of_any_input(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes], split: Split, whole: Stretch
):
    path = tmp_path / name
    path.write_bytes(pack(LINES))
    with closing(InputBytes(split, lambda _: path, str(tmp_path))) as data:
        assert data.whole == whole
        start, end = whole
        for at in range(start, end):
            assert data.next_line(at) == min(end, *(b for b in LINE_BORDERS if b > at))
        assert data.next_line(end) == end
        out = tmp_path / "out"
        assert written(data, [whole], out) == LINES[start:end]
        assert written(data, [(8, 9), (9, 16)], out) == LINES[8:16]
        assert written(data, [], out) == b""
        assert data.without([]) == [whole]
        assert data.without([whole]) == []
        assert data.without([(8, 9)]) == [(start, 8), (9, end)][start == 8 :]
    assert sorted(os.listdir(tmp_path)) == sorted([name, "out"])


@given(bad=st.lists(st.booleans(), max_size=20))
def test_without_is_the_complement(bad: list[bool], tmp_path_factory: pytest.TempPathFactory):
    lines = [b"%d\n" % index for index in range(len(bad))]
    borders = list(accumulate(map(len, lines), initial=0))
    path = tmp_path_factory.mktemp("inputs") / "0.in"
    path.write_bytes(b"".join(lines))
    stretches = [stretch for stretch, is_bad in zip(pairwise(borders), bad, strict=True) if is_bad]
    kept = b"".join(line for line, is_bad in zip(lines, bad, strict=True) if not is_bad)
    with closing(InputBytes(Split("0.in"), lambda _: path, str(path.parent))) as data:
        assert written(data, data.without(stretches), path.with_name("out")) == kept


def test_lines_longer_than_a_piece(tmp_path: Path):
    path = tmp_path / "0.in"
    path.write_bytes(b"a" * 600_000 + b"\n" + b"b" * 300_000)
    with closing(InputBytes(Split("0.in"), lambda _: path, str(tmp_path))) as data:
        assert data.next_line(0) == 600_001
        assert data.next_line(600_001) == 900_001
        assert written(data, [(599_999, 900_001)], tmp_path / "out") == b"a\n" + b"b" * 300_000


def test_an_input_that_is_cut_short_meanwhile_ends(tmp_path: Path):
    path = tmp_path / "0.in"
    path.write_bytes(b"one line without a newline")
    with closing(InputBytes(Split("0.in"), lambda _: path, str(tmp_path))) as data:
        os.truncate(path, 3)
        assert data.next_line(0) == data.whole[1]
        assert written(data, [data.whole], tmp_path / "out") == b"one"


def test_inputs_that_cannot_be_used(tmp_path: Path):
    with pytest.raises(InputError):
        InputBytes(Split("0.in"), tmp_path.joinpath, str(tmp_path))
    path = tmp_path / "0.in.gz"
    path.write_bytes(gzip.compress(LINES)[:-9])
    with pytest.raises(BadInput):
        InputBytes(Split("0.in.gz"), lambda _: path, str(tmp_path))
    path.write_bytes(gzip.compress(LINES))
    with pytest.raises(DiskError, match="cannot unpack"):
        InputBytes(Split("0.in.gz"), lambda _: path, str(tmp_path / "nowhere"))
    assert os.listdir(tmp_path) == ["0.in.gz"]
