"""The ledger of a job agrees with what tasks tell, or the job has not succeeded."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from hadoopless.coordinator.ledger import (
    Ledger,
    check_map,
    check_reduce,
    closed,
    partition_sum,
)
from hadoopless.errors import WorkerError
from hadoopless.job import FileState, JobSpec, MapOutput, Split, Sum, TaskReport
from hadoopless.rules import PLAIN_RULES, OutputRules, Rules

STATE = FileState(100, 0, 0, 0)
OUTPUT = MapOutput("w", "id", 3, (10, 20), (1, 2))


def of_map(*stretches: tuple[int, int]) -> TaskReport:
    """The report of a map that has read *stretches* and holds what OUTPUT holds."""
    return TaskReport(100, 0, 3, 30, stretches=stretches, told=True)


def split(start: int = 0, length: int | None = None, path: str = "f") -> Split:
    return Split(path, start, length, state=STATE)


REDUCES = [TaskReport(10, 1, 1, 5, told=True), TaskReport(20, 2, 2, 7, told=True)]


def job(splits: Sequence[Split], rules: Rules = PLAIN_RULES) -> JobSpec:
    return JobSpec("cat", "cat", tuple(splits), 2, "out", "/", rules=rules)


def close(
    splits: Sequence[Split],
    maps: Sequence[TaskReport],
    reduces: Sequence[TaskReport] = REDUCES,
    rules: Rules = PLAIN_RULES,
    **sizes: int | None,
) -> Ledger:
    return closed(job(splits, rules), maps, reduces, ["a", "b"], {"a": 5, "b": 7, **sizes})


def test_sums() -> None:
    cut = [split(0, 40), split(40, 60)]
    found = close(cut, [of_map((0, 50)), of_map((50, 100))])
    assert found == Ledger(1, 100, 0, Sum(6, 60), Sum(3, 30), 2, 12, 0)
    assert [*found.lines()] == [
        "read:       1 input(s), 100 bytes",
        "maps:       6 records, 60 bytes",
        "partitions: 3 records, 30 bytes",
        "outputs:    2 file(s), 12 bytes",
    ]


def test_tasks_that_tell_nothing() -> None:
    found = close([split()], [TaskReport()], [TaskReport(), TaskReport()], b=9)
    assert found.untold == 3
    assert "not told:   the figures of 3 task(s), by workers of others" in [*found.lines()]


@pytest.mark.parametrize(
    "stretches",
    [
        [(0, 50), (51, 100)],
        [(0, 50), (49, 100)],
        [(0, 50), (50, 99)],
        [(1, 50), (50, 100)],
        [(0, 100), (0, 100)],
        [(0, 50), (0, 50)],
    ],
)
def test_stretches_that_do_not_meet(stretches: list[tuple[int, int]]) -> None:
    with pytest.raises(WorkerError, match="not every byte of the input f was read just once"):
        close([split(0, 40), split(40, 60)], [of_map(stretch) for stretch in stretches])


@pytest.mark.parametrize(
    ("splits", "stretches"),
    [
        ([(0, 40), (40, 20), (60, 40)], [(0, 100), (100, 100), (100, 100)]),  # one long line
        ([(0, 40), (40, 60)], [(0, 40), (40, 100)]),
        ([(0, 50), (0, 50), (50, 50), (50, 50)], [(0, 60), (0, 60), (60, 100), (60, 100)]),
        ([(60, 40), (0, 60)], [(60, 100), (0, 60)]),
        ([(0, 0), (0, 100)], [(0, 1), (0, 100)]),  # as Hadoop's NLineInputFormat does
    ],
)
def test_stretches_that_meet(
    splits: list[tuple[int, int]], stretches: list[tuple[int, int]]
) -> None:
    close([split(*place) for place in splits], [of_map(stretch) for stretch in stretches])


def test_pieces_of_several_files() -> None:
    one = Split.of([split(), split(0, 30, "g")])
    other = Split.of([split(30, 70, "g"), split(0, None, "h")])
    close([one, other], [of_map((0, 100), (0, 35)), of_map((35, 100), (0, 100))])
    with pytest.raises(WorkerError, match=r"not every byte of the input g .* 0-35, 36-100 of its"):
        close([one, other], [of_map((0, 100), (0, 35)), of_map((36, 100), (0, 100))])
    with pytest.raises(WorkerError, match="was read more than once"):
        close([one], [of_map((0, 100), (0, 30), (0, 100))])


def test_files_of_which_not_all_is_told() -> None:
    cut = [split(0, 40), split(40, 60)]
    for unknown in (
        replace(of_map(), stopped_early=True),
        of_map(),  # its records have no borders
        TaskReport(),  # of a stranger's worker, or of a task that was forgiven
    ):
        close(cut, [of_map((0, 50)), unknown])


def test_outputs_are_looked_at() -> None:
    maps = [of_map((0, 100))]
    with pytest.raises(WorkerError, match=r"the output b holds 6 bytes, .* has written 7"):
        close([split()], maps, b=6)
    with pytest.raises(WorkerError, match="the output a is not there"):
        close([split()], maps, a=None)
    with pytest.raises(WorkerError, match="the output a is not there"):
        close([split()], maps, [TaskReport(), REDUCES[1]], a=None)


def test_outputs_that_nobody_wants() -> None:
    maps, empty = [of_map((0, 100))], TaskReport(told=True)
    lazy = Rules(output=OutputRules(lazy=True))
    close([split()], maps, [empty, REDUCES[1]], lazy, a=None)
    with pytest.raises(WorkerError, match="the output b is not there"):
        close([split()], maps, [empty, REDUCES[1]], lazy, a=None, b=None)
    close([split()], maps, [TaskReport(), REDUCES[1]], Rules(reduce_failures_percent=50), a=None)


def test_partitions() -> None:
    assert partition_sum([OUTPUT, OUTPUT], 1) == Sum(4, 40)
    assert partition_sum([], 0) == Sum()
    for silent in (MapOutput("w", "id", 3), replace(OUTPUT, partition_records=(1,))):
        assert partition_sum([OUTPUT, silent], 1) is None


def test_a_reduce_that_has_gathered_something_else() -> None:
    check_reduce(Sum(1, 10), REDUCES[0])
    check_reduce(None, REDUCES[0])
    check_reduce(Sum(1, 10), TaskReport())
    for other in (Sum(1, 11), Sum(2, 10)):
        with pytest.raises(WorkerError, match="it has gathered: 1 record, 10 bytes"):
            check_reduce(other, REDUCES[0])


def test_a_map_whose_partitions_are_not_its_output() -> None:
    check_map(split(), OUTPUT, of_map((0, 100)), plain=True)
    for output, report in (
        (replace(OUTPUT, records=4), of_map()),
        (OUTPUT, replace(of_map(), output_bytes=29)),
        (replace(OUTPUT, partition_records=(1, 1)), of_map()),
    ):
        with pytest.raises(WorkerError, match="the sums do not agree: its map output"):
            check_map(split(), output, report, plain=False)


def test_a_map_that_reads_other_bytes_than_those_of_its_split() -> None:
    piece, packed = split(40, 60), Split("f.gz", 0, 7, state=STATE)
    both = Split.of([piece, packed])
    check_map(both, OUTPUT, of_map((40, 100), (0, 100)), plain=True)
    check_map(both, OUTPUT, of_map((41, 100), (0, 100)), plain=False)  # records have their rules
    check_map(Split("f"), OUTPUT, of_map((0, 7)), plain=True)  # nobody knows its size
    check_map(both, OUTPUT, replace(of_map(), stopped_early=True), plain=True)
    for stretches in ([(40, 100)], [(40, 100), (0, 99)], [(40, 100), (0, 100), (0, 1)], []):
        with pytest.raises(WorkerError, match=r"it has read the bytes .*, and not 40-100, 0-100"):
            check_map(both, OUTPUT, of_map(*stretches), plain=True)
