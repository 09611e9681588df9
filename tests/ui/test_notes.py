"""The words for times, workers and slow tasks."""

from __future__ import annotations

import pytest

from hadoopless.job import AttemptId, map_task
from hadoopless.scheduler import PhaseCounts, RunningAttempt, Snapshot, WorkerState
from hadoopless.ui.notes import clock, of_slowest, of_workers, roughly

NO_TASKS = PhaseCounts(0, 0, 0, 0)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.0, "1 s"),
        (9.4, "9 s"),
        (9.6, "10 s"),
        (23.0, "25 s"),
        (57.4, "55 s"),
        (57.6, "1 min"),
        (89.0, "1 min"),
        (600.0, "10 min"),
        (3560.0, "59 min"),
        (3575.0, "1 h"),
        (5000.0, "1 h 20 min"),
        (100_000.0, "27 h 50 min"),
    ],
)
def test_an_estimated_time(seconds: float, told: str) -> None:
    assert roughly(seconds) == told


def test_a_time_that_has_passed() -> None:
    assert [clock(seconds) for seconds in (0.9, 61, 3661)] == ["0:00", "1:01", "1:01:01"]


def snapshot(**more: object) -> Snapshot:
    fields = {
        "now": 60.0,
        "started": True,
        "ended": False,
        "maps": NO_TASKS,
        "reduces": NO_TASKS,
        "attempts": (),
        "workers": (),
        "retries": 0,
        "lost_workers": 0,
        "backups_started": 0,
        "backups_won": 0,
    }
    return Snapshot(**(fields | more))  # type: ignore[arg-type]


def test_workers() -> None:
    worker = WorkerState("w", 1, 0, None)
    assert list(of_workers(snapshot())) == []
    assert list(of_workers(snapshot(workers=(worker,)))) == ["1 worker"]
    several = snapshot(workers=(worker,) * 4, lost_workers=1)
    assert list(of_workers(several)) == ["4 workers", "1 lost"]


def attempt(index: int, since: float, *, backup: bool = False) -> RunningAttempt:
    return RunningAttempt(AttemptId(map_task(index), int(backup)), "w", since, backup)


def test_the_slowest_tasks() -> None:
    running = (attempt(3, 18.0), attempt(5, 20.0), attempt(3, 30.0, backup=True), attempt(6, 59.0))
    assert list(of_slowest(snapshot(attempts=running))) == [
        "slowest: map-3 0:42 (with a backup)",
        "map-5 0:40",
    ]
    assert list(of_slowest(snapshot(attempts=(attempt(6, 59.0),)))) == []
