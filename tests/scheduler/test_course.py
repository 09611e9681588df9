"""The course of a job in which nothing goes wrong: plan, phases, stealing, the end."""

from __future__ import annotations

import pytest

from hadoopless.job import TaskReport
from hadoopless.scheduler import (
    AttemptSucceeded,
    CommitOutput,
    JobFailed,
    JobStarted,
    JobSucceeded,
    Policy,
    ReleaseOutputs,
    Scheduler,
    WorkerJoined,
)
from tests.scheduler.harness import Fed, m, output, r, start


def test_a_small_job_from_start_to_end() -> None:
    job = Fed(maps=2, reduces=2)
    outputs = (output(m(0), "a"), output(m(1), "b"))
    assert job.begin() == [start(m(0), "a"), start(m(1), "b")]
    assert job.ok(m(1), "b") == []
    assert job.ok(m(0), "a") == [start(r(1), "b", outputs), start(r(0), "a", outputs)]
    assert job.ok(r(0), "a") == [CommitOutput(r(0), "a")]
    assert job.ok(r(1), "b") == [
        CommitOutput(r(1), "b"),
        ReleaseOutputs("a", ("0.0@a",)),
        ReleaseOutputs("b", ("1.0@b",)),
        JobSucceeded(),
    ]
    assert job.core.ended


def test_nothing_runs_before_the_job_is_started() -> None:
    job = Fed(maps=2, reduces=1)
    assert job.join("a") == []
    assert job.tick(1000) == []
    assert job.feed(JobStarted()) == [start(m(0), "a")]
    assert job.feed(JobStarted()) == []


def test_the_first_plan_is_round_robin() -> None:
    job = Fed(maps=6, reduces=1, workers="abc")
    assert job.begin() == [start(m(0), "a"), start(m(1), "b"), start(m(2), "c")]
    assert job.ok(m(1), "b") == [start(m(4), "b")]
    assert job.ok(m(2), "c") == [start(m(5), "c")]
    assert job.ok(m(0), "a") == [start(m(3), "a")]


def test_slots_are_filled_in_turn() -> None:
    job = Fed(maps=4, reduces=1, slots=3)
    assert job.begin() == [start(m(0), "a"), start(m(1), "b"), start(m(2), "a"), start(m(3), "b")]


def test_an_idle_worker_steals_the_last_of_the_longest_queue() -> None:
    job = Fed(maps=9, reduces=1, workers="abc")
    job.begin()
    assert job.ok(m(0), "a") == [start(m(3), "a")]
    assert job.ok(m(3), "a") == [start(m(6), "a")]
    assert job.ok(m(1), "b") == [start(m(4), "b")]
    # b has 7 waiting, c has 5 and 8: a takes what c would take last.
    assert job.ok(m(6), "a") == [start(m(8), "a")]


def test_a_worker_that_is_not_in_the_plan_steals() -> None:
    job = Fed(maps=4, reduces=1, workers="ab")
    job.begin()
    assert job.join("z") == [start(m(2), "z")]


def test_the_queue_of_a_worker_that_never_came_is_served_by_others() -> None:
    job = Fed(maps=2, reduces=1, workers="ab")
    job.join("b")
    assert job.feed(JobStarted()) == [start(m(1), "b")]
    assert job.ok(m(1), "b") == [start(m(0), "b")]


def test_reduces_wait_for_the_last_map() -> None:
    job = Fed(maps=2, reduces=2, workers="abc")
    job.begin()
    assert job.ok(m(0), "a") == []
    outputs = (output(m(0), "a"), output(m(1), "b"))
    # c has been idle for longer, but each task has an owner with a free slot.
    assert job.ok(m(1), "b") == [start(r(0), "a", outputs), start(r(1), "b", outputs)]


def test_biggest_partition_first_in_the_own_queue() -> None:
    job = Fed(maps=2, reduces=4, workers="a")
    job.begin()
    job.ok(m(0), "a", (1, 5, 0, 2))
    out = (output(m(0), "a", (1, 5, 0, 2)), output(m(1), "a", (2, 0, 7, 1)))
    # Sizes are 3, 5, 7, 3: equal ones go by index.
    assert job.ok(m(1), "a", (2, 0, 7, 1)) == [start(r(2), "a", out)]
    assert job.ok(r(2), "a") == [CommitOutput(r(2), "a"), start(r(1), "a", out)]
    assert job.ok(r(1), "a") == [CommitOutput(r(1), "a"), start(r(0), "a", out)]
    assert job.ok(r(0), "a") == [CommitOutput(r(0), "a"), start(r(3), "a", out)]


