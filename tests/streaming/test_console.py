"""What a client tells of attempts that fail."""

from __future__ import annotations

import pytest

from mapreduce.errors import DiskError, MapReduceError, ProgramFailed
from mapreduce.job import AttemptId, TaskId
from mapreduce.scheduler import AttemptFailed, EndReason
from mapreduce.streaming.console import Console
from mapreduce.streaming.log import Log

JOB = "job_1_0001"
WHAT = "ended with exit code 3 (PipeMapRed.waitOutputThreads(): subprocess failed with code 3)"


class Told:
    """A console, and what it has written."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.kept: list[str] = []
        log = Log(self.lines.append, clock=lambda: 0.0)
        self.console = Console(log, JOB, lambda name, *_: self.kept.append(name))

    def fails(self, index: int, number: int, error: MapReduceError, *, reduce: bool = False) -> str:
        """What is told of an attempt that fails."""
        attempt = AttemptId(TaskId(reduce, index), number)
        self.console.hear(AttemptFailed(attempt, "worker", EndReason.PROGRAM_FAILED, error))
        return self.lines[-1]


@pytest.fixture
def told() -> Told:
    return Told()


def failure(task: str, directory: str = "a1", stderr: str = "no") -> ProgramFailed:
    stderr = f"/tmp/mapreduce-tasks-{directory}/task-{directory}/x: {stderr}"
    return ProgramFailed(WHAT, task, "./x", f"{task.split(' attempt')[0]}.txt", stderr)


def test_progress_is_told_when_it_changes(told: Told):
    for _ in range(2):
        told.console.finish(has_reduces=False)
    assert [line.split(" mapreduce.Job: ")[1] for line in told.lines] == [
        "Job job_1_0001 running in uber mode : false",
        " map 100% reduce 0%",
    ]


def test_the_first_is_told_in_full(told: Told):
    error = failure("map 0 attempt 0")
    record = told.fails(0, 0, error)
    first, rest = record.split("\n", 1)
    assert first.endswith(
        " INFO mapreduce.Job: Task Id : attempt_1_0001_m_000000_0, Status : FAILED"
    )
    assert rest == str(error)


def test_the_others_in_short(told: Told):
    told.fails(0, 0, failure("map 0 attempt 0"))
    again = told.fails(0, 1, failure("map 0 attempt 1", "b2"))
    same = "  the same as in attempt_1_0001_m_000000_0, which is told above"
    assert again.split("\n")[1:] == [f"map 0 attempt 1: {WHAT}", same]
    other = told.fails(7, 0, failure("map 7 attempt 0", "c3"))
    assert other.split("\n")[1:] == [f"map 7 attempt 0: {WHAT}", same, "  input:   map 7.txt"]
    assert len(told.kept) == 3


def test_another_failure_is_told_in_full(told: Told):
    told.fails(0, 0, failure("map 0 attempt 0"))
    error = failure("map 0 attempt 1", stderr="never")
    assert told.fails(0, 1, error).endswith(str(error))


def test_why_the_job_has_failed(told: Told):
    error = failure("reduce 2 attempt 3")
    assert told.console.reason(error) == str(error)
    told.fails(2, 3, error, reduce=True)
    assert told.console.reason(error) == f"Task failed task_1_0001_r_000002: {WHAT}"
    assert told.console.reason(DiskError("no space")) == "no space"
