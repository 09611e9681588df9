"""The merge, against Python's stable sort of all records in the order of the runs."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import mul
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hadoopless.data.machine.buffers import PIECE
from hadoopless.data.merge.merge import BufferSizes, CorruptRun, merged
from hadoopless.data.runs.runs import FileRun, Run
from hadoopless.data.runs.spill import SpillFile
from hadoopless.job import Sum
from tests.data.frames import Pair, iterate, pack
from tests.data.samples import (
    KEYS,
    RECORDS,
    VALUES,
    descriptor_of,
    folded,
    in_order,
    joined,
    memory_run,
    sorted_records,
    sum_of,
    unfolded,
)


class Spill:
    """Files of runs, and the numbers of records of the runs that a merge has written to them."""

    def __init__(self, directory: Path) -> None:
        self._file = SpillFile(str(directory))
        self.written: list[int] = []

    def run(self, records: Sequence[bytes]) -> FileRun:
        """*records* as a run in the file."""
        return self._file.append([b"".join(records)], sum_of(records))

    def append(self, pieces: Iterable[memoryview | bytes], together: Sum) -> FileRun:
        self.written.append(together.records)
        return self._file.append(pieces, together)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spill")


@pytest.fixture
def spill(directory: Path) -> Spill:
    return Spill(directory)


#: Records that often come again.
FEW_RECORDS = st.sampled_from([b"a\t1\n", b"a\t2\n", b"\t\n", b"a longer key\t1\n"])
SOME_RECORDS = st.one_of(
    st.lists(RECORDS, max_size=8),
    st.lists(FEW_RECORDS, max_size=20),
    st.builds(mul, st.lists(FEW_RECORDS, max_size=2), st.sampled_from([1, 70, 9000])),
)
SOME_RUNS = st.lists(st.tuples(st.booleans(), SOME_RECORDS), max_size=8)


@given(
    plan=SOME_RUNS,
    smallest=st.integers(1, 30),
    largest=st.integers(1, 60),
    piece=st.integers(1, 50),
    budget=st.integers(0, 200),
    offset=st.integers(0, 9),
)
def test_any_runs_in_memory_and_in_files(
    directory: Path,
    plan: list[tuple[bool, list[bytes]]],
    smallest: int,
    largest: int,
    piece: int,
    budget: int,
    offset: int,
) -> None:
    spill = Spill(directory)
    runs: list[Run] = []
    for in_file, records in plan:
        ordered = [folded(in_order(records))]
        runs.append(spill.run(ordered) if in_file else memory_run(ordered, offset))
    sizes = BufferSizes(smallest, largest, piece)
    result = unfolded(joined(merged(runs, budget, spill, sizes=sizes)))
    assert result == sorted_records(chain(*(in_order(records) for _, records in plan)))


def turned_over(key: bytes) -> bytes:
    """A sort key that turns the order of keys around."""
    return bytes(255 - byte for byte in key) + b"\xff"


#: One frame each, and what of it is compared.
FRAMES = st.lists(st.tuples(KEYS, st.one_of(st.none(), VALUES)), max_size=8)


@given(
    plan=st.lists(st.tuples(st.booleans(), FRAMES), max_size=8),
    sort_key=st.sampled_from([None, turned_over, lambda key: b"same"]),
    smallest=st.integers(1, 30),
    largest=st.integers(1, 60),
    piece=st.integers(1, 50),
    budget=st.integers(0, 200),
)
def test_any_framed_runs(
    directory: Path,
    plan: list[tuple[bool, list[Pair]]],
    sort_key: Callable[[bytes], bytes] | None,
    smallest: int,
    largest: int,
    piece: int,
    budget: int,
) -> None:
    def compared(pair: Pair) -> bytes:
        return sort_key(pair[0]) if sort_key else pair[0]

    spill = Spill(directory)
    runs: list[Run] = []
    everything: list[Pair] = []
    for in_file, pairs in plan:
        ordered = sorted(pairs, key=compared)
        everything += ordered
        frames = [pack([pair], [compared(pair)] if sort_key else None) for pair in ordered]
        runs.append(spill.run(frames) if in_file else memory_run(frames, 3))
    sizes = BufferSizes(smallest, largest, piece)
    result = joined(merged(runs, budget, spill, framed=True, sizes=sizes))
    assert list(iterate([memoryview(result)])) == sorted(everything, key=compared)


@pytest.mark.parametrize("in_file", [False, True])
def test_long_frames(in_file: bool, spill: Spill) -> None:
    pairs: list[Pair] = [(b"a", b"v" * 2_500_000), (b"k" * 3_000_000, b"1"), (b"l", None)]
    frames = [pack([pair]) for pair in pairs]
    runs: list[Run] = [spill.run(frames), spill.run(frames) if in_file else memory_run(frames)]
    found = list(iterate(merged(runs, 0, spill, framed=True)))
    assert found == [pair for pair in pairs for _ in range(2)]


@pytest.mark.parametrize("window", [1, 8, 1 << 16])
def test_changes_in_frames_are_noticed(window: int, directory: Path) -> None:
    sizes = BufferSizes(window, window, 1 << 10)
    spill = Spill(directory)
    frames = [pack([(b"apple", b"1"), (b"apple", None), (b"banana", b"")], [b"s", b"s", b"t"])]
    length = len(frames[0])
    for place in range(length):
        for mask in (0x01, 0x80):
            run = spill.run(frames)
            [byte] = os.pread(descriptor_of(run), 1, run.offset + place)
            os.pwrite(descriptor_of(run), bytes([byte ^ mask]), run.offset + place)
            with pytest.raises(CorruptRun):
                joined(merged([run, memory_run(frames)], 1 << 20, spill, True, sizes))
    for kept in range(length):
        run = Spill(directory).run(frames)
        os.ftruncate(descriptor_of(run), kept)
        with pytest.raises(CorruptRun):
            joined(merged([run, memory_run(frames)], 1 << 20, spill, True, sizes))


def many(count: int, in_file: float, spill: Spill) -> tuple[list[Run], bytes]:
    """*count* runs, each in a file with a chance of *in_file*, and what they merge to."""
    chance = random.Random(count)
    runs: list[Run] = []
    everything: list[bytes] = []
    for number in range(count):
        keys = sorted(b"k%d" % (chance.randrange(40) ** 4) for _ in range(chance.randrange(12)))
        records = [b"%s\t%d %d\n" % (key, number, place) for place, key in enumerate(keys)]
        everything += records
        runs.append(
            spill.run(records) if chance.random() < in_file else memory_run(records, number % 8)
        )
    return runs, sorted_records(everything)


@pytest.mark.parametrize("in_file", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("budget", [0, 1 << 20, 1 << 30])
def test_five_hundred_runs(in_file: float, budget: int, spill: Spill) -> None:
    runs, expected = many(500, in_file, spill)
    assert joined(merged(runs, budget, spill)) == expected


def test_many_files_are_narrowed_in_several_passes(spill: Spill) -> None:
    sizes = BufferSizes(16, 32, 100)
    runs, expected = many(60, 1.0, spill)
    assert joined(merged(runs, 3 * 16, spill, sizes=sizes)) == expected
    assert len(spill.written) > 60 / 3  # so at least two passes
    spill.written.clear()
    assert joined(merged(runs, 60 * 16, spill, sizes=sizes)) == expected
    assert spill.written == []


def test_no_more_is_written_again_than_is_needed(spill: Spill) -> None:
    sizes = BufferSizes(16, 32, 100)
    records = [b"%d\t\n" % number for number in range(5)]
    runs = [spill.run(records) for _ in range(3)]
    assert joined(merged(runs, 2 * 16 + 1, spill, sizes=sizes)) == sorted_records(records * 3)
    assert spill.written == [10]


def test_no_run_and_only_empty_runs(spill: Spill) -> None:
    assert joined(merged([], 0, spill)) == b""
    assert joined(merged([memory_run([]), spill.run([])], 0, spill)) == b""


def test_one_run(spill: Spill) -> None:
    records = [b"%03d\t\n" % number for number in range(500)]
    for run in (memory_run(records, 5), spill.run(records)):
        assert joined(merged([memory_run([]), run], 0, spill)) == b"".join(records)


@pytest.mark.parametrize("in_file", [False, True])
def test_records_longer_than_windows_and_pieces(in_file: bool, spill: Spill) -> None:
    long_key = b"k" * 3_000_000
    left = [b"a\t" + b"v" * 2_500_000 + b"\n", long_key + b"\t1\n", long_key + b"\t2\n"]
    right = [b"a\tlast\n", long_key + b"\t3\n", long_key + b"x\t4\n"]
    runs: list[Run] = [spill.run(left), spill.run(right) if in_file else memory_run(right)]
    assert joined(merged(runs, 0, spill)) == sorted_records(left + right)


def test_a_piece_is_never_larger_than_asked_for(spill: Spill) -> None:
    runs = [memory_run([b"k\t" + b"v" * 100 + b"\n"] * 30_000)] * 2
    sizes = [len(piece) for piece in merged(runs, 0, spill)]
    assert max(sizes) <= PIECE
    assert sum(sizes) == 2 * runs[0].length


RECORD_SET = [b"apple\t1\n", b"apple\t2\n", b"banana and more\t\n", b"cherry\tx\ty\n"]


@pytest.mark.parametrize("beside", [0, 1])
@pytest.mark.parametrize("window", [1, 8, 1 << 16])
def test_every_changed_byte_is_noticed(window: int, beside: int, directory: Path) -> None:
    sizes = BufferSizes(window, window, 1 << 10)
    spill = Spill(directory)
    length = len(b"".join(RECORD_SET))
    for place in range(length):
        for mask in (0x01, 0x03, 0x80):
            run = spill.run(RECORD_SET)
            descriptor = descriptor_of(run)
            [byte] = os.pread(descriptor, 1, run.offset + place)
            os.pwrite(descriptor, bytes([byte ^ mask]), run.offset + place)
            with pytest.raises(CorruptRun):
                joined(
                    merged([run, *[memory_run(RECORD_SET)] * beside], 1 << 20, spill, sizes=sizes)
                )


@pytest.mark.parametrize("window", [1, 8, 1 << 16])
def test_every_lost_end_is_noticed(window: int, directory: Path) -> None:
    sizes = BufferSizes(window, window, 1 << 10)
    for kept in range(len(b"".join(RECORD_SET))):
        run = Spill(directory).run(RECORD_SET)
        os.ftruncate(descriptor_of(run), kept)
        with pytest.raises(CorruptRun):
            joined(merged([run, memory_run(RECORD_SET)], 1 << 20, Spill(directory), sizes=sizes))


def test_a_run_that_lacks_its_last_newline_is_corrupt(spill: Spill) -> None:
    for last in (b"key", b"key\tvalue"):
        with pytest.raises(CorruptRun, match=r"^data that was spilled to disk was not read back"):
            joined(merged([spill.run([b"a\t1\n", last])], 0, spill))


@pytest.mark.parametrize("framed", [False, True])
def test_a_record_without_end_takes_no_memory(spill: Spill, framed: bool) -> None:
    sizes = BufferSizes(64, 64, 100, longest_record=1000)
    run = spill.run([pack([(b"k", b"v" * 5000)]) if framed else b"k\t" + b"v" * 5000 + b"\n"])
    assert len(joined(merged([run], 0, spill, framed, replace(sizes, longest_record=9999)))) > 5000
    with pytest.raises(CorruptRun):
        joined(merged([run], 0, spill, framed, sizes))


@given(
    parts=st.lists(
        st.binary(max_size=40) | st.integers(0, 20).map(lambda size: pack([(b"k", b"v" * size)])),
        min_size=2,
        max_size=4,
    ),
    framed=st.booleans(),
)
def test_what_no_worker_of_ours_would_send(parts: list[bytes], framed: bool) -> None:
    """Frames may have any lengths, and lines any bytes: nothing is read that is not there."""
    runs: list[Run] = [memory_run([part]) for part in parts]
    try:
        found = joined(merged(runs, 1 << 20, None, framed))  # type: ignore[arg-type]
    except CorruptRun:
        return
    whole = len([part for part in parts if part]) == 1
    assert whole or sorted(found) == sorted(b"".join(parts))


def test_a_changed_byte_is_noticed_while_narrowing(spill: Spill) -> None:
    sizes = BufferSizes(8, 8, 100)
    runs = [spill.run(RECORD_SET) for _ in range(10)]
    os.pwrite(descriptor_of(runs[7]), b"!", runs[7].offset + 3)
    with pytest.raises(CorruptRun):
        joined(merged(runs, 0, spill, sizes=sizes))
