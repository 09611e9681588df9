"""The cost of failed attempts, lost workers and lost map outputs, and the failure of a job."""

from __future__ import annotations

from typing import Any

import pytest

from hadoopless.errors import (
    Cancelled,
    DiskError,
    FetchError,
    MapReduceError,
    NoWorkersError,
    ProgramFailed,
)
from hadoopless.errors import TaskError as AnyTaskError
from hadoopless.failure import Failure
from hadoopless.job import TaskReport, map_task
from hadoopless.scheduler import (
    AttemptSucceeded,
    CommitOutput,
    EndReason,
    JobCancelled,
    JobFailed,
    JobStarted,
    JobSucceeded,
    MapOutputRestored,
    Policy,
    ReleaseOutputs,
)
from tests.scheduler.harness import Fed, cancel, m, output, r, start

BAD = ProgramFailed(Failure("ended with exit code 1"))


def in_reduce_phase(workers: str = "ab", reduces: int = 2, **policy: Any) -> Fed:
    """One map on each worker is done (map 0 on a, ...), and reduces have been started."""
    job = Fed(maps=len(workers), reduces=reduces, workers=workers, policy=Policy(**policy))
    job.begin()
    for index, worker in enumerate(workers):
        job.ok(m(index), worker)
    return job


def failure(actions: list[Any]) -> Exception:
    """The error of a list of actions that ends the job."""
    assert isinstance(actions[-1], JobFailed), actions
    return actions[-1].error


# Attempts -----------------------------------------------------------------------------------


def test_a_retry_goes_to_another_worker() -> None:
    job = Fed(maps=2, reduces=1, workers="ab")
    job.begin()
    assert job.fail(m(0), "a") == []
    assert job.ok(m(1), "b") == [start(m(0, 1), "b")]


def test_a_retry_stays_if_there_is_no_other_worker() -> None:
    job = Fed(maps=1, reduces=1, workers="a")
    job.begin()
    assert job.fail(m(0), "a") == [start(m(0, 1), "a")]


def test_a_retry_returns_when_all_others_failed_or_are_lost() -> None:
    job = Fed(maps=1, reduces=1, workers="abc")
    job.begin()
    assert job.fail(m(0), "a") == [start(m(0, 1), "b")]
    assert job.fail(m(0, 1), "b") == [start(m(0, 2), "c")]
    assert job.lose("c") == [start(m(0, 3), "a")]


def test_a_retry_comes_before_new_tasks() -> None:
    job = Fed(maps=6, reduces=1, workers="ab")
    job.begin()
    assert job.fail(m(0), "a") == [start(m(2), "a")]
    assert job.ok(m(1), "b") == [start(m(0, 1), "b")]


@pytest.mark.parametrize("reason", [EndReason.PROGRAM_FAILED, EndReason.TIMED_OUT])
def test_the_job_fails_with_the_error_of_the_last_attempt(reason: EndReason) -> None:
    job = Fed(maps=2, reduces=1, workers="ab", policy=Policy(max_attempts=2))
    job.begin()
    job.fail(m(0), "a", reason, ProgramFailed(Failure("ended with exit code 7")))
    assert job.ok(m(1), "b") == [start(m(0, 1), "b")]
    assert job.fail(m(0, 1), "b", reason, BAD) == [
        ReleaseOutputs("b", ("1.0@b",)),
        JobFailed(BAD),
    ]


def test_a_failed_job_cancels_what_runs() -> None:
    job = Fed(maps=3, reduces=1, workers="abc")
    job.begin()
    assert job.fail(m(1), "b", error=BAD, final=True) == [
        cancel(m(0), "a"),
        cancel(m(2), "c"),
        JobFailed(BAD),
    ]


