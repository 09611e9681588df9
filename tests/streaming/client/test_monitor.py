"""A client tells of attempts that fail, and of each cause in full only once."""

from __future__ import annotations

from pathlib import Path

import pytest

from hadoopless.errors import DiskError, MapReduceError, ProgramFailed
from hadoopless.failure import Failure, Role
from hadoopless.job import AttemptId, TaskId
from hadoopless.scheduler import AttemptFailed, EndReason
from hadoopless.streaming.client.forgotten import forgotten_hint
from hadoopless.streaming.client.monitor import Monitor
from hadoopless.streaming.log import Log

JOB = "job_1_0001"
WHAT = "ended with exit code 3 (PipeMapRed.waitOutputThreads(): subprocess failed with code 3)"


class Told:
    """A monitor, and what it has written."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.kept: list[str] = []
        log = Log(self.lines.append, clock=lambda: 0.0)
        self.monitor = Monitor(log, JOB, lambda name, *_: self.kept.append(name))

    def fails(self, index: int, number: int, error: MapReduceError, *, reduce: bool = False) -> str:
        """The words that tell of an attempt that fails."""
        attempt = AttemptId(TaskId(reduce, index), number)
        self.monitor.hear(AttemptFailed(attempt, "worker", EndReason.PROGRAM_FAILED, error))
        return self.lines[-1]


@pytest.fixture
def told() -> Told:
    return Told()


def failure(task: str, directory: str = "a1", stderr: str = "no") -> ProgramFailed:
    stderr = f"/tmp/mapreduce-tasks-{directory}/task-{directory}/x: {stderr}"
    source = f"{task.split(' attempt')[0]}.txt"
    failed = Failure(WHAT, Role.MAPPER, command="./x", stderr=stderr, input=source)
    return ProgramFailed(failed, task)


def test_progress_is_told_when_it_changes(told: Told):
    for _ in range(2):
        told.monitor.finish(has_reduces=False)
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
    assert told.monitor.reason(error) == str(error)
    told.fails(2, 3, error, reduce=True)
    assert told.monitor.reason(error) == f"Task failed task_1_0001_r_000002: {WHAT}"
    assert told.monitor.reason(DiskError("no space")) == "no space"


@pytest.mark.parametrize(
    "stderr",
    [
        "FileNotFoundError: [Errno 2] No such file or directory: 'stop.txt'",
        "./map.sh: line 2: stop.txt: No such file or directory",
        "Can't open 'stop.txt': No such file or directory at ./map.pl line 3.",
        "awk: fatal: cannot open file `stop.txt' for reading: No such file or directory",
        "Error: ENOENT: no such file or directory, open 'stop.txt'",
        "map.rb:1:in `read': No such file or directory @ rb_sysopen - stop.txt (Errno::ENOENT)",
        "cat: /tmp/mapreduce-tasks-ab12/task-cd34/stop.txt: No such file or directory",
    ],
)
def test_a_file_that_was_not_shipped_is_named(stderr: str, tmp_path: Path):
    for name in ("stop.txt", "map.sh", "map.pl", "map.rb"):
        (tmp_path / name).touch()
    hint = forgotten_hint(f"Traceback\n{stderr}\n", str(tmp_path), ["map.sh", "map.pl", "map.rb"])
    assert hint.endswith("let it go with the job: -files stop.txt")


def test_a_file_that_a_program_expects_beside_itself(tmp_path: Path):
    (tmp_path / "stop.txt").touch()
    missing = "cat: /tmp/mapreduce-files-x_1/0/stop.txt: No such file or directory"
    hint = forgotten_hint(missing, str(tmp_path), [])
    assert "-files stop.txt and open it by its name alone: " in hint


def test_files_that_are_nowhere_or_were_not_missed_are_not_named(tmp_path: Path):
    (tmp_path / "stop.txt").touch()
    for stderr in ("No such file or directory: 'other'", "bad word in stop.txt", ""):
        assert forgotten_hint(stderr, str(tmp_path), []) == ""
    outside = f"No such file or directory: '../{tmp_path.name}/stop.txt'"
    assert forgotten_hint(outside, str(tmp_path), []) == ""


def test_what_lies_in_a_directory_comes_with_it(tmp_path: Path):
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "stop.txt").touch()
    hint = forgotten_hint("words/stop.txt: No such file or directory", str(tmp_path), [])
    assert hint.endswith("-files words")
