"""The keys with the most bytes are those of a plain count, wherever pieces cut the records."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hadoopless.data.merge import key_tally
from hadoopless.data.merge.key_tally import KeyTally
from hadoopless.data.record.frame_kernels import NULL
from hadoopless.data.runs.runs import MemoryRun
from hadoopless.job import KeySum
from tests.data.merge.test_reduce_input import cut
from tests.data.samples import KEYS, RECORDS, VALUES, folded, in_order, key_of, memory_run, sum_of

#: A sort key, a key and a value.
Frame = tuple[bytes, bytes, bytes | None]

FRAMES = st.tuples(VALUES, KEYS, st.none() | VALUES)
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=3)


def counted(records: Iterable[bytes], key: Callable[[bytes], bytes] = key_of) -> list[KeySum]:
    """The groups of *records*, the largest first."""
    groups = []
    for name, group in groupby(records, key):
        together = list(group)
        groups.append(KeySum(name[:200], len(together), sum(map(len, together))))
    return sorted(groups, key=lambda group: -group.bytes)


def tallied(data: bytes, sizes: Sequence[int], *, framed: bool = False, step: int = 0) -> KeyTally:
    """The tally of *data* in pieces of *sizes*, which pass through it unchanged."""
    tally = KeyTally(framed, step)
    assert b"".join(map(bytes, tally.watch(cut(data, sizes)))) == data
    return tally


def framed_bytes(frame: Frame) -> bytes:
    sort_key, key, value = frame
    length = NULL if value is None else len(value)
    return struct.pack("<3I", len(sort_key), len(key), length) + sort_key + key + (value or b"")


def key_of_frame(frame: bytes) -> bytes:
    sort_length, length, _ = struct.unpack_from("<3I", frame)
    return frame[12 + sort_length : 12 + sort_length + length]


@given(st.lists(RECORDS, max_size=60), SIZES, st.booleans())
def test_lines(records: list[bytes], sizes: list[int], has_counts: bool) -> None:
    records = in_order(records)
    tally = tallied(folded(records) if has_counts else b"".join(records), sizes)
    groups = counted(records)
    assert tally.groups == len(groups)
    assert list(tally.top) == groups[:20]


@given(st.lists(FRAMES, max_size=40), SIZES)
def test_frames(frames: list[Frame], sizes: list[int]) -> None:
    records = list(map(framed_bytes, frames))
    tally = tallied(b"".join(records), sizes, framed=True)
    groups = counted(records, key_of_frame)
    assert tally.groups == len(groups)
    assert list(tally.top) == groups[:20]


@given(
    st.lists(st.tuples(RECORDS, st.integers(1, 30)), max_size=60),
    st.lists(st.integers(1, 900), min_size=1, max_size=3),
    st.integers(1, 300),
)
def test_looks_find_all_large_groups(
    repeated: list[tuple[bytes, int]], sizes: list[int], step: int
) -> None:
    records = in_order([record for record, times in repeated for _ in range(times)])
    tally = tallied(b"".join(records), sizes, step=step)
    large = [group for group in counted(records) if group.bytes > step]
    assert list(tally.top) == large[:20]
    assert tally.groups == 0


RECORD = b"a key of some length\tvalue\n"


@pytest.mark.parametrize("step", [0, 5, 40])
def test_every_border(step: int) -> None:
    data = b"a\t\n" + 2 * RECORD + b"b\t\n"
    for at in range(1, len(data)):
        tally = tallied(data, [at, len(data)], step=step)
        assert tally.top[0] == KeySum(b"a key of some length", 2, 2 * len(RECORD))


@pytest.mark.parametrize("step", [0, 100])
@pytest.mark.parametrize("times", [1, 2])
def test_a_key_that_is_longer_than_a_piece(times: int, step: int) -> None:
    key = b"k" * 9_999
    data = times * (key + b"\tvalue\n") + b"l\t\n"
    assert tallied(data, [100, 3], step=step).top[0] == KeySum(key[:200], times, times * 10_006)


def test_keys_of_equal_size_stay_in_order() -> None:
    keys = [b"%02d" % number for number in range(50)]
    tally = tallied(b"".join(key + b"\t\n" for key in [*keys, b"50", b"50"]), [64])
    assert [group.key for group in tally.top] == [b"50", *keys[:19]]


def test_a_stream_without_tabs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_tally, "LONGEST_KEY", 100)
    tally = tallied(b"no tab at all\n" * 100 + b"k\tv\n", [30])
    assert (tally.groups, tally.top) == (0, ())


@given(st.binary(max_size=200), SIZES, st.integers(0, 20))
def test_bytes_that_are_no_records_do_no_harm(data: bytes, sizes: list[int], step: int) -> None:
    tallied(data, sizes, step=step)


def test_a_stream_that_is_not_read_to_its_end_tells_nothing() -> None:
    tally = KeyTally(framed=False)
    next(iter(tally.watch(cut(b"a\t1\nb\t2\n", [4]))))
    assert (tally.groups, tally.top) == (0, ())


def test_the_steps_of_a_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_tally, "SHORT", 1000)
    lines = [b"%04d\t%090d\n" % (number, number) for number in range(50)]
    large = [b"large\t%090d\n" % number for number in range(60)]

    def tally_of(run: MemoryRun) -> KeyTally:
        tally = KeyTally.of([run], framed=False)
        assert b"".join(map(bytes, tally.watch([run.view()]))) == bytes(run.view())
        return tally

    assert tally_of(memory_run(lines[:5])).groups == 5
    found = tally_of(memory_run(lines + large))
    assert (found.groups, found.top) == (0, (KeySum(b"large", 60, sum(map(len, large))),))
    data = b"".join(lines) + folded([b"one\t\n"] * 10**6)
    has_counts = replace(memory_run([data]), sum=sum_of([*lines, *[b"one\t\n"] * 10**6]))
    found = tally_of(has_counts)
    assert (found.groups, found.top[0]) == (51, KeySum(b"one", 10**6, 5 * 10**6))