def test_a_failure_without_an_error_tells_the_story() -> None:
    job = Fed(maps=1, reduces=1, workers="a", policy=Policy(max_attempts=1))
    job.begin()
    error = failure(job.fail(m(0), "a"))
    assert type(error) is AnyTaskError
    assert str(error) == (
        "map 0: program failed, and the attempts are used up\n"
        "map 0 is running\n"
        "  0.000 attempt 0: started on a\n"
        "  0.000 attempt 0: program failed on a"
    )


@pytest.mark.parametrize(
    "reason", [EndReason.WORKER_LOST, EndReason.CANCELLED, EndReason.OUTPUT_LOST]
)
def test_what_the_program_is_not_to_blame_for_does_not_count(reason: EndReason) -> None:
    job = Fed(maps=1, reduces=1, workers="a", policy=Policy(max_attempts=2))
    job.begin()
    for number in range(10):
        assert job.fail(m(0, number), "a", reason) == [start(m(0, number + 1), "a")]
    assert job.fail(m(0, 10), "a") == [start(m(0, 11), "a")]
    assert job.fail(m(0, 11), "a", error=BAD) == [JobFailed(BAD)]


@pytest.mark.parametrize(
    ("reason", "error", "says"),
    [
        (
            EndReason.WORKER_LOST,
            AnyTaskError,
            "map 0: its worker was lost 3 times; is it the task?\nmap 0 is running\n  0.000 att",
        ),
        (
            EndReason.OUTPUT_LOST,
            FetchError,
            "cannot fetch 0 map output(s) from : could not fetch map outputs, 3 times\nmap 0 is r",
        ),
        (
            EndReason.CANCELLED,
            AnyTaskError,
            "map 0: cancelled, and the attempts are used up\nmap 0 is running\n  0.000 attempt 0:",
        ),
    ],
)
def test_a_task_does_not_go_round_for_ever(
    reason: EndReason, error: type[Exception], says: str
) -> None:
    job = Fed(maps=1, reduces=1, workers="a", policy=Policy(max_losses=3))
    job.begin()
    assert job.fail(m(0, 0), "a", reason) == [start(m(0, 1), "a")]
    assert job.fail(m(0, 1), "a", reason) == [start(m(0, 2), "a")]
    caught = failure(job.fail(m(0, 2), "a", reason))
    assert type(caught) is error
    assert str(caught).startswith(says)


def test_how_the_last_call_ended_is_not_all_that_is_told_of_lost_workers() -> None:
    job = Fed(maps=1, reduces=1, workers="a", policy=Policy(max_losses=2))
    job.begin()
    ended = MapReduceError("the connection has ended")
    job.fail(m(0), "a", EndReason.WORKER_LOST, error=ended)
    caught = failure(job.fail(m(0, 1), "a", EndReason.WORKER_LOST, error=ended))
    assert str(caught).startswith("map 0: its worker was lost 2 times; is it the task?")


def test_success_is_no_reason_to_fail() -> None:
    job = Fed(maps=1, reduces=1)
    job.begin()
    with pytest.raises(ValueError, match=r"^map 0 attempt 0 cannot fail by success"):
        job.fail(m(0), "a", EndReason.SUCCEEDED)


def test_a_map_has_an_output_and_a_reduce_has_none() -> None:
    job = in_reduce_phase()
    says = "map attempts have an output, reduce attempts none"
    with pytest.raises(ValueError, match=rf"^reduce 0 attempt 0: {says}"):
        job.feed(AttemptSucceeded(r(0), "a", output(m(0), "a")))
    with pytest.raises(ValueError, match=rf"^map 0 attempt 0: {says}"):
        job.feed(AttemptSucceeded(m(0), "a"))


# Stale and repeated reports -----------------------------------------------------------------


def test_a_stale_map_success_is_released() -> None:
    job = Fed(maps=3, reduces=1, workers="ab")
    job.begin()
    assert job.lose("a") == []
    assert job.join("a") == [start(m(2), "a")]
    assert job.ok(m(0), "a") == [ReleaseOutputs("a", ("0.0@a",))]
    assert job.fail(m(0), "a") == []
    assert job.ok(m(1), "a") == [ReleaseOutputs("a", ("1.0@a",))]
    assert job.ok(m(1), "b") == [start(m(0, 1), "b")]


