"""When there is no line to run a failed task again; the lines themselves are run elsewhere."""

from __future__ import annotations

from pathlib import Path

from mapreduce.errors import ProgramFailed
from mapreduce.job import AttemptId, JobSpec, Split, TaskId
from mapreduce.rules import Rules
from mapreduce.streaming.again import KEEP, Surroundings, explain


def test_the_input_is_gone(tmp_path: Path):
    split = Split(str(tmp_path / "gone"), 0, 5)
    spec = JobSpec("cat", "cat", (split,), 1, str(tmp_path / "out"), str(tmp_path), rules=Rules())
    error = ProgramFailed("ended with exit code 1", command="cat")
    explain(error, AttemptId(TaskId(False, 0), 0), spec, Surroundings())
    assert KEEP in error.replay
