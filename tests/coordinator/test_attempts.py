"""The end of an attempt is blamed on the right cause, and its user is told of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from hadoopless import errors
from hadoopless.coordinator.attempts import (
    failed,
    fetch_order,
    map_request,
    reduce_request,
    with_reduce_line,
)
from hadoopless.failure import Failure, Role
from hadoopless.job import AttemptId, JobSpec, MapOutput, Split, Sum, map_task, reduce_task
from hadoopless.rules import Rules
from hadoopless.scheduler import EndReason, FetchAhead
from hadoopless.wire.messages.fetch_ahead import Order, Source

ATTEMPT = AttemptId(map_task(3), 1)
SPEC = JobSpec("./map it", "tac", (Split("0.in"), Split("1.in")), 2, "out", "/job")
WORKER = "http://127.0.0.1:8701"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (errors.ProgramFailed(Failure("exit code 1")), EndReason.PROGRAM_FAILED),
        (errors.BadInputData(Failure("cannot be unpacked")), EndReason.PROGRAM_FAILED),
        (errors.RecordTooLarge(Failure("a record of 7 GB")), EndReason.PROGRAM_FAILED),
        (errors.InputError("no such program"), EndReason.PROGRAM_FAILED),
        (errors.UsageError("no program given"), EndReason.PROGRAM_FAILED),
        (errors.ForbiddenError("outside the root"), EndReason.PROGRAM_FAILED),
        (errors.ProgramTimedOut(Failure("ran for too long")), EndReason.TIMED_OUT),
        (errors.FetchError("gone", "http://w:1", ("a", "b")), EndReason.OUTPUT_LOST),
        (errors.Cancelled("stopped"), EndReason.CANCELLED),
    ],
    ids=repr,
)
def test_errors_keep_their_words(error: errors.MapReduceError, reason: EndReason):
    event = failed(ATTEMPT, WORKER, error, SPEC, with_reduce_line)
    assert (event.attempt, event.worker, event.reason) == (ATTEMPT, WORKER, reason)
    assert type(event.error) is type(error)
    task = "map 3 attempt 1: " if isinstance(error, errors.TaskError) else ""
    assert str(event.error) == f"{task}{error}"
    assert event.final is error.final
    assert event.lost_map_outputs == getattr(error, "map_task_ids", ())


@pytest.mark.parametrize(
    "error",
    [
        errors.DiskError("cannot spill to /x: No space left on device"),
        errors.WorkerError("there is no memory left"),
        errors.UnknownMapOutput("no map output here"),
        errors.MapReduceError("of a kind that nobody knows"),
    ],
    ids=repr,
)
def test_the_trouble_of_a_worker_names_it(error: errors.MapReduceError, caplog):
    event = failed(ATTEMPT, WORKER, error, SPEC, with_reduce_line)
    assert event.reason is EndReason.WORKER_TROUBLE
    assert not event.final
    assert isinstance(event.error, errors.WorkerTrouble)
    assert event.error.failure.role is Role.WORKER
    assert str(event.error) == f"map 3 attempt 1: {WORKER} is in trouble: {error}"
    assert f"{WORKER} is in trouble" in caplog.text


def test_a_reducer_is_run_by_hand_on_all_maps(tmp_path: Path):
    spec = replace(SPEC, mapper="cat", cwd=str(tmp_path))
    failure = Failure("ended with exit code 1", Role.REDUCER, command="tac")
    told = with_reduce_line(failure, AttemptId(reduce_task(1), 0), spec)
    assert f"cd {tmp_path} && for f in 0.in 1.in; do " in told.replay
    assert told == replace(failure, replay=told.replay)


@pytest.mark.parametrize(
    "failure",
    [Failure("what"), Failure("what", command="tac", replay="sh run.sh")],
    ids=["no program", "told already"],
)
def test_a_reducer_that_needs_no_line(failure: Failure):
    assert with_reduce_line(failure, AttemptId(reduce_task(1), 0), SPEC) == failure


@pytest.mark.parametrize(("every", "chosen"), [(0, []), (1, [0, 1, 2, 3]), (2, [0, 2]), (9, [0])])
def test_one_in_so_many_tasks_is_profiled(every: int, chosen: list[int]):
    splits = tuple(Split(f"{index}.in") for index in range(4))
    spec = replace(SPEC, splits=splits, num_reducers=4, profile=every)
    maps = [map_request(spec, AttemptId(map_task(index), 0)) for index in range(4)]
    reduces = [reduce_request(spec, AttemptId(reduce_task(index), 0), ()) for index in range(4)]
    for contexts in ([one.context for one in maps], [one.context for one in reduces]):
        assert [index for index, context in enumerate(contexts) if context.profile] == chosen
    sample = map_request(replace(spec, sample_bytes=1), AttemptId(map_task(0), 0))
    assert not sample.context.profile


def test_an_order_to_fetch_ahead_asks_each_worker_once():
    one, other = (f"http://w:{port}" for port in (1, 2))
    outputs = (
        MapOutput(one, "a", 3, (10, 20), (1, 2)),
        MapOutput(other, "b", 3, (30, 40), (3, 4)),
        MapOutput(one, "c", 3, (50, 60), (5, 6)),
    )
    spec = replace(SPEC, job_id="j")
    neighbours = (("a", "b", "c"),)
    assert fetch_order(spec, FetchAhead(WORKER, 7, (1, 0), outputs, neighbours)) == Order(
        "j",
        7,
        (1, 0),
        (
            Source(one, ("a", "c"), (Sum(8, 80), Sum(6, 60))),
            Source(other, ("b",), (Sum(4, 40), Sum(3, 30))),
        ),
        neighbours,
    )


@pytest.mark.parametrize("framed", [False, True])
def test_an_order_tells_the_form_of_the_records(framed: bool):
    spec = replace(SPEC, rules=Rules(sort_values=framed))
    assert fetch_order(spec, FetchAhead(WORKER, 7)).framed is framed


def test_a_worker_that_tells_no_sums_has_no_part_in_an_order():
    outputs = (MapOutput("http://w:1", "a", 3, (10, 20)), MapOutput("http://w:2", "b", 0))
    order = fetch_order(SPEC, FetchAhead(WORKER, 7, (1,), outputs))
    assert order.sources == ()