def test_a_repeated_success_does_not_release_what_is_in_use() -> None:
    job = Fed(maps=2, reduces=1, workers="ab")
    job.begin()
    assert job.ok(m(0), "a") == []
    assert job.ok(m(0), "a") == []


def test_a_partition_is_committed_once() -> None:
    job = in_reduce_phase()
    assert job.ok(r(0), "a") == [CommitOutput(r(0), "a")]
    assert job.ok(r(0), "a") == []
    assert job.ok(r(0), "b") == []


def test_unknown_attempts_and_workers_are_ignored() -> None:
    job = Fed(maps=1, reduces=1)
    job.begin()
    assert job.ok(m(5), "a") == [ReleaseOutputs("a", ("5.0@a",))]
    assert job.ok(m(0), "nobody") == [ReleaseOutputs("nobody", ("0.0@nobody",))]
    assert job.fail(r(0), "a") == []
    assert job.fail(r(9), "a") == []
    assert job.lose("nobody") == []


def test_joining_twice_and_being_lost_twice() -> None:
    job = Fed(maps=4, reduces=1, workers="ab")
    job.begin()
    assert job.join("a") == []
    assert job.lose("a") == []
    assert job.lose("a") == []
    assert job.join("a") == [start(m(2), "a")]
    assert job.core.snapshot().lost_workers == 1


# Lost workers and lost outputs --------------------------------------------------------------


def test_a_worker_lost_in_the_map_phase() -> None:
    job = Fed(maps=5, reduces=1, workers="ab")
    job.begin()
    assert job.ok(m(0), "a") == [start(m(2), "a")]
    assert job.lose("a") == []
    assert job.ok(m(1), "b") == [start(m(0, 1), "b")]
    assert job.ok(m(0, 1), "b") == [start(m(2, 1), "b")]
    assert job.ok(m(2, 1), "b") == [start(m(3), "b")]


def test_a_worker_lost_in_the_reduce_phase() -> None:
    job = in_reduce_phase("abc", reduces=3)
    assert job.lose("a") == []
    # Its map goes first, its reduce waits for that; the running reduces go on.
    assert job.ok(r(1), "b") == [CommitOutput(r(1), "b"), start(m(0, 1), "b")]
    assert job.ok(r(2), "c") == [CommitOutput(r(2), "c")]
    outputs = (output(m(0, 1), "b"), output(m(1), "b"), output(m(2), "c"))
    assert job.ok(m(0, 1), "b") == [start(r(0, 1), "c", outputs)]
    assert job.ok(m(0), "a") == [ReleaseOutputs("a", ("0.0@a",))]
    assert job.ok(r(0, 1), "c") == [
        CommitOutput(r(0, 1), "c"),
        ReleaseOutputs("b", ("1.0@b", "0.1@b")),
        ReleaseOutputs("c", ("2.0@c",)),
        JobSucceeded(),
    ]


def test_maps_do_not_run_again_once_all_reduces_are_done() -> None:
    job = in_reduce_phase()
    job.ok(r(0), "a")
    assert job.ok(r(1), "b")[-1] == JobSucceeded()
    assert job.lose("a") == []
    assert job.tick(1) == []


def test_a_failed_fetch_runs_the_map_again_elsewhere() -> None:
    job = in_reduce_phase("abc", reduces=2)
    # b could not read from a: the map leaves a, the reduce leaves b, c was idle.
    assert job.fail(r(1), "b", EndReason.OUTPUT_LOST, lost=("0.0@a",)) == [start(m(0, 1), "c")]
    outputs = (output(m(0, 1), "c"), output(m(1), "b"), output(m(2), "c"))
    assert job.ok(m(0, 1), "c") == [start(r(1, 1), "c", outputs)]
    assert job.ok(r(0), "a") == [CommitOutput(r(0), "a")]
    # The output that was given up might still be there, and r 0 might read it: its release waits.
    assert job.ok(r(1, 1), "c") == [
        CommitOutput(r(1, 1), "c"),
        ReleaseOutputs("a", ("0.0@a",)),
        ReleaseOutputs("b", ("1.0@b",)),
        ReleaseOutputs("c", ("2.0@c", "0.1@c")),
        JobSucceeded(),
    ]