def test_who_comes_free_takes_the_biggest_waiting_partition() -> None:
    job = Fed(maps=1, reduces=6, workers="ab")
    sizes = (1, 10, 1, 30, 1, 20)
    job.begin()
    out = (output(m(0), "a", sizes),)
    assert job.ok(m(0), "a", sizes) == [start(r(3), "b", out), start(r(0), "a", out)]
    for ended, begun in ((0, 5), (5, 1), (1, 2), (2, 4)):
        assert job.ok(r(ended), "a") == [CommitOutput(r(ended), "a"), start(r(begun), "a", out)]


def test_partition_r_goes_to_worker_r_modulo_workers() -> None:
    job = Fed(maps=0, reduces=4, workers="ab")
    assert job.begin() == [start(r(0), "a"), start(r(1), "b")]
    assert job.ok(r(1), "b") == [CommitOutput(r(1), "b"), start(r(3), "b")]


def test_a_job_without_reduces_commits_its_maps() -> None:
    job = Fed(maps=2, reduces=0)
    job.begin()
    assert job.ok(m(0), "a") == [CommitOutput(m(0), "a")]
    # A committed output is not lost with its worker.
    assert job.lose("a") == []
    assert job.ok(m(1), "b") == [CommitOutput(m(1), "b"), JobSucceeded()]


def test_a_job_without_tasks_ends_at_once() -> None:
    assert Fed(maps=0, reduces=0).begin() == [JobSucceeded()]


def test_sticky_reduces_are_not_stolen() -> None:
    job = Fed(maps=1, reduces=3, workers="abc", policy=Policy(sticky_reduces=True))
    job.begin()
    out = (output(m(0), "a"),)
    started = job.ok(m(0), "a")
    assert sorted(started, key=str) == [start(r(i), w, out) for i, w in enumerate("abc")]
    assert job.ok(r(0), "a") == [CommitOutput(r(0), "a")]


def test_strict_round_robin_never_steals() -> None:
    job = Fed(maps=3, reduces=3, workers="ab", policy=Policy(strict_round_robin=True))
    assert job.begin() == [start(m(0), "a"), start(m(1), "b")]
    assert job.ok(m(1), "b") == []
    assert job.ok(m(0), "a") == [start(m(2), "a")]
    out = (output(m(0), "a"), output(m(1), "b"), output(m(2), "a"))
    assert job.ok(m(2), "a") == [start(r(1), "b", out), start(r(0), "a", out)]
    assert job.ok(r(1), "b") == [CommitOutput(r(1), "b")]
    assert job.ok(r(0), "a") == [CommitOutput(r(0), "a"), start(r(2), "a", out)]


def test_reports_of_successful_attempts_are_kept() -> None:
    job = Fed(maps=1, reduces=1, workers="a")
    job.begin()
    told = TaskReport(input_bytes=7)
    job.feed(AttemptSucceeded(m(0), "a", output(m(0), "a"), told))
    assert job.core.reports() == ((told,), (TaskReport(),))


@pytest.mark.parametrize("workers", [[], ["a", "a"]])
def test_a_plan_needs_distinct_workers(workers: list[str]) -> None:
    with pytest.raises(ValueError, match=r"^the plan needs at least one worker, and each of them"):
        Scheduler(1, 1, workers)


def test_time_never_goes_back() -> None:
    job = Fed(maps=1, reduces=1, workers="a")
    job.feed(JobStarted())
    job.now = 20.0
    assert job.tick() == []
    job.now = 10.0
    assert job.tick() == []
    assert job.core.snapshot().now == 20.0
    assert isinstance(job.tick(20.0)[-1], JobFailed)


def test_the_worker_with_the_smallest_share_of_its_slots_taken_is_next() -> None:
    job = Fed(maps=3, reduces=1, workers="abc")
    for worker, slots in (("a", 2), ("b", 3), ("c", 1)):
        job.feed(WorkerJoined(worker, slots))
    assert job.feed(JobStarted()) == [start(m(0), "a"), start(m(1), "b"), start(m(2), "c")]
    assert job.fail(m(2), "c") == [start(m(2, 1), "b")]


def test_attempts_are_numbered_from_zero() -> None:
    scheduler = Scheduler(1, 1, ["a"])
    scheduler.handle(WorkerJoined("a", 1), now=0.0)
    assert scheduler.handle(JobStarted(), now=0.0) == [start(m(0), "a")]


def test_lost_workers_are_counted() -> None:
    job = Fed(maps=3, reduces=1, workers="abc")
    job.begin()
    job.lose("a")
    job.lose("b")
    assert job.core.snapshot().lost_workers == 2
