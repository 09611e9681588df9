"""Map outputs by id: the budget, the life of an output, many threads at once."""

from __future__ import annotations

import os
import random
import threading
import weakref
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.merge.merge import merged
from hadoopless.data.record.layout import layout_of
from hadoopless.data.runs.blocks import SortedBlock
from hadoopless.data.runs.runs import FileRun, MemoryRun, SharedFile, Unreadable
from hadoopless.data.runs.spill import SpillFile, SpillVolumes
from hadoopless.data.shuffle.budget import MemoryBudget
from hadoopless.data.shuffle.store import HeldOutput, MapOutputStore
from hadoopless.data.sort.blocks import sorted_blocks
from hadoopless.errors import DiskError, UnknownMapOutput, UsageError, WorkerError
from hadoopless.job import Sum
from hadoopless.rules import PairFormat, Pipe, Rules
from tests.data.frames import iterate
from tests.data.samples import (
    OUTPUTS,
    content,
    file_of,
    joined,
    partitioned,
    reader,
    records_of,
    sorted_records,
    sum_of,
    unfolded,
)

PLENTY = 1 << 30


class Clock:
    """Time that stands until somebody moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def block_of(output: bytes, partitions: int = 2) -> SortedBlock:
    [block] = sorted_blocks(reader(output), partitions)
    return block


def outcome(output: HeldOutput, directory: Path) -> list[bytes]:
    """Each partition, merged."""
    spill = SpillFile(str(directory))
    return [
        unfolded(joined(merged(output.runs_of(partition), 1 << 20, spill)))
        for partition in range(output.partitions)
    ]


def expected(outputs: list[bytes], partitions: int) -> list[bytes]:
    records = [record for output in outputs for record in records_of(output)]
    return [sorted_records(partition) for partition in partitioned(records, partitions)]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spill")


Add = tuple[int, bytes]


@given(
    adds=st.lists(st.tuples(st.integers(0, 2), OUTPUTS.filter(bool)), max_size=8),
    budget=st.one_of(st.integers(0, 400), st.just(PLENTY)),
    partitions=st.integers(1, 3),
)
def test_what_is_put_in_comes_out_sorted(
    directory: Path, adds: list[Add], budget: int, partitions: int
) -> None:
    store = MapOutputStore(budget, str(directory))
    outputs = [store.open(str(number), "job", partitions) for number in range(3)]
    for number, lines in adds:
        store.add(outputs[number], block_of(lines, partitions))
        assert store.memory_used <= budget
    for number, output in enumerate(outputs):
        store.finish(output)
        mine = [lines for owner, lines in adds if owner == number]
        assert outcome(store.get(str(number)), directory) == expected(mine, partitions)
        assert output.records == sum(len(records_of(lines)) for lines in mine)
        assert output.partition_bytes == tuple(map(len, expected(mine, partitions)))
        assert {type(size) for size in output.partition_bytes + output.partition_records} == {int}
    assert store.memory_used == sum(output.charged for output in outputs)
    store.release_job("job")
    assert store.memory_used == 0
    assert len(store) == 0


def test_the_largest_output_is_spilled_first(directory: Path) -> None:
    small, large = (
        block_of(b"a\n"),
        block_of(b"".join(b"b\tlarge %d\n" % number for number in range(100))),
    )
    store = MapOutputStore(small.size + large.size, str(directory))
    first, second = store.open("first", "", 2), store.open("second", "", 2)
    store.add(first, small)
    store.add(second, large)
    assert store.memory_used == small.size + large.size
    store.add(first, block_of(b"c\n"))
    assert second.charged == 0
    assert first.charged == store.memory_used > 0
    assert all(isinstance(run, FileRun) for p in range(2) for run in second.runs_of(p))
    assert not any(isinstance(run, FileRun) for p in range(2) for run in first.runs_of(p))


def test_what_hadoop_would_count_is_added_up(directory: Path) -> None:
    store = MapOutputStore(PLENTY, str(directory))
    output = store.open("id", "job", 1)
    layout = layout_of(Rules())
    for keys in (b"a\tb\n", b"c\n"):
        for block in sorted_blocks(reader(keys), 1, layout=layout):
            store.add(output, block)
    assert (output.serialized, output.materialized) == (4 + 3, 4 + 2 + 3 + 2)


class Forgetful:
    """Loses the first record of each run that has as many as *count*."""

    def __init__(self, directory: Path, count: int) -> None:
        self._file = SpillFile(str(directory))
        self._count = count

    def append(self, pieces: Iterable[memoryview | bytes], together: Sum) -> FileRun:
        lines = b"".join(pieces).splitlines(keepends=True)
        if len(lines) == self._count:
            del lines[0]
        return self._file.append([b"".join(lines)], sum_of(lines))


def test_a_record_that_is_lost_on_the_way_to_the_disk_is_noticed(directory: Path) -> None:
    store = MapOutputStore(PLENTY, str(directory))
    output = store.open("id", "job", 3)
    lines = b"".join(b"%d\t\n" % number for number in range(10, 30))
    store.add(output, block_of(lines, 3))
    counts = output.partition_records
    assert counts.count(counts[1]) == 1
    output.spill(Forgetful(directory, counts[1]))
    with pytest.raises(WorkerError) as caught:
        store.finish(output)
    assert str(caught.value) == (
        f"the sums do not agree: partition 1 of the map output holds {counts[1] - 1} records,"
        f" {4 * counts[1] - 4} bytes; made were {counts[1]} records, {4 * counts[1]} bytes"
    )
    with pytest.raises(UnknownMapOutput):
        store.get("id")


def test_partitions_without_end_are_refused(directory: Path) -> None:
    store = MapOutputStore(PLENTY, str(directory))
    assert store.open("id", "job", 1_000_000).partitions == 1_000_000
    says = r"^numReducers may be at most 1,000,000, not 1,000,001$"
    with pytest.raises(UsageError, match=says):
        store.open("id", "job", 1_000_001)


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("in_files", [False, True])
def test_framed_outputs_are_spilled_and_kept_in_files(
    in_files: bool, together: bool, tmp_path: Path
) -> None:
    rules = Rules(map_output=PairFormat(Pipe.KEY_ONLY_TEXT), sort_values=True)
    blocks = [
        block
        for keys in (b"c\na\n", b"b\n")
        for block in sorted_blocks(reader(keys), 1, layout=layout_of(rules))
    ]
    budget = blocks[0].size if together else 0
    files_directory = str(tmp_path) if in_files else None
    store = MapOutputStore(budget, str(tmp_path), files_directory=files_directory)
    output = store.open("id", "job", 1, framed=True)
    for block in blocks:
        store.add(output, block)
    assert len(output.runs_of(0)) == (1 if together else 2)
    store.finish(output)
    spill = SpillFile(str(tmp_path))
    pieces = merged(output.runs_of(0), 0, spill, framed=True)
    assert list(iterate(pieces)) == [(b"a", None), (b"b", None), (b"c", None)]
    store.discard(["id"])


def test_runs_that_are_being_read_outlive_their_output(directory: Path) -> None:
    store = MapOutputStore(0, str(directory))
    output = store.open("id", "job", 1)
    store.add(output, block_of(b"b\na\n", 1))
    runs = output.runs_of(0)
    store.discard(["id"])
    assert joined(merged(runs, 0, SpillFile(str(directory)))) == b"a\t\nb\t\n"


def test_a_store_without_outputs_holds_no_spill_file_open(directory: Path) -> None:
    """The file has no name: its space on the disk is free once nobody holds it open."""
    store = MapOutputStore(0, str(directory))
    file = weakref.ref(spilled_into(store, "first"))
    assert spilled_into(store, "second") is file()
    store.discard(["first"])
    assert spilled_into(store, "third") is file()
    store.discard(["second"])
    assert file() is not None
    store.discard(["third"])
    assert file() is None


def test_the_disk_space_of_a_job_goes_with_it_though_another_one_stays(directory: Path) -> None:
    store = MapOutputStore(0, str(directory))
    stays = weakref.ref(spilled_into(store, "stays", "of a coordinator that was killed"))
    spilled_into(store, "first")
    store.release_job("job")
    file = weakref.ref(spilled_into(store, "second"))
    assert file() is not stays()
    store.release_job("another")
    assert spilled_into(store, "third") is file()
    store.release_job("job")
    assert file() is None
    assert stays() is not None


def spilled_into(store: MapOutputStore, name: str, job: str = "job") -> SharedFile:
    """The file into which a new output of that name, two bytes, is spilled at once."""
    output = store.open(name, job, 1)
    store.add(output, block_of(b"\n", 1))
    [run] = output.runs_of(0)
    assert run.length == 2
    return file_of(run)


def test_adding_to_a_discarded_output_costs_nothing(directory: Path) -> None:
    store = MapOutputStore(PLENTY, str(directory))
    output = store.open("id", "job", 2)
    store.add(output, block_of(b"a\n"))
    store.discard(["id"])
    store.add(output, block_of(b"b\n"))
    store.finish(output)
    assert store.memory_used == 0
    with pytest.raises(UnknownMapOutput):
        store.get("id")


def test_only_what_is_complete_can_be_had(directory: Path) -> None:
    store = MapOutputStore(PLENTY, str(directory))
    for missing in ("", "never", "id"):
        with pytest.raises(UnknownMapOutput, match=repr(missing)):
            store.get(missing)
    output = store.open("id", "", 1)
    with pytest.raises(UnknownMapOutput):
        store.get("id")
    store.finish(output)
    assert store.get("id") is output
    store.discard(["never", "id", "id"])
    with pytest.raises(UnknownMapOutput):
        store.get("id")


def finished(store: MapOutputStore, map_task_id: str, job_id: str = "") -> HeldOutput:
    output = store.open(map_task_id, job_id, 1)
    store.finish(output)
    return output


def test_what_nobody_touches_expires(directory: Path) -> None:
    clock = Clock()
    store = MapOutputStore(PLENTY, str(directory), clock)
    for name in ("idle", "asked for", "of a live job"):
        finished(store, name, "live" if "job" in name else "dead")
    store.open("still running", "dead", 1)
    clock.now += 50
    store.get("asked for")
    store.touch_job("live")
    clock.now += 50
    assert store.expire(100) == []
    clock.now += 0.5
    assert store.expire(100) == ["idle"]
    assert len(store) == 3
    clock.now += 1000
    assert store.expire(100) == ["asked for", "of a live job"]
    assert len(store) == 1


def test_the_time_of_an_output_begins_when_it_is_finished(directory: Path) -> None:
    clock = Clock()
    store = MapOutputStore(PLENTY, str(directory), clock)
    output = store.open("slow", "", 1)
    clock.now += 500
    store.finish(output)
    clock.now += 90
    assert store.expire(100) == []


@pytest.mark.parametrize("end", [MapOutputStore.release_job, MapOutputStore.touch_job])
def test_no_job_is_not_a_job(end: Callable[[MapOutputStore, str], None], directory: Path) -> None:
    clock = Clock()
    store = MapOutputStore(PLENTY, str(directory), clock)
    finished(store, "of nobody")
    clock.now += 1
    end(store, "")
    assert len(store) == 1
    assert store.expire(0.5) == ["of nobody"]


def test_the_oldest_outputs_of_no_job_are_forgotten(directory: Path) -> None:
    """Those of callers without the token would pile up otherwise; those of jobs stay."""
    store = MapOutputStore(16 << 20, str(directory))

    def made(name: str, job: str = "") -> None:
        output = store.open(name, job, 100_000)
        store.finish(output)

    made("of a job", "job")
    running = store.open("running", "", 100_000)
    for number in range(20):
        made(str(number))
    store.finish(running)
    assert len(store) == 5
    for name in ("of a job", "running", "17", "18", "19"):
        store.get(name)
    with pytest.raises(UnknownMapOutput):
        store.get("16")


def test_a_missing_directory_is_told(tmp_path: Path) -> None:
    store = MapOutputStore(0, str(tmp_path / "missing"))
    output = store.open("id", "", 2)
    with pytest.raises(DiskError):
        store.add(output, block_of(b"a\n"))
    store.discard(["id"])
    assert store.memory_used == 0


def test_many_threads_at_once(directory: Path) -> None:
    """Some fill outputs, one drops others: what stays is whole, what went costs nothing."""
    chance = random.Random(3)
    lines = [b"".join(b"%d\t1\n" % chance.randrange(99) for _ in range(50)) for _ in range(20)]
    blocks = [block_of(part, 2) for part in lines]
    budget = 3 * blocks[0].size
    store = MapOutputStore(budget, str(directory))
    done = threading.Event()

    def fill(name: str) -> HeldOutput:
        output = store.open(name, "kept", 2)
        for block in blocks:
            store.add(output, block)
        store.finish(output)
        return output

    def come_and_go() -> int:
        rounds = 0
        while not done.is_set() or rounds < 20:
            output = store.open("doomed", "gone", 2)
            store.add(output, blocks[rounds % 20])
            store.discard(["doomed"])
            store.add(output, blocks[0])
            rounds += 1
        return rounds

    with ThreadPoolExecutor() as threads:
        coming_and_going = threads.submit(come_and_go)
        outputs = list(threads.map(fill, "abc"))
        done.set()
        assert coming_and_going.result() >= 20

    assert store.memory_used <= budget
    assert store.memory_used == sum(output.charged for output in outputs)
    for output in outputs:
        assert outcome(output, directory) == expected(lines, 2)
    store.release_job("kept")
    assert store.memory_used == 0


def test_spilling_while_the_last_output_is_dropped(directory: Path) -> None:
    block = block_of(b"a\tb\n" * 1000)
    store = MapOutputStore(0, str(directory))

    def come_and_go(number: int) -> None:
        for _ in range(100):
            output = store.open(str(number), "", 2)
            store.add(output, block)
            store.discard([str(number)])

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(come_and_go, range(3)))
    assert store.memory_used == 0


def test_an_output_dropped_while_it_is_spilled(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = block_of(b"a\nb\n")
    store = MapOutputStore(block.size, str(directory))
    append = SpillVolumes.append

    def drop_first(
        self: SpillVolumes, pieces: Iterable[memoryview | bytes], together: Sum
    ) -> FileRun:
        store.discard(["doomed"])
        return append(self, pieces, together)

    monkeypatch.setattr(SpillVolumes, "append", drop_first)
    doomed, kept = store.open("doomed", "", 2), store.open("kept", "", 2)
    store.add(doomed, block)
    store.add(kept, block)
    assert store.memory_used == kept.charged == block.size
    store.discard(["kept"])
    assert store.memory_used == 0


# outputs kept in files


@given(
    lines=st.lists(OUTPUTS.filter(bool), max_size=4),
    budget=st.sampled_from([0, PLENTY]),
    partitions=st.integers(1, 3),
)
def test_outputs_in_files(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], budget: int, partitions: int
) -> None:
    files = tmp_path_factory.mktemp("files")
    store = MapOutputStore(budget, str(files.parent), files_directory=str(files))
    output = store.open("id", "job", partitions)
    for part in lines:
        store.add(output, block_of(part, partitions))
    assert os.listdir(files) == []
    store.finish(output)
    assert store.memory_used == 0
    assert outcome(store.get("id"), files.parent) == expected(lines, partitions)
    in_files = [(files / "id" / str(p)).read_bytes() for p in range(partitions)]
    assert list(map(unfolded, in_files)) == expected(lines, partitions)
    runs = [run for partition in range(partitions) for run in output.runs_of(partition)]
    assert sum(run.sum.records for run in runs) == output.records
    assert all(run.length for run in runs)
    assert b"".join(map(content, runs)) == b"".join(in_files)
    store.discard(["id"])
    assert os.listdir(files) == []
    assert store.memory_used == 0
    for run in runs:
        with pytest.raises(UnknownMapOutput, match="was released while it was read"):
            content(run)


def test_a_file_of_an_output_that_cannot_be_read(tmp_path: Path, directory: Path) -> None:
    store = MapOutputStore(PLENTY, str(directory), files_directory=str(tmp_path / "files"))
    output = store.open("id", "job", 1)
    store.add(output, block_of(b"a\n", 1))
    store.finish(output)
    file = tmp_path / "files" / "id" / "0"
    file.unlink()
    file.mkdir()
    with pytest.raises(Unreadable, match=f"cannot read the map output {file}: Is a directory"):
        content(output.runs_of(0)[0])
    file.rmdir()
    store.discard(["id"])


def test_a_large_output_in_files(tmp_path: Path, directory: Path) -> None:
    """Its spill is longer than the window through which it is merged."""
    store = MapOutputStore(1 << 20, str(directory), files_directory=str(tmp_path))
    output = store.open("id", "job", 1)
    lines = [b"".join(b"%07d\t%080d\n" % (i * 7 % 9000, i) for i in range(9000))] * 3
    for part in lines:
        store.add(output, block_of(part, 1))
    assert [type(run) for run in output.runs_of(0)] == [FileRun, MemoryRun]
    store.finish(output)
    assert (tmp_path / "id" / "0").read_bytes() == expected(lines, 1)[0]


def test_no_room_to_merge_for_a_file(tmp_path: Path) -> None:
    spill, files = tmp_path / "spill", tmp_path / "files"
    spill.mkdir()
    files.mkdir()
    store = MapOutputStore(0, str(spill), files_directory=str(files))
    output = store.open("id", "job", 1)
    for _ in range(3):  # more than may be merged at once
        store.add(output, block_of(b"a\n", 1))
    spill.rmdir()
    with pytest.raises(DiskError, match=f"cannot spill to {spill}: "):
        store.finish(output)
    assert os.listdir(files) == []
    with pytest.raises(UnknownMapOutput):
        store.get("id")


def test_files_of_an_output_dropped_before_its_end(tmp_path: Path, directory: Path) -> None:
    store = MapOutputStore(PLENTY, str(directory), files_directory=str(tmp_path))
    output = store.open("id", "job", 2)
    store.add(output, block_of(b"a\n"))
    store.release_job("job")
    store.finish(output)
    assert os.listdir(tmp_path) == []
    assert store.memory_used == 0


def test_files_that_cannot_be_written(tmp_path: Path, directory: Path) -> None:
    (tmp_path / "taken").touch()
    store = MapOutputStore(PLENTY, str(directory), files_directory=str(tmp_path / "taken"))
    output = store.open("id", "job", 2)
    store.add(output, block_of(b"a\n"))
    with pytest.raises(DiskError, match="cannot write the map output"):
        store.finish(output)
    with pytest.raises(UnknownMapOutput):
        store.get("id")
    store.discard(["id"])
    assert store.memory_used == 0


def test_the_jobs_that_are_held(directory: Path) -> None:
    store = MapOutputStore(PLENTY, str(directory))
    for name in "ab":
        finished(store, name, "one")
    store.open("still running", "one", 1)
    finished(store, "c", "two")
    assert store.held("one") == ["a", "b"]
    assert store.held("") == store.held("three") == []
    assert store.job_ids() == {"one", "two"}


def test_a_partition_that_is_not_there(directory: Path) -> None:
    store = MapOutputStore(PLENTY, str(directory))
    output = store.open("id", "", 2)
    with pytest.raises(UsageError, match=r"reducerIx must be in 0\.\.1, not 2"):
        output.runs_of(2)


# the budget of fetches


def test_a_budget_gives_no_more_than_it_has() -> None:
    budget = MemoryBudget(100)
    assert budget.take(60)
    assert not budget.take(41)
    assert budget.take(40)
    assert budget.take(0)
    assert budget.used == 100
    budget.give(60)
    assert budget.used == 40
    assert budget.limit == 100


def test_a_budget_of_many_threads() -> None:
    budget = MemoryBudget(10)

    def take_and_give(count: int) -> int:
        taken = 0
        for _ in range(2000):
            if budget.take(count):
                taken += 1
                assert budget.used <= 10
                budget.give(count)
        return taken

    with ThreadPoolExecutor(4) as threads:
        assert any(threads.map(take_and_give, (3, 4, 5, 6)))
    assert budget.used == 0