def test_a_map_whose_output_could_not_be_fetched_leaves_its_worker() -> None:
    job = in_reduce_phase("ab", reduces=2)
    # a has been idle for longer than b, which has this moment given up fetching from it.
    assert job.ok(r(0), "a") == [CommitOutput(r(0), "a")]
    assert job.fail(r(1), "b", EndReason.OUTPUT_LOST, lost=("0.0@a",)) == [start(m(0, 1), "b")]


def test_a_fetch_that_failed_for_an_old_output_runs_only_the_reduce_again() -> None:
    job = in_reduce_phase("abc", reduces=2)
    job.lose("a")
    outputs = (output(m(0, 1), "c"), output(m(1), "b"), output(m(2), "c"))
    assert job.ok(m(0, 1), "c") == [start(r(0, 1), "c", outputs)]
    job.join("a")
    assert job.fail(r(1), "b", EndReason.OUTPUT_LOST, lost=("0.0@a", "what?")) == [
        start(r(1, 1), "a", outputs)
    ]


def test_the_second_report_of_a_lost_output_costs_nothing_more() -> None:
    job = in_reduce_phase("abc", reduces=3)
    assert job.fail(r(1), "b", EndReason.OUTPUT_LOST, lost=("0.0@a",)) == [start(m(0, 1), "b")]
    assert job.fail(r(2), "c", EndReason.OUTPUT_LOST, lost=("0.0@a",)) == []
    assert job.core.snapshot().maps.running == 1


# The end --------------------------------------------------------------------------------------


def test_after_the_end_only_late_outputs_are_released() -> None:
    job = Fed(maps=4, reduces=1, workers="ab")
    job.begin()
    assert job.feed(JobCancelled())[:-1] == [cancel(m(0), "a"), cancel(m(1), "b")]
    assert job.ok(m(0), "a") == [ReleaseOutputs("a", ("0.0@a",))]
    assert job.ok(m(0), "a") == [ReleaseOutputs("a", ("0.0@a",))]
    assert job.fail(m(1), "b") == []
    assert job.join("z") == []
    assert job.lose("a") == []
    assert job.feed(JobStarted()) == []
    assert job.feed(JobCancelled()) == []
    assert job.feed(MapOutputRestored(0, "b", output(m(0), "b"))) == [
        ReleaseOutputs("b", ("0.0@b",))
    ]
    assert job.tick(1000) == []


def test_a_worker_that_comes_back_after_the_end_is_told_to_forget() -> None:
    job = in_reduce_phase("abc", reduces=1)
    assert job.lose("b") == [start(m(1, 1), "c")]
    job.ok(m(1, 1), "c")
    assert job.ok(r(0), "a")[-1] == JobSucceeded()
    assert job.join("b") == [ReleaseOutputs("b", ("1.0@b",))]
    assert job.join("b") == []


def test_a_cancelled_job_says_so() -> None:
    job = Fed(maps=1, reduces=1)
    error = failure(job.feed(JobCancelled()))
    assert isinstance(error, Cancelled)
    assert str(error) == "the job was cancelled"


def test_a_job_may_be_ended_for_an_error_outside_of_attempts() -> None:
    job = Fed(maps=1, reduces=1)
    job.begin()
    full = DiskError("no space left")
    assert job.feed(JobCancelled(full)) == [cancel(m(0), "a"), JobFailed(full)]


