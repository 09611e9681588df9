"""Backups for stragglers, and workers that are put aside."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.scheduler import CommitOutput, EndReason, JobSucceeded, Policy, ReleaseOutputs
from hadoopless.scheduler.speculation import RunningMedian
from tests.scheduler.harness import Fed, cancel, m, output, r, start


def with_straggler(seconds: float = 10.0, **policy: bool) -> Fed:
    """Two maps run on a and b; that on b ends after *seconds*, that on a does not end."""
    job = Fed(maps=2, reduces=1, workers="ab", policy=Policy(**policy))
    job.now = 1000.0  # the clock does not begin with the job
    job.begin()
    assert job.ok(m(1), "b", after=seconds) == []
    return job


def test_a_straggler_gets_a_backup_after_one_and_a_half_medians() -> None:
    job = with_straggler()
    assert job.tick(5.0) == []
    assert job.tick(0.1) == [start(m(0, 1), "b")]
    assert job.tick(100) == []
    assert job.core.snapshot().backups_started == 1


def test_the_backup_wins() -> None:
    job = with_straggler()
    job.tick(6)
    outputs = (output(m(0, 1), "b"), output(m(1), "b"))
    assert job.ok(m(0, 1), "b") == [cancel(m(0), "a"), start(r(0), "a", outputs)]
    assert job.ok(m(0), "a") == [ReleaseOutputs("a", ("0.0@a",))]
    assert job.core.snapshot().backups_won == 1


def test_backups_that_win_are_counted() -> None:
    job = Fed(maps=20, reduces=1, workers="ab", slots=10)
    job.begin()
    job.now = 1.0
    for index in range(1, 20, 2):
        job.ok(m(index), "b")
    assert job.tick(100) == [start(m(0, 1), "b"), start(m(2, 1), "b")]
    job.ok(m(0, 1), "b")
    job.ok(m(2, 1), "b")
    assert job.core.snapshot().backups_won == 2


def test_the_original_wins() -> None:
    job = with_straggler()
    job.tick(6)
    outputs = (output(m(0), "a"), output(m(1), "b"))
    assert job.ok(m(0), "a") == [cancel(m(0, 1), "b"), start(r(0), "a", outputs)]
    assert job.core.snapshot().backups_won == 0


def test_a_reduce_with_a_backup_is_committed_once() -> None:
    job = Fed(maps=1, reduces=2, workers="ab")
    job.begin()
    job.ok(m(0), "a")
    job.ok(r(1), "b", after=10)
    assert job.tick(20) == [start(r(0, 1), "b", (output(m(0), "a"),))]
    assert job.ok(r(0, 1), "b") == [
        CommitOutput(r(0, 1), "b"),
        cancel(r(0), "a"),
        ReleaseOutputs("a", ("0.0@a",)),
        JobSucceeded(),
    ]
    assert job.ok(r(0), "a") == []


def test_short_tasks_are_never_stragglers() -> None:
    job = with_straggler(seconds=0.1)
    assert job.tick(1.8) == []
    assert job.tick(0.2) == [start(m(0, 1), "b")]


def test_no_backups_before_half_of_the_phase_is_done() -> None:
    job = Fed(maps=5, reduces=1, workers="abcde")
    job.begin()
    job.ok(m(0), "a", after=1)
    job.ok(m(1), "b")
    assert job.tick(100) == []
    assert job.ok(m(2), "c") == [start(m(3, 1), "a")]


def test_no_backups_while_a_task_waits() -> None:
    job = Fed(maps=3, reduces=1, workers="ab")
    job.begin()
    assert job.ok(m(1), "b", after=1) == [start(m(2), "b")]
    assert job.tick(100) == []
    assert job.ok(m(2), "b") == [start(m(0, 1), "b")]


def test_a_tenth_of_the_tasks_may_have_backups() -> None:
    job = Fed(maps=20, reduces=1, workers="ab", slots=10)
    job.begin()
    job.now = 1.0
    for index in range(1, 20, 2):
        assert job.ok(m(index), "b") == []
    assert job.tick(100) == [start(m(0, 1), "b"), start(m(2, 1), "b")]
    assert job.ok(m(0), "a") == [cancel(m(0, 1), "b"), start(m(4, 1), "b")]
    assert job.core.snapshot().backups_started == 3


def test_a_backup_survives_the_failure_of_the_original() -> None:
    job = with_straggler()
    job.tick(6)
    assert job.fail(m(0), "a") == []
    assert job.tick(100) == []
    assert job.fail(m(0, 1), "b", EndReason.WORKER_LOST) == [start(m(0, 2), "a")]


def test_a_backup_does_not_go_where_the_task_failed() -> None:
    job = Fed(maps=2, reduces=1, workers="ab")
    job.begin()
    job.fail(m(0), "a")
    assert job.ok(m(1), "b", after=1) == [start(m(0, 1), "b")]
    assert job.tick(100) == []
    assert job.join("c") == [start(m(0, 2), "c")]


def test_no_backups_where_places_are_fixed_or_nobody_wants_them() -> None:
    assert with_straggler(strict_round_robin=True).tick(100) == []
    assert with_straggler(speculate=False).tick(100) == []
    job = with_straggler(sticky_reduces=True)
    assert job.tick(100) == [start(m(0, 1), "b")]
    job = Fed(maps=0, reduces=2, workers="ab", policy=Policy(sticky_reduces=True))
    job.begin()
    job.ok(r(0), "a", after=1)
    assert job.tick(100) == []


@pytest.mark.parametrize("wanted", [True, False])
def test_backups_of_reduces_are_a_choice_of_their_own(wanted: bool) -> None:
    policy = Policy(speculate=not wanted, speculate_reduces=wanted)
    assert bool(with_straggler(speculate_reduces=wanted).tick(100))
    job = Fed(maps=0, reduces=2, workers="ab", policy=policy)
    job.begin()
    job.ok(r(0), "a", after=1)
    assert bool(job.tick(100)) is wanted


@given(st.lists(st.floats(0, 1e9)))
def test_running_median(values: list[float]) -> None:
    running = RunningMedian()
    for count, value in enumerate(values):
        running.add(value)
        assert running.median() == statistics.median_low(values[: count + 1])
    if not values:
        assert running.median() is None


# Quarantine -------------------------------------------------------------------------------------


def test_a_bad_worker_is_put_aside_and_comes_back() -> None:
    job = Fed(maps=20, reduces=1, workers="ab")
    job.begin()
    job.fail(m(0), "a")
    assert job.ok(m(1), "b") == [start(m(0, 1), "b")]
    job.fail(m(2), "a")
    assert job.fail(m(4), "a") == []
    assert job.core.snapshot().workers[0].aside_until == 30.0
    assert job.ok(m(0, 1), "b") == [start(m(2, 1), "b")]
    assert job.tick(29.9) == []
    assert job.tick(0.1) == [start(m(6), "a")]
    assert job.core.snapshot().workers[0].aside_until is None


def test_it_is_put_aside_for_longer_each_time_up_to_ten_minutes() -> None:
    job = Fed(maps=60, reduces=1, workers="ab")
    job.begin()
    aside = []
    for first in range(0, 42, 6):
        for index in (first, first + 2, first + 4):
            job.fail(m(index), "a")
            for attempt in [a for a in job.core.snapshot().attempts if a.worker == "b"]:
                job.ok(attempt.attempt, "b")
        until = job.core.snapshot().workers[0].aside_until
        assert until is not None
        aside.append(until - job.now)
        assert job.tick(aside[-1]) == [start(m(first + 6), "a")]
    assert aside == [30.0, 60.0, 120.0, 240.0, 480.0, 600.0, 600.0]


def test_a_worker_is_not_to_blame_when_nobody_has_success() -> None:
    job = Fed(maps=20, reduces=1, workers="ab", policy=Policy(max_attempts=9))
    job.begin()
    for index in (0, 2, 4, 6):
        assert job.fail(m(index), "a") == [start(m(index + 2), "a")]


def test_a_success_in_between_clears_a_worker() -> None:
    job = Fed(maps=20, reduces=1, workers="ab")
    job.begin()
    job.ok(m(1), "b")
    for index in (0, 2):
        job.fail(m(index), "a")
        job.ok(m(3 if index == 0 else 0, 0 if index == 0 else 1), "b")
    assert job.ok(m(4), "a") == [start(m(6), "a")]
    assert job.fail(m(6), "a") == [start(m(8), "a")]


def test_failures_of_one_task_are_not_the_fault_of_a_worker() -> None:
    job = Fed(maps=2, reduces=1, workers="ab", slots=4, policy=Policy(max_attempts=9))
    job.begin()
    job.ok(m(1), "b")
    for number in range(8):
        [running] = job.core.snapshot().attempts
        assert running.attempt == m(0, number)
        job.fail(m(0, number), running.worker)
    assert all(w.aside_until is None for w in job.core.snapshot().workers)


def test_the_last_usable_worker_is_never_put_aside() -> None:
    job = Fed(maps=20, reduces=1, workers="ab")
    job.begin()
    job.fail(m(0), "a")
    assert job.ok(m(1), "b") == [start(m(0, 1), "b")]
    job.fail(m(2), "a")
    assert job.fail(m(4), "a") == []
    assert job.ok(m(0, 1), "b") == [start(m(2, 1), "b")]
    # Now b does no better, but it is the last one.
    for _ in range(3):
        [running] = job.core.snapshot().attempts
        assert job.fail(running.attempt, "b") != []
    # And when that is lost, a is better than nobody.
    job.lose("b")
    assert [running.worker for running in job.core.snapshot().attempts] == ["a"]
    assert job.core.snapshot().workers[0].aside_until is None


def test_the_last_usable_worker_stays_even_while_another_one_has_success() -> None:
    job = Fed(maps=40, reduces=1, workers="ab", slots=4)
    job.begin()
    job.ok(m(1), "b")
    job.fail(m(0), "a")
    job.ok(m(3), "b")
    for index in (2, 4):
        job.fail(m(index), "a")
    assert [w.aside_until for w in job.core.snapshot().workers] == [30.0, None]
    # The attempt that still runs on a succeeds; the programs of three tasks fail on b in a row.
    on_a, *_ = (one.attempt for one in job.core.snapshot().attempts if one.worker == "a")
    on_b = [one.attempt for one in job.core.snapshot().attempts if one.worker == "b"]
    job.fail(on_b[0], "b")
    job.ok(on_a, "a")
    for attempt in on_b[1:3]:
        assert job.fail(attempt, "b") != []
    assert job.core.snapshot().workers[1].aside_until is None
