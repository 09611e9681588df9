"""Maps that are given ahead, to workers whose slots are all taken."""

from __future__ import annotations

import pytest

from hadoopless.job import MapOutput, TaskReport, map_task
from hadoopless.scheduler import (
    Action,
    AttemptSucceeded,
    EndReason,
    JobCancelled,
    JobFailed,
    Policy,
    ReleaseOutputs,
    SlotTaken,
    StartAttempt,
)
from tests.scheduler.harness import Fed, cancel, m, start


def ahead(index: int, worker: str, number: int = 0) -> StartAttempt:
    return StartAttempt(m(index, number), worker, (), ahead=True)


def goes_on(index: int, worker: str, number: int = 0) -> SlotTaken:
    return SlotTaken(m(index, number), worker)


def busy(policy: Policy | None = None) -> Fed:
    """Maps 0 and 1 run on a and b, map 2 was given ahead to a; for 3 and 4 there are two slots."""
    job = Fed(maps=5, reduces=1, ahead=True, policy=policy)
    job.begin()
    return job


def numbers(job: Fed) -> tuple[int, int]:
    """The maps that wait, and those that run."""
    maps = job.core.snapshot().maps
    return maps.waiting, maps.running


def test_one_is_given_to_each_full_worker_while_more_wait_than_there_are_slots() -> None:
    job = Fed(maps=7, reduces=1, ahead=True)
    assert job.begin() == [start(m(0), "a"), start(m(1), "b"), ahead(2, "a"), ahead(3, "b")]
    assert job.tick() == []
    assert job.ok(m(1), "b") == [goes_on(3, "b"), ahead(5, "b")]
    assert job.ok(m(0), "a") == [goes_on(2, "a")]  # maps 4 and 6 are for whoever is free first
    assert job.ok(m(2), "a") == [start(m(4), "a")]
    assert job.ok(m(4), "a") == [start(m(6), "a")]
    assert job.ok(m(3), "b") == [goes_on(5, "b")]


def test_one_is_given_to_a_worker_however_many_slots_it_has() -> None:
    job = Fed(maps=9, reduces=1, workers="a", slots=3, ahead=True)
    assert [a.attempt for a in job.begin() if isinstance(a, StartAttempt) and a.ahead] == [m(3)]
    assert job.ok(m(1), "a") == [goes_on(3, "a"), ahead(4, "a")]


def test_a_worker_with_an_empty_queue_gets_one_of_anothers() -> None:
    job = Fed(maps=11, reduces=1, ahead=True)
    job.begin()
    for index in (1, 3):
        job.ok(m(index), "b")
    assert job.ok(m(5), "b") == [goes_on(7, "b"), ahead(9, "b")]
    assert job.ok(m(7), "b") == [goes_on(9, "b"), ahead(10, "b")]


def test_none_is_given_to_a_worker_that_does_not_know_how_to_wait() -> None:
    job = Fed(maps=9, reduces=1)
    assert job.begin() == [start(m(0), "a"), start(m(1), "b")]


def test_none_is_given_where_only_one_worker_may_run_a_map() -> None:
    job = Fed(maps=9, reduces=1, ahead=True, policy=Policy(strict_round_robin=True))
    assert job.begin() == [start(m(0), "a"), start(m(1), "b")]


def test_no_reduce_is_given_ahead() -> None:
    job = Fed(maps=1, reduces=9, workers="a", ahead=True)
    job.begin()
    assert len(job.ok(m(0), "a")) == 1


def test_it_counts_as_waiting_until_it_has_a_slot() -> None:
    job = busy()
    assert numbers(job) == (3, 2)
    assert [a.attempt for a in job.core.snapshot().attempts] == [m(0), m(1)]
    assert [w.running for w in job.core.snapshot().workers] == [1, 1]
    job.ok(m(0), "a", after=5.0)
    assert numbers(job) == (2, 2)
    told = {a.attempt: a.since for a in job.core.snapshot().attempts}
    assert told == {m(1): 0.0, m(2): 5.0}


def test_its_seconds_count_from_its_slot_on() -> None:
    job = busy()
    job.ok(m(0), "a", after=5.0)
    job.ok(m(2), "a", after=3.0)
    assert job.core.snapshot().maps.worked.seconds == 8.0


def test_it_has_no_backup_for_the_time_without_a_slot() -> None:
    """Each map takes a second but map 0, behind which map 2 waits for long."""
    job = Fed(maps=5, reduces=1, ahead=True)
    job.begin()
    assert job.ok(m(1), "b", after=1.0) == [start(m(3), "b")]
    assert job.ok(m(3), "b", after=1.0) == [start(m(4), "b")]
    job.now = 9.0
    assert job.ok(m(0), "a") == [goes_on(2, "a")]
    assert job.ok(m(4), "b") == []  # neither is map 2 slow, nor is anything else left
    assert job.tick(2.0) == []
    assert job.tick(10.0) == [start(m(2, 1), "b")]


