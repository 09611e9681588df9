"""Errors arrive on the other side as they were."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from hadoopless import errors
from hadoopless.failure import Failure, Role
from hadoopless.wire.messages import failures
from tests.wire.messages.strategies import HOSTILE, by_json

SIMPLE = [
    errors.UsageError,
    errors.InputError,
    errors.InputChanged,
    errors.ForbiddenError,
    errors.NoWorkersError,
    errors.DiskError,
    errors.WorkerError,
    errors.StoreError,
    errors.Unproven,
    errors.UnknownMapOutput,
    errors.UnknownSession,
    errors.Cancelled,
]
OF_TASKS = [
    errors.ProgramFailed,
    errors.ProgramTimedOut,
    errors.BadInputData,
    errors.RecordTooLarge,
]
WHOLE = Failure(
    "what",
    Role.MAPPER,
    command="command -x",
    exit=-9,
    stderr="line\nline",
    input="0.in",
    replay="cd x && y",
)
ERRORS = [
    *(kind("some\nreason \udcff") for kind in SIMPLE),
    *(kind(WHOLE, "map 3") for kind in OF_TASKS),
    *(kind(Failure("what alone")) for kind in OF_TASKS),
    *(errors.ProgramFailed(Failure("what", role, stderr="")) for role in Role),
    errors.FetchError("what", "http://w:1", ("a", "b")),
    errors.FetchError("what"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_arrive_as_they_were(error: errors.MapReduceError) -> None:
    reply = by_json(failures.error_reply(error))
    assert reply["status"] == "error"
    assert reply["message"] == str(error)
    parsed = failures.parse_error(reply)
    assert type(parsed) is type(error)
    assert str(parsed) == str(error)
    assert vars(parsed) == vars(error)


def all_errors(base: type[errors.MapReduceError]) -> set[type[errors.MapReduceError]]:
    below = base.__subclasses__()
    return set(below).union(*(all_errors(one) for one in below))


def test_no_error_is_forgotten() -> None:
    ours = {
        kind for kind in all_errors(errors.MapReduceError) if kind.__module__ == errors.__name__
    }
    # PortInUse ends a process; the others are never raised by a worker.
    untold = {errors.PortInUse, errors.TaskError, errors.WorkerTrouble}
    assert ours - untold == {type(error) for error in ERRORS}
    assert len({kind.kind for kind in ours}) == len(ours)


def test_an_error_of_a_plain_worker_is_the_programs() -> None:
    error = failures.parse_error({"status": "error", "message": "no mapper"})
    assert isinstance(error, errors.ProgramFailed)
    assert str(error) == "no mapper"
    assert str(failures.parse_error({})) == "the worker gave no reason"


@given(HOSTILE)
def test_hostile_errors(reply: dict[str, Any]) -> None:
    assert isinstance(failures.parse_error(reply), errors.MapReduceError)
    assert str(failures.parse_error(reply)) is not None
