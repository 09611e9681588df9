"""The event log of a job on Spark, and what is said of it; no Spark is needed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from hadoopless.coordinator.attempts import failed, with_reduce_line
from hadoopless.coordinator.recorder import Surroundings, recording
from hadoopless.engines.spark.history import Failed, record
from hadoopless.engines.spark.place import Done
from hadoopless.errors import ProgramFailed
from hadoopless.failure import Failure, Role
from hadoopless.history.course import Course
from hadoopless.history.reading import read_course
from hadoopless.history.verdict import verdict_of
from hadoopless.job import AttemptId, JobSpec, Split, TaskReport, map_task

SPEC = JobSpec("cat", "cat", (Split("a"), Split("b"), Split("c")), 1, "out", "/", job_id="j1")


def done(index: int, worker: str, began: float, ended: float, *maps: Done) -> Done:
    return Done(index, "d", TaskReport(seconds=ended - began), worker, 0, began, ended, maps)


@pytest.fixture
def course(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Course:
    """Two executors: one with two maps at a time, the other with a failed map and a good one."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    at = time.time()
    maps = [done(0, "a/1", at + 10, at + 12), done(1, "a/1", at + 11, at + 13)]
    maps.append(done(2, "b/2", at + 11.5, at + 13))
    error = ProgramFailed(Failure("ended with exit code 3", Role.MAPPER, exit=3), "map task")
    event = failed(AttemptId(map_task(2), 0), "b/2", error, SPEC, with_reduce_line)
    failures: Sequence[Failed] = [Failed(event, at + 10, at + 11)]
    with recording(SPEC, Surroundings("spark"), time.monotonic()) as recorder:
        record(recorder, SPEC, [done(0, "a/1", at + 13, at + 16, *maps)], failures, at)
    return read_course(Path(recorder.path))


def test_an_executor_has_the_slots_that_it_has_used(course: Course) -> None:
    assert course.all_workers == {"a/1": 2, "b/2": 1}
    assert course.slots == 3


def test_a_failed_attempt_has_its_time(course: Course) -> None:
    (bad,) = [one for one in course.attempts if one.ended is not None and one.ended.failure]
    assert bad.began.worker == "b/2"
    assert 0.9 < bad.seconds(course.now) < 1.1


def test_the_verdict_speaks_of_spark(course: Course) -> None:
    told = " ".join(loss.told for loss in verdict_of(course).losses)
    assert "Spark needed the first 10.00 s to begin" in told
    assert "hadoopless workers" not in told
    assert "--slots" not in told