def test_without_any_worker_the_job_fails_after_a_grace() -> None:
    job = Fed(maps=1, reduces=1)
    job.join("a")
    job.lose("a")
    assert job.core.snapshot().grace_left is None
    job.feed(JobStarted())
    assert job.tick(29.9) == []
    error = failure(job.tick(0.1))
    assert isinstance(error, NoWorkersError)
    assert str(error) == "no worker has answered for 30 s"


def test_the_grace_begins_when_the_last_worker_is_lost() -> None:
    job = Fed(maps=3, reduces=1, policy=Policy(worker_grace=10))
    job.begin()
    job.tick(100)
    assert job.lose("a") == []
    job.tick(9)
    assert job.core.snapshot().grace_left is None
    assert job.lose("b") == []
    assert job.tick(9) == []
    assert job.core.snapshot().grace_left == 1
    assert job.tick(0.5) == []
    assert job.core.snapshot().grace_left == 0.5
    assert job.join("a") == [start(m(0, 1), "a")]
    assert job.core.snapshot().grace_left is None
    assert job.tick(100) == []
    assert job.lose("a") == []
    assert isinstance(failure(job.tick(10)), NoWorkersError)
    assert job.core.snapshot().grace_left is None


def test_a_repeated_start_forgets_no_failure() -> None:
    job = Fed(maps=2, reduces=1)
    job.begin()
    assert job.fail(m(0), "a") == []
    assert job.feed(JobStarted()) == []
    assert job.ok(m(1), "b") == [start(m(0, 1), "b")]


def test_a_final_failure_ends_the_other_attempt_of_the_task() -> None:
    job = Fed(maps=2, reduces=1, policy=Policy(map_failures_percent=50))
    job.begin()
    job.ok(m(1), "b", after=10)
    assert job.tick(20) == [start(m(0, 1), "b")]
    outputs = (output(m(1), "b"),)
    assert job.fail(m(0), "a", final=True) == [cancel(m(0, 1), "b"), start(r(0), "a", outputs)]


def test_the_output_of_a_lost_worker_is_made_again_wherever_there_is_a_place() -> None:
    """The worker itself may make it again, when it is back: nothing speaks against it."""
    job = Fed(maps=2, reduces=1)
    job.begin()
    job.ok(m(0), "a")
    assert job.lose("a") == []
    assert "\n  0.000 output lost on a" in job.core.story(map_task(0))
    assert job.join("a") == [start(m(0, 1), "a")]


# Strict and sticky ------------------------------------------------------------------------------


def strict(maps: int, reduces: int, workers: str = "ab") -> Fed:
    return Fed(maps, reduces, workers, policy=Policy(strict_round_robin=True))


def test_strict_maps_are_retried_in_place() -> None:
    job = strict(4, 1)
    job.begin()
    assert job.fail(m(0), "a") == [start(m(0, 1), "a")]
    assert job.ok(m(1), "b") == [start(m(3), "b")]
    assert job.ok(m(3), "b") == []


def test_strict_waits_for_the_worker_and_then_fails() -> None:
    job = strict(2, 1)
    job.begin()
    job.ok(m(1), "b")
    assert job.lose("a") == []
    assert job.tick(29) == []
    assert job.core.snapshot().grace_left == 1
    assert job.join("a") == [start(m(0, 1), "a")]
    job.lose("a")
    assert job.tick(29) == []
    actions = job.tick(1)
    assert actions[:-1] == [ReleaseOutputs("b", ("1.0@b",))]
    error = failure(actions)
    assert isinstance(error, NoWorkersError)
    assert str(error) == (
        "worker a has not answered for 30 s, and its map tasks may run nowhere else"
    )


def test_strict_fails_if_a_needed_worker_never_comes() -> None:
    job = strict(2, 1)
    job.join("a")
    job.feed(JobStarted())
    assert job.tick(29) == []
    assert isinstance(failure(job.tick(1)), NoWorkersError)


