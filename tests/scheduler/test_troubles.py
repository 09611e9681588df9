"""The own trouble of a worker costs no attempt of a program, but it costs the worker its work."""

from __future__ import annotations

from hadoopless.errors import DiskError, ProgramFailed, WorkerTrouble
from hadoopless.failure import Failure, Role
from hadoopless.job import AttemptId
from hadoopless.scheduler import Action, CommitOutput, EndReason, JobFailed, Policy
from tests.scheduler.harness import Fed, cancel, m, output, r, start

FULL = DiskError("cannot spill: No space left on device")
BAD = ProgramFailed(Failure("ended with exit code 1"))


def trouble(job: Fed, attempt: AttemptId, worker: str) -> list[Action]:
    return job.fail(attempt, worker, EndReason.WORKER_TROUBLE, FULL)


def aside(job: Fed) -> set[str]:
    return {one.name for one in job.core.snapshot().workers if one.aside_until is not None}


def test_a_retry_goes_to_another_worker() -> None:
    job = Fed(maps=2, reduces=1, workers="ab")
    job.begin()
    assert trouble(job, m(0), "a") == []
    assert job.ok(m(1), "b") == [start(m(0, 1), "b")]


def test_trouble_uses_up_no_attempt_of_the_program() -> None:
    job = Fed(maps=1, reduces=1, workers="ab", policy=Policy(max_attempts=1))
    job.begin()
    assert trouble(job, m(0), "a") == [start(m(0, 1), "b")]
    assert trouble(job, m(0, 1), "b") == [start(m(0, 2), "a")]
    assert job.fail(m(0, 2), "a", error=BAD) == [JobFailed(BAD)]


def test_a_job_fails_for_the_trouble_when_no_worker_is_left_to_try() -> None:
    job = Fed(maps=1, reduces=1, workers="ab", policy=Policy(max_troubles=1))
    job.begin()
    assert trouble(job, m(0), "a") == [start(m(0, 1), "b")]
    assert trouble(job, m(0, 1), "b") == [JobFailed(FULL)]


def test_a_single_worker_is_tried_a_few_times() -> None:
    job = Fed(maps=1, reduces=1, workers="a")
    job.begin()
    for number in range(3):
        assert trouble(job, m(0, number), "a") == [start(m(0, number + 1), "a")]
    assert trouble(job, m(0, 3), "a") == [JobFailed(FULL)]


def test_trouble_without_an_error_tells_the_story() -> None:
    job = Fed(maps=1, reduces=1, workers="a", policy=Policy(max_troubles=1))
    job.begin()
    [failed] = job.fail(m(0), "a", EndReason.WORKER_TROUBLE)
    assert isinstance(failed, JobFailed)
    assert isinstance(failed.error, WorkerTrouble)
    assert failed.error.failure.role is Role.WORKER
    assert failed.error.task == "map 0"
    assert "0.000 attempt 0: its worker was in trouble on a" in str(failed.error)


def test_while_another_attempt_runs_the_task_may_yet_succeed() -> None:
    job = Fed(maps=3, reduces=1, workers="ab", slots=2, policy=Policy(max_troubles=1))
    job.begin()
    job.ok(m(0), "a", after=1)
    job.ok(m(2), "a")
    assert job.tick(9) == [start(m(1, 1), "a")]
    assert trouble(job, m(1), "b") == []
    assert trouble(job, m(1, 1), "a")[-1] == JobFailed(FULL)


def test_a_task_that_gives_every_worker_trouble_does_not_go_round_for_ever() -> None:
    job = Fed(maps=1, reduces=1, workers="a", policy=Policy(max_losses=3, max_troubles=9))
    job.begin()
    trouble(job, m(0), "a")
    trouble(job, m(0, 1), "a")
    assert trouble(job, m(0, 2), "a") == [JobFailed(FULL)]


# Put aside ------------------------------------------------------------------------------------


def test_a_worker_that_stays_in_trouble_is_put_aside_and_comes_back() -> None:
    job = Fed(maps=6, reduces=1, workers="ab")
    job.begin()
    assert trouble(job, m(0), "a") == [start(m(2), "a")]
    assert trouble(job, m(2), "a") == []
    assert aside(job) == {"a"}
    assert job.tick(29) == []
    assert job.tick(1) == [start(m(4), "a")]
    assert aside(job) == set()


def test_a_success_between_two_troubles_counts() -> None:
    job = Fed(maps=8, reduces=1, workers="ab")
    job.begin()
    trouble(job, m(0), "a")
    job.ok(m(2), "a")
    assert trouble(job, m(4), "a") == [start(m(6), "a")]
    assert aside(job) == set()


def test_the_last_usable_worker_stays() -> None:
    job = Fed(maps=4, reduces=1, workers="ab")
    job.begin()
    trouble(job, m(0), "a")
    trouble(job, m(2), "a")
    trouble(job, m(1), "b")
    trouble(job, m(0, 1), "b")
    assert aside(job) == {"a"}


# Places that are fixed --------------------------------------------------------------------------


def test_a_fixed_place_is_tried_a_few_times() -> None:
    """No other worker may run the map, and none is put aside."""
    job = Fed(maps=2, reduces=1, workers="ab", policy=Policy(strict_round_robin=True))
    job.begin()
    for number in range(3):
        assert trouble(job, m(0, number), "a") == [start(m(0, number + 1), "a")]
    assert aside(job) == set()
    assert trouble(job, m(0, 3), "a") == [cancel(m(1), "b"), JobFailed(FULL)]


def test_a_partition_leaves_a_worker_that_is_put_aside_for_its_trouble() -> None:
    job = Fed(maps=2, reduces=2, workers="ab", policy=Policy(sticky_reduces=True))
    job.begin()
    job.ok(m(0), "a")
    job.ok(m(1), "b")
    outputs = (output(m(0), "a"), output(m(1), "b"))
    assert trouble(job, r(0), "a") == [start(r(0, 1), "a", outputs)]
    assert job.ok(r(1), "b") == [CommitOutput(r(1), "b")]
    assert trouble(job, r(0, 1), "a") == [start(r(0, 2), "b", outputs)]


def test_a_partition_stays_where_only_programs_fail() -> None:
    """In pull mode, partition r is reduced by worker r."""
    policy = Policy(sticky_reduces=True, quarantine_after=1)
    job = Fed(maps=2, reduces=2, workers="ab", policy=policy)
    job.begin()
    job.ok(m(0), "a")
    job.ok(m(1), "b")
    outputs = (output(m(0), "a"), output(m(1), "b"))
    assert job.fail(r(0), "a") == [start(r(0, 1), "a", outputs)]
    assert job.ok(r(1), "b") == [CommitOutput(r(1), "b")]
    assert job.fail(r(0, 1), "a") == [start(r(0, 2), "a", outputs)]
    assert aside(job) == {"a"}
