"""The line about the first failure of a job."""

from __future__ import annotations

import pytest

from hadoopless.errors import FetchError, MapReduceError, ProgramFailed, ProgramTimedOut
from hadoopless.failure import Failure, Role
from hadoopless.job import AttemptId, TaskId, map_task, reduce_task
from hadoopless.scheduler import AttemptFailed, EndReason
from hadoopless.ui.failures import FirstFailure, failure_line

LOGS = "hadoopless logs last"


def failed(
    what: str = "ended with exit code 1",
    stderr: str | None = None,
    *,
    task: TaskId | None = None,
    role: Role = Role.MAPPER,
) -> AttemptFailed:
    error = ProgramFailed(Failure(what, role, stderr=stderr), "map 3 attempt 0")
    return AttemptFailed(AttemptId(task or map_task(3), 0), "w", EndReason.PROGRAM_FAILED, error)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            failed(stderr="Traceback:\n  a line\nValueError: bad\n"),
            "map 3: ended with exit code 1: ValueError: bad; see: hadoopless logs last map-3",
        ),
        (
            failed("was killed by SIGSEGV", "", task=reduce_task(0), role=Role.REDUCER),
            "reduce 0: was killed by SIGSEGV; see: hadoopless logs last reduce-0",
        ),
        (
            failed(role=Role.COMBINER),
            "map 3: the combiner ended with exit code 1; see: hadoopless logs last map-3",
        ),
        (
            AttemptFailed(AttemptId(map_task(1), 2), "w", EndReason.TIMED_OUT),
            "map 1: timed out; see: hadoopless logs last map-1",
        ),
    ],
)
def test_the_line(event: AttemptFailed, line: str) -> None:
    assert failure_line(event, LOGS) == line


def test_without_a_log_there_is_nothing_to_see() -> None:
    assert failure_line(failed(stderr="bad"), "") == "map 3: ended with exit code 1: bad"


@pytest.mark.parametrize(("width", "rows"), [(160, 1), (110, 1), (80, 2), (60, 2)])
def test_a_long_message_is_cut(width: int, rows: int) -> None:
    line = failure_line(failed(stderr="x" * 1000), LOGS, width)
    assert line.endswith("xxx...; see: hadoopless logs last map-3")
    assert len(line) == rows * width - 1
    assert len(failure_line(failed(stderr="x" * 1000), LOGS)) < 300


def test_the_first_failure_of_a_program_is_told_alone() -> None:
    said: list[str] = []
    tell = FirstFailure(said.append, LOGS, lambda: None)
    error: MapReduceError = FetchError("gone", "w", ("1",))
    tell(AttemptFailed(AttemptId(reduce_task(0), 0), "w", EndReason.OUTPUT_LOST, error))
    assert said == []
    slow = ProgramTimedOut(Failure("ran longer than 3 s", Role.MAPPER))
    tell(AttemptFailed(AttemptId(map_task(0), 0), "w", EndReason.TIMED_OUT, slow))
    tell(failed())
    assert said == ["map 0: ran longer than 3 s; see: hadoopless logs last map-0"]