def test_strict_does_not_need_a_worker_without_maps() -> None:
    job = strict(1, 2)
    job.begin()
    job.lose("b")
    outputs = (output(m(0), "a"),)
    assert job.ok(m(0), "a", after=100) == [start(r(0), "a", outputs)]
    assert job.ok(r(0), "a") == [CommitOutput(r(0), "a"), start(r(1), "a", outputs)]


def test_strict_reduces_may_be_retried_elsewhere() -> None:
    job = strict(2, 1)
    job.begin()
    job.ok(m(0), "a")
    outputs = (output(m(0), "a"), output(m(1), "b"))
    assert job.ok(m(1), "b") == [start(r(0), "a", outputs)]
    assert job.fail(r(0), "a") == [start(r(0, 1), "b", outputs)]


def test_a_sticky_reduce_moves_only_when_its_worker_is_lost() -> None:
    job = in_reduce_phase("abc", reduces=3, sticky_reduces=True)
    outputs = (output(m(0), "a"), output(m(1), "b"), output(m(2), "c"))
    assert job.fail(r(0), "a") == [start(r(0, 1), "a", outputs)]
    job.ok(r(1), "b")
    assert job.lose("a") == [start(m(0, 1), "b")]
    outputs = (output(m(0, 1), "b"), *outputs[1:])
    assert job.ok(m(0, 1), "b") == [start(r(0, 2), "b", outputs)]


def test_a_sticky_reduce_waits_for_its_worker_to_be_free() -> None:
    job = Fed(1, 4, "ab", policy=Policy(sticky_reduces=True))
    job.begin()
    job.ok(m(0), "a")
    job.ok(r(1), "b")
    assert job.ok(r(3), "b") == [CommitOutput(r(3), "b")]
    assert job.tick(100) == []


# Resuming -------------------------------------------------------------------------------------


def test_a_resumed_job_runs_only_the_rest() -> None:
    job = Fed(3, 2, "ab", committed=frozenset({1}), first_attempt=100)
    job.join("a")
    job.join("b")
    restored, told = output(m(1, 7), "b"), TaskReport(input_records=5)
    assert job.feed(MapOutputRestored(1, "b", restored, told)) == []
    assert job.core.reports()[0][1] == told
    assert job.feed(JobStarted()) == [start(m(0, 100), "a"), start(m(2, 100), "b")]
    # From before the restart: the same task, the same worker, but an old number.
    assert job.ok(m(0, 7), "a") == [ReleaseOutputs("a", ("0.7@a",))]
    job.ok(m(2, 100), "b")
    outputs = (output(m(0, 100), "a"), restored, output(m(2, 100), "b"))
    assert job.ok(m(0, 100), "a") == [start(r(0, 100), "a", outputs)]
    assert job.ok(r(0, 100), "a") == [
        CommitOutput(r(0, 100), "a"),
        ReleaseOutputs("a", ("0.100@a",)),
        ReleaseOutputs("b", ("1.7@b", "2.100@b")),
        JobSucceeded(),
    ]


def test_a_job_whose_reduces_are_all_done_ends_at_once() -> None:
    job = Fed(3, 2, "a", committed=frozenset({0, 1}))
    job.join("a")
    assert job.feed(MapOutputRestored(1, "a", output(m(1), "a"))) == []
    assert job.feed(JobStarted()) == [ReleaseOutputs("a", ("1.0@a",)), JobSucceeded()]


def test_a_resumed_job_without_reduces_runs_only_the_rest() -> None:
    job = Fed(3, 0, "a", committed=frozenset({0, 2}), first_attempt=100)
    job.join("a")
    assert job.feed(JobStarted()) == [start(m(1, 100), "a")]
    assert job.feed(AttemptSucceeded(m(1, 100), "a", None)) == [
        CommitOutput(m(1, 100), "a"),
        JobSucceeded(),
    ]


