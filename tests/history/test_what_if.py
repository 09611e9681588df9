"""The grid of predictions: its axes, its bounds, and that each point is an exact prediction."""

from __future__ import annotations

import pytest

from hadoopless.history import what_if
from hadoopless.history.course import Course
from hadoopless.history.replay import Change, predicted
from hadoopless.history.what_if import REDUCERS, SPLIT, WORKERS, Axis, grid_of
from tests.history.logs import HERE, THERE, Log


def log_of(maps: int, reduces: int, *workers: str, size: int = 10) -> Log:
    log = Log(*workers or (HERE,), maps=maps, reduces=reduces)
    for number in range(maps):
        log.run(
            f"map-{number}",
            number,
            number + 1,
            program_cpu=1.0,
            bytes=size,
            input=f"{number}.in",
            input_bytes=size,
        )
    for number in range(reduces):
        at = maps + number
        log.run(f"reduce-{number}", at, at + 1, program_cpu=1.0, input_bytes=20)
    return log


def done(maps: int, reduces: int, *workers: str, size: int = 10) -> Course:
    return log_of(maps, reduces, *workers, size=size).done(maps + reduces + 0.5)


def test_each_point_is_a_prediction() -> None:
    course = done(4, 2)
    grid = grid_of(course)
    assert grid is not None
    # Files of a split each stay whole with larger splits.
    assert grid.axes == (
        Axis(SPLIT, (2, 5, 10), 2),
        Axis(REDUCERS, (1, 2, 4, 8, 16), 1),
        Axis(WORKERS, (1, 2, 4, 8), 0),
    )
    assert grid.took == 6.5
    points = iter(grid.seconds)
    for size in (2, 5, None):
        for reducers in grid.axes[1].values:
            for workers in grid.axes[2].values:
                change = Change(workers, None, reducers, size)
                assert next(points) == predicted(course, change)
    assert next(points, None) is None


def test_the_own_numbers_give_what_explain_gives() -> None:
    course = done(4, 2, HERE, THERE)
    grid = grid_of(course)
    assert grid is not None
    place = 0
    for axis in grid.axes:
        place = place * len(axis.values) + axis.own
    assert grid.seconds[place] == predicted(course, Change())


def test_a_job_without_reduces_has_no_such_axis() -> None:
    grid = grid_of(done(3, 0))
    assert grid is not None
    assert [axis.name for axis in grid.axes] == [SPLIT, WORKERS]


def test_a_job_of_packed_files_has_no_split_size() -> None:
    log = Log(HERE, THERE, maps=1, reduces=0).run("map-0", 0, 1, input="a.gz", bytes=100)
    grid = grid_of(log.done(1))
    assert grid is not None
    assert grid.axes == (Axis(WORKERS, (1, 2, 4, 8, 16), 1),)


def test_large_splits_are_whole_megabytes() -> None:
    grid = grid_of(done(2, 0, size=50_000_000))
    assert grid is not None
    split = grid.axes[0]
    assert split.values[split.own] == 50_000_000
    assert [size for size in split.values if size % (1 << 20)] == [50_000_000]


@pytest.mark.parametrize("status", ["failed", "cancelled", None])
def test_other_jobs_have_none(status: str | None) -> None:
    log = log_of(2, 1)
    assert grid_of(log.done(4, status) if status else log.course()) is None


def test_tasks_in_a_crowd_count_several_times() -> None:
    alone, crowd = done(1000, 0), done(1000, 0, *(f"http://m:{port}" for port in range(1000)))
    grids = grid_of(alone), grid_of(crowd)
    assert [len(grid.seconds) for grid in grids if grid is not None] == [6, 2]


@pytest.mark.parametrize(("maps", "points"), [(100, 60), (1000, 12), (9000, 2), (11_000, 0)])
def test_more_tasks_get_fewer_points(
    monkeypatch: pytest.MonkeyPatch, maps: int, points: int
) -> None:
    replayed: list[int] = []

    def counted(course: Course, change: Change) -> float:
        replayed.append(maps)
        return 1.0

    monkeypatch.setattr(what_if, "predicted", counted)
    grid = grid_of(done(maps, 2, HERE))
    assert len(replayed) == points
    assert grid is not None
    assert len(grid.seconds) == points
    assert bool(grid.axes) == (points > 0)
    assert maps * len(replayed) <= what_if.MOST_TASKS


def test_times_that_no_number_tells_are_not_shown() -> None:
    log = Log(HERE, maps=1, reduces=0).run("map-0", 1, 2, program_cpu=float("inf"))
    assert grid_of(log.done(2)) is None