def test_it_is_taken_back_for_a_worker_that_has_nothing_else_to_do() -> None:
    job = busy()
    for index in (1, 3):
        job.ok(m(index), "b")
    assert job.ok(m(4), "b") == [cancel(m(2), "a"), start(m(2, 1), "b")]
    # It had begun after all, and its report comes late.
    assert job.ok(m(2), "a") == [ReleaseOutputs("a", ("2.0@a",))]
    assert job.core.snapshot().retries == 0


def test_it_is_taken_back_before_anything_gets_a_backup() -> None:
    """Map 0, behind which it waits, is a straggler by then."""
    job = busy()
    for index in (1, 3):
        job.ok(m(index), "b", after=2.0)
    assert job.ok(m(4), "b", after=2.0) == [cancel(m(2), "a"), start(m(2, 1), "b")]
    assert job.ok(m(2, 1), "b", after=2.0) == [start(m(0, 1), "b")]


def test_a_worker_that_comes_late_takes_what_waits_first() -> None:
    job = busy()
    assert job.join("c") == [start(m(4), "c")]
    assert job.join("d") == [start(m(3), "d")]
    assert job.join("e") == [cancel(m(2), "a"), start(m(2, 1), "e")]


def test_one_that_ends_before_the_end_of_the_last_one_is_told() -> None:
    job = busy()
    job.now = 9.0
    found = MapOutput("a", "2.0@a", partition_bytes=())
    event = AttemptSucceeded(m(2), "a", found, TaskReport(seconds=2.0))
    assert job.feed(event) == []
    assert job.core.snapshot().maps.worked.seconds == 2.0
    assert job.ok(m(0), "a") == [start(m(4), "a")]


def test_one_that_says_that_it_took_longer_than_it_was_there() -> None:
    job = busy()
    job.now = 9.0
    found = MapOutput("a", "2.0@a", partition_bytes=())
    job.feed(AttemptSucceeded(m(2), "a", found, TaskReport(seconds=99.0)))
    assert job.core.snapshot().maps.worked.seconds == 9.0


def test_one_that_fails_before_the_end_of_the_last_one_is_told() -> None:
    job = busy()
    assert job.fail(m(2), "a") == []
    assert job.ok(m(1), "b") == [start(m(2, 1), "b")]
    assert job.ok(m(0), "a") == [start(m(4), "a")]


def test_a_retry_is_for_whoever_is_free_first() -> None:
    """Nothing is given ahead as long as one waits."""
    job = Fed(maps=20, reduces=1, ahead=True)
    job.begin()
    assert job.fail(m(0), "a") == [goes_on(2, "a")]
    assert job.ok(m(2), "a") == [start(m(4), "a")]  # and not the retry, which avoids a
    assert job.ok(m(1), "b") == [goes_on(3, "b")]
    assert job.ok(m(3), "b") == [start(m(0, 1), "b"), ahead(6, "a"), ahead(5, "b")]


def test_the_failure_of_the_one_before_it_gives_it_a_slot() -> None:
    job = busy()
    assert job.fail(m(0), "a") == [goes_on(2, "a")]
    assert job.core.story(map_task(2)).endswith("given ahead on a\n  0.000 attempt 0: started on a")


def test_a_lost_worker_costs_it_no_attempt() -> None:
    job = busy(policy=Policy(max_attempts=1))
    job.lose("a")
    assert not job.core.ended
    assert job.ok(m(1), "b") == [start(m(0, 1), "b")]
    assert job.ok(m(0, 1), "b") == [start(m(2, 1), "b"), ahead(3, "b")]


@pytest.mark.parametrize("reason", [EndReason.PROGRAM_FAILED, EndReason.WORKER_TROUBLE])
def test_a_worker_that_is_put_aside_gets_none(reason: EndReason) -> None:
    job = Fed(maps=20, reduces=1, ahead=True, policy=Policy(quarantine_after=2))
    job.begin()
    assert job.fail(m(0), "a", reason) == [goes_on(2, "a")]
    assert job.ok(m(1), "b") == [goes_on(3, "b")]
    assert job.fail(m(2), "a", reason) == []
    assert job.ok(m(3), "b") == [start(m(0, 1), "b")]
    assert job.ok(m(0, 1), "b") == [start(m(2, 1), "b"), ahead(5, "b")]
    assert job.tick(60.0) == [start(m(4), "a"), ahead(6, "a")]  # its quarantine is over


def test_the_end_of_the_job_cancels_it() -> None:
    job = busy()
    actions: list[Action] = job.feed(JobCancelled())
    assert actions[:3] == [cancel(m(2), "a"), cancel(m(0), "a"), cancel(m(1), "b")]
    assert isinstance(actions[-1], JobFailed)
