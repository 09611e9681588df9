"""Blocks of map output: packed, pickled, mixed up as Spark's shuffle does, and gathered."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from hadoopless.data.machine.buffers import new_buffer
from hadoopless.data.merge.merge import CorruptRun, merged
from hadoopless.data.runs.runs import FileRun, MemoryRun, Run, pieces
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.shuffle.budget import MemoryBudget
from hadoopless.engines.spark.gathering import Gathering
from hadoopless.engines.spark.transports.blocks import Message, Part, Told, packed
from hadoopless.errors import DiskError, WorkerError
from hadoopless.job import Sum


def lines(keys: Sequence[int], value: str) -> bytes:
    return b"".join(b"%04d\t%s\n" % (key, value.encode()) for key in keys)


def memory_run(data: bytes) -> MemoryRun:
    buffer = new_buffer(len(data))
    buffer.data[: len(data)] = data
    return MemoryRun(buffer, 0, len(data), Sum(data.count(b"\n"), len(data)))


def file_run(data: bytes, spill: SpillFile) -> FileRun:
    return spill.append([data], Sum(data.count(b"\n"), len(data)))


def sent(map_index: int, runs: Sequence[Run], size: int) -> list[Message]:
    """The messages of a map as they arrive."""
    told = Told(map_index, Sum.of(run.sum for run in runs))
    return [told, *(pickle.loads(pickle.dumps(one)) for one in packed(map_index, runs, size))]  # noqa: S301


@pytest.fixture
def segments(tmp_path: Path) -> list[list[Run]]:
    """The runs of three maps: small and large ones, in memory and in files."""
    spill = SpillFile(str(tmp_path))
    return [
        [memory_run(lines(range(9), "a")), memory_run(lines(range(500), "b"))],
        [],
        [
            file_run(lines(range(300), "c"), spill),
            memory_run(lines(range(5), "d")),
            file_run(lines(range(7), "e"), spill),
            memory_run(lines(range(3), "f")),
        ],
    ]


@pytest.mark.parametrize("size", [1, 100, 1_000, 1 << 20])
@pytest.mark.parametrize("memory", [0, 2_000, 1 << 20])
def test_gathered_is_what_was_packed(
    segments: list[list[Run]], tmp_path: Path, size: int, memory: int
) -> None:
    messages = [one for number, runs in enumerate(segments) for one in sent(number, runs, size)]
    Random(size).shuffle(messages)
    budget = MemoryBudget(memory)
    gathering = Gathering(budget, str(tmp_path))
    for message in messages:
        gathering.take(message)
    gathered, expected = gathering.finish(3)
    made = [run for runs in segments for run in runs]
    assert gathered.sum == expected == Sum.of(run.sum for run in made)
    assert [whole(run) for run in gathered.runs] == [whole(run) for run in made]
    assert together(gathered.runs, tmp_path) == together(made, tmp_path)
    gathered.close()
    assert budget.used == 0


def whole(run: Run) -> bytes:
    return b"".join(bytes(piece) for piece in pieces(run))


def together(runs: Sequence[Run], directory: Path) -> bytes:
    return b"".join(bytes(piece) for piece in merged(runs, 0, SpillFile(str(directory))))


def test_a_missing_map_is_noticed(segments: list[list[Run]], tmp_path: Path) -> None:
    gathering = Gathering(MemoryBudget(0), str(tmp_path))
    for message in sent(0, segments[0], 100):
        gathering.take(message)
    with pytest.raises(WorkerError, match="the ends of 1 maps, and not of 3"):
        gathering.finish(3)


def test_a_missing_part_is_noticed(segments: list[list[Run]], tmp_path: Path) -> None:
    gathering = Gathering(MemoryBudget(0), str(tmp_path))
    messages = sent(0, segments[2], 500)
    messages.remove(next(m for m in messages if isinstance(m, Part) and m.at == 500))
    for message in messages:
        gathering.take(message)
    gathered, _ = gathering.finish(1)
    with pytest.raises(CorruptRun):
        together(gathered.runs, tmp_path)


def test_a_missing_run_is_seen_in_the_sums(segments: list[list[Run]], tmp_path: Path) -> None:
    gathering = Gathering(MemoryBudget(0), str(tmp_path))
    for message in sent(0, segments[0], 100)[:2]:
        gathering.take(message)
    gathered, expected = gathering.finish(1)
    assert gathered.sum != expected


def test_a_directory_that_is_gone_is_a_disk_error(tmp_path: Path) -> None:
    gathering = Gathering(MemoryBudget(0), str(tmp_path / "gone"))
    for message in sent(0, [memory_run(lines(range(9), "a"))], 10)[1:]:
        with pytest.raises(DiskError, match="cannot spill to"):
            gathering.take(message)
