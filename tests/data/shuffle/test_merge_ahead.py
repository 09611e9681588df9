"""Neighbouring map outputs that are merged ahead: the same bytes, in bounded memory."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from hadoopless.data.merge.merge import CorruptRun
from hadoopless.data.runs.runs import FileRun, Run
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.shuffle.budget import MemoryBudget
from hadoopless.data.shuffle.gathered import Gathered
from hadoopless.data.shuffle.merge_ahead import Merged, merge_neighbours, stretches
from tests.data.frames import Pair, pack
from tests.data.samples import (
    content,
    folded,
    in_order,
    memory_run,
    sorted_records,
    sum_of,
    unfolded,
)

A = [b"a\t1\n", b"b\t1\n"]
B = [b"a\t2\n", b"c\t2\n"]
C = [b"a\t3\n"]


def always() -> bool:
    return True


class Place:
    """Memory for what is merged."""

    def __init__(self, directory: Path, memory: int = 1 << 20) -> None:
        self.directory = str(directory)
        self.budget = MemoryBudget(memory)

    def merge(
        self,
        *outputs: Sequence[Run],
        framed: bool = False,
        is_wanted: Callable[[], bool] = always,
    ) -> Merged | None:
        gathered = Gathered(self.budget, self.directory, urgent=False)
        named = {str(number): runs for number, runs in enumerate(outputs)}
        return merge_neighbours(named, framed, gathered, is_wanted)

    def file_run(self, records: Sequence[bytes]) -> FileRun:
        return SpillFile(self.directory).append([b"".join(records)], sum_of(records))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_equal_keys_stay_in_the_order_of_the_outputs(place: Place) -> None:
    merged = place.merge([memory_run(A)], [], [memory_run(B), memory_run(C)])
    assert merged is not None
    assert merged.map_task_ids == ("0", "1", "2")
    assert content(merged.run) == sorted_records(A + B + C)
    assert merged.run.sum == sum_of(A + B + C)
    assert place.budget.used == merged.run.length
    merged.drop()
    assert place.budget.used == 0


def test_records_with_counts_keep_them(place: Place) -> None:
    records = [b"the\t1\n"] * 1000
    run = replace(memory_run([folded(records)]), sum=sum_of(records))
    merged = place.merge([run], [run], [run])
    assert merged is not None
    assert merged.run.length < 100
    assert unfolded(content(merged.run)) == b"".join(records) * 3
    assert merged.run.sum == sum_of(records * 3)


def test_framed_records_are_merged_by_their_sort_keys(place: Place) -> None:
    pairs: list[Pair] = [(b"k", b"%d" % n) for n in range(10)]
    sort_keys = [b"%02d" % (n // 2) for n in range(10)]
    odd, even = (pack(pairs[n::2], sort_keys[n::2]) for n in (1, 0))
    merged = place.merge([memory_run([even])], [memory_run([odd])], framed=True)
    assert merged is not None
    assert content(merged.run) == pack(pairs, sort_keys)


def test_any_neighbours_against_the_sort(place: Place) -> None:
    choose = random.Random(5)
    for _ in range(50):
        outputs: list[list[Run]] = []
        records: list[bytes] = []
        for number in range(choose.randint(2, 6)):
            outputs.append([])
            for _ in range(choose.randint(0, 3)):
                keys = choose.choices(b"0123456789", k=choose.randint(1, 9))
                some = in_order(b"%c\t%d\n" % (key, number) for key in keys)
                records += some
                in_memory = choose.random() < 0.5
                outputs[-1].append(memory_run(some) if in_memory else place.file_run(some))
        merged = place.merge(*outputs)
        if sum(map(len, outputs)) < 2:
            assert merged is None
        else:
            assert merged is not None
            assert content(merged.run) == sorted_records(records)
            merged.drop()
    assert place.budget.used == 0


def test_one_run_is_not_merged(place: Place) -> None:
    assert place.merge([memory_run(A)], []) is None
    assert place.budget.used == 0


def test_many_files_are_left_to_the_task(place: Place) -> None:
    runs = [place.file_run(C) for _ in range(17)]
    assert place.merge(runs[:8], runs[8:]) is None
    assert place.merge(runs[:8], runs[8:16]) is not None


@pytest.mark.parametrize("taken", [0, 1])
def test_it_takes_no_more_than_half_of_the_memory(tmp_path: Path, taken: int) -> None:
    size = len(b"".join(A + B))
    place = Place(tmp_path, 2 * size)
    assert place.budget.take(taken)
    merged = place.merge([memory_run(A)], [memory_run(B)])
    assert (merged is None) is bool(taken)
    assert place.budget.used == (taken or size)


def test_a_merge_that_nobody_wants_any_more_ends(place: Place) -> None:
    assert place.merge([memory_run(A)], [memory_run(B)], is_wanted=lambda: False) is None
    assert place.budget.used == 0


def test_a_run_that_is_not_as_it_was_written_takes_no_memory(place: Place) -> None:
    spoilt = place.file_run(B)
    wrong = replace(spoilt, checksum=spoilt.checksum ^ 1)
    with pytest.raises(CorruptRun):
        place.merge([memory_run(A)], [wrong])
    assert place.budget.used == 0


def test_the_stretches_that_are_here() -> None:
    run = [memory_run(A)]
    here = dict.fromkeys("abdefh", run)
    found = stretches(["abcd", "efgh", "a", "xyz"], here)
    assert [tuple(stretch) for stretch in found] == [("a", "b"), ("e", "f")]
