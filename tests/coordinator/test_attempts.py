"""Who or what is blamed for the end of an attempt, and what a user is told of it."""

from __future__ import annotations

import pytest

from hadoopless import errors
from hadoopless.coordinator.attempts import failure
from hadoopless.job import AttemptId, map_task
from hadoopless.scheduler import EndReason

ATTEMPT = AttemptId(map_task(3), 1)
WORKER = "http://127.0.0.1:8701"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (errors.ProgramFailed("exit code 1"), EndReason.PROGRAM_FAILED),
        (errors.BadInputData("cannot be unpacked"), EndReason.PROGRAM_FAILED),
        (errors.RecordTooLarge("a record of 7 GB"), EndReason.PROGRAM_FAILED),
        (errors.InputError("no such program"), EndReason.PROGRAM_FAILED),
        (errors.UsageError("no program given"), EndReason.PROGRAM_FAILED),
        (errors.ForbiddenError("outside the root"), EndReason.PROGRAM_FAILED),
        (errors.ProgramTimedOut("ran for too long"), EndReason.TIMED_OUT),
        (errors.FetchError("gone", "http://w:1", ("a", "b")), EndReason.OUTPUT_LOST),
        (errors.Cancelled("stopped"), EndReason.CANCELLED),
    ],
    ids=repr,
)
def test_errors_keep_their_words(error: errors.MapReduceError, reason: EndReason):
    event = failure(ATTEMPT, WORKER, error)
    assert (event.attempt, event.worker, event.reason) == (ATTEMPT, WORKER, reason)
    assert event.error is error
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
    event = failure(ATTEMPT, WORKER, error)
    assert event.reason is EndReason.WORKER_TROUBLE
    assert not event.final
    assert isinstance(event.error, errors.WorkerError)
    assert str(event.error) == f"map 3 attempt 1: {WORKER} is in trouble: {error}"
    assert f"{WORKER} is in trouble" in caplog.text
