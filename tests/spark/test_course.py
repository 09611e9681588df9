"""The course of a job by a Spark that is made for the tests: failures, and what it tells wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hadoopless.coordinator.recorder import Surroundings, recording
from hadoopless.engines.spark import course, failures, job, session
from hadoopless.engines.spark.course import JOB, Course, Listeners
from hadoopless.engines.spark.failures import Failures
from hadoopless.engines.spark.place import Done
from hadoopless.engines.spark.transports.transport import Stage
from hadoopless.errors import DiskError, ProgramFailed, WorkerError
from hadoopless.failure import Failure, Role
from hadoopless.job import AttemptId, JobSpec, Split, TaskReport, map_task
from tests.processes import until

FAILED = ProgramFailed(Failure("ended with exit code 3", Role.MAPPER, exit=3), "map task")


class FakeSpark:
    """A transport that begins nothing by itself."""

    def __init__(self, *done: Done) -> None:
        self.done = done
        self.cancelled = threading.Event()

    def setting(self, name: str, usual: str) -> str:
        return usual

    def begin(self, group: str) -> None:
        pass

    def prefer_hosts(self, spec: JobSpec) -> None:
        pass

    def each(self, work: Any, count: int) -> Sequence[Any]:
        return self.done

    def through(self, maps: Any, reduce: Any, count: int, partitions: int) -> Sequence[Done]:
        return self.done

    def stages(self, group: str) -> Sequence[Stage]:
        return ()

    def cancel(self, group: str) -> None:
        self.cancelled.set()


def spec_in(place: Path, attempts: int = 2) -> JobSpec:
    splits = Split("a"), Split("b")
    return JobSpec("cat", "cat", splits, 1, ".", str(place), max_attempts=attempts, job_id="j")


@pytest.fixture
def staging(tmp_path: Path) -> Path:
    (tmp_path / failures.DIRECTORY).mkdir()
    return tmp_path


def course_in(
    staging: Path, spark: FakeSpark, say: Callable[[str], None] = lambda line: None
) -> Course:
    listeners = Listeners(lambda snapshot: None, lambda event: None, say)
    return Course(spark, spec_in(staging), Failures(str(staging)), listeners)


def fail(staging: Path, unique: int) -> None:
    """The map 0 fails; *unique* is the number of its attempt among all of Spark's."""
    told = failures.Told(AttemptId(map_task(0), unique), "host/1", FAILED, 1.0, 2.0)
    failures.tell(staging, told, unique)


def until_heard(heard: Course, staging: Path, unique: int) -> None:
    fail(staging, unique)
    until(lambda: heard.failed, lambda: "the failure was not heard")


def test_the_last_failure_of_a_task_ends_the_job(staging: Path) -> None:
    spark = FakeSpark()
    heard = course_in(staging, spark)
    fail(staging, 0)
    fail(staging, 1)
    with pytest.raises(ProgramFailed, match="ended with exit code 3"):
        heard.result(JOB, lambda: spark.cancelled.wait(60))
    assert spark.cancelled.is_set()
    assert [one.event.attempt.number for one in heard.failed] == [0, 1]


def test_failures_of_the_sample_are_none_of_the_job(staging: Path) -> None:
    spark = FakeSpark()
    heard = course_in(staging, spark)
    heard.result("sample", lambda: until_heard(heard, staging, 0))
    assert len(heard.failed) == 1
    heard.result(JOB, lambda: until_heard(heard, staging, 1))
    assert [one.event.attempt.number for one in heard.failed] == [1]
    assert not spark.cancelled.is_set()


def test_spark_gives_up(staging: Path) -> None:
    def give_up() -> None:
        raise RuntimeError("Job aborted\nand so on")

    heard = course_in(staging, FakeSpark())
    with pytest.raises(WorkerError, match=r"^Spark has given up the job: Job aborted$"):
        heard.result(JOB, give_up)

    def give_up_after_a_failure() -> None:
        until_heard(heard, staging, 0)
        give_up()

    with pytest.raises(ProgramFailed, match="ended with exit code 3"):
        heard.result(JOB, give_up_after_a_failure)


def test_a_job_without_executors_tells_so(staging: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "PATIENCE", 0.0)
    told: list[str] = []
    said = threading.Event()

    def say(line: str) -> None:
        told.append(line)
        said.set()

    course_in(staging, FakeSpark(), say).result(JOB, lambda: said.wait(60))
    assert len(told) == 1
    assert told[0].startswith("Spark has given the job no executor yet")


def done(index: int, *maps: Done) -> Done:
    return Done(index, "left", TaskReport(), "host/1", 0, 1.0, 2.0, maps)


@pytest.mark.parametrize(
    ("told", "error", "text"),
    [
        (
            [done(0, done(0), done(0))],
            WorkerError,
            "of 2 of 2 map tasks twice or never: of map 0 2",
        ),
        ([], WorkerError, "of 2 of 2 map tasks twice or never: of map 0 0 times"),
        ([done(0, done(1), done(0))], DiskError, "the output of a task that has succeeded is not"),
    ],
)
def test_a_job_of_which_spark_tells_wrong_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: Sequence[Done],
    error: type[Exception],
    text: str,
) -> None:
    @contextmanager
    def started(*_: object) -> Iterator[FakeSpark]:
        yield FakeSpark(*told)

    monkeypatch.setattr(session, "started", started)
    spec = spec_in(tmp_path)
    listeners = Listeners(lambda snapshot: None, lambda event: None, lambda line: None)
    with (
        pytest.raises(error, match=text),
        recording(spec, Surroundings("spark"), time.monotonic()) as recorder,
    ):
        job.run(spec, session.Choice({}), listeners, recorder, looks=False)
    assert list(tmp_path.iterdir()) == []