def test_an_output_that_was_let_go_is_not_restored() -> None:
    job = Fed(1, 1, "a", first_attempt=100)
    # A report of the last life comes before the worker has joined the new one.
    assert job.ok(m(0, 7), "a") == [ReleaseOutputs("a", ("0.7@a",))]
    job.join("a")
    assert job.feed(MapOutputRestored(0, "a", output(m(0, 7), "a"))) == [
        ReleaseOutputs("a", ("0.7@a",))
    ]
    assert job.feed(JobStarted()) == [start(m(0, 100), "a")]


def test_an_output_restored_too_late_twice_or_from_nowhere_is_released() -> None:
    job = Fed(2, 1, "ab")
    out, other = output(m(0, 1), "a"), output(m(0, 2), "a")
    assert job.feed(MapOutputRestored(0, "z", output(m(0), "z"))) == [
        ReleaseOutputs("z", ("0.0@z",))
    ]
    job.join("a")
    assert job.feed(MapOutputRestored(9, "a", output(m(9), "a"))) == [
        ReleaseOutputs("a", ("9.0@a",))
    ]
    assert job.feed(MapOutputRestored(0, "a", out)) == []
    assert job.feed(MapOutputRestored(0, "a", out)) == []
    assert job.feed(MapOutputRestored(0, "a", other)) == [ReleaseOutputs("a", ("0.2@a",))]
    assert job.feed(JobStarted()) == [start(m(1), "a")]
    late = output(m(1, 9), "a")
    assert job.feed(MapOutputRestored(1, "a", late)) == [ReleaseOutputs("a", ("1.9@a",))]
    assert "output restored on a" in job.core.story(map_task(0))


#: Half of the maps may fail, each at its first try.
HALF_OF_THE_MAPS = Policy(max_attempts=1, map_failures_percent=50)


def test_a_job_may_do_without_some_of_its_maps() -> None:
    job = Fed(maps=2, reduces=1, policy=HALF_OF_THE_MAPS)
    job.begin()
    assert job.fail(m(0), "a") == []
    out = (output(m(1), "b"),)
    assert job.ok(m(1), "b") == [start(r(0), "a", out)]
    assert JobSucceeded() in job.ok(r(0), "a")


def test_a_job_may_do_without_its_last_maps() -> None:
    job = Fed(maps=4, reduces=1, policy=HALF_OF_THE_MAPS)
    job.begin()
    job.ok(m(0), "a")
    job.ok(m(1), "b")
    assert job.fail(m(2), "a") == []
    out = (output(m(0), "a"), output(m(1), "b"))
    assert job.fail(m(3), "b") == [start(r(0), "a", out)]


def test_a_map_that_is_given_up_late_is_left_out_of_what_was_told() -> None:
    """Its output was there once, and a reduce was told of it."""
    job = Fed(maps=2, reduces=2, policy=HALF_OF_THE_MAPS)
    job.begin()
    job.ok(m(0), "a")
    job.ok(m(1), "b")
    assert job.fail(r(1), "b", EndReason.OUTPUT_LOST, lost=("0.0@a",)) == [start(m(0, 1), "b")]
    assert job.fail(m(0, 1), "b") == []
    assert job.ok(r(0), "a") == [
        CommitOutput(r(0), "a"),
        start(r(1, 1), "a", (output(m(1), "b"),)),
    ]


def test_a_map_more_than_may_fail_fails_the_job() -> None:
    job = Fed(maps=2, reduces=1, policy=HALF_OF_THE_MAPS)
    job.begin()
    job.fail(m(0), "a")
    assert isinstance(job.fail(m(1), "b")[-1], JobFailed)


def test_reduces_may_have_fewer_attempts_than_maps_and_may_fail_too() -> None:
    policy = Policy(max_attempts=2, max_reduce_attempts=1, reduce_failures_percent=50)
    job = Fed(maps=0, reduces=2, policy=policy)
    job.begin()
    assert job.fail(r(0), "a") == []
    assert job.ok(r(1), "b") == [CommitOutput(r(1), "b"), JobSucceeded()]
