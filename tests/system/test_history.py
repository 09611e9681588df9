"""Real jobs leave event logs, however they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hadoopless.history import store
from hadoopless.history.course import Course
from hadoopless.history.reading import read_course
from tests.oracle import REPOSITORY
from tests.pools import OurPool, coordinator_argv
from tests.processes import until
from tests.system.jobs import Job, failed, succeeded

pytestmark = pytest.mark.cluster


@pytest.fixture(autouse=True)
def _kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.ENVIRONMENT, str(tmp_path / "jobs"))


def newest() -> Course:
    return read_course(store.find("last").path)


def test_a_job_that_succeeds(pool: OurPool, job: Job) -> None:
    job.inputs(b"b\t1\na\t1\n", b"c\t1\n")
    mapper = job.script("mapper.sh", "#!/bin/sh\necho seen >&2\ncat\n")
    succeeded(job.run(pool.urls, "--env=A=secret", mapper=mapper, reducer="cat"))
    course = newest()
    assert course.job is not None
    assert course.end is not None
    assert course.job.maps == 2
    assert course.end.status == "succeeded"
    assert not course.own_workers
    assert sorted(one.task for one in course.attempts if one.counts)[:2] == ["map-0", "map-1"]
    stderr = [one.ended.stderr for one in course.attempts if one.ended and not one.is_reduce]
    assert stderr == ["seen", "seen"]
    assert b"secret" not in store.find("last").path.read_bytes()
    assert not store.runs(store.find("last").path)


def test_a_job_on_workers_of_its_own(job: Job) -> None:
    job.inputs(b"b\t1\n")
    succeeded(job.run(["embedded"], mapper="cat", reducer="cat"))
    assert newest().own_workers


def test_a_job_that_fails(pool: OurPool, job: Job) -> None:
    job.inputs(b"a\n")
    mapper = job.script("mapper.sh", "#!/bin/sh\necho no >&2\nexit 3\n")
    failed(job.run(pool.urls, "--maxAttempts=2", mapper=mapper, reducer="cat"), 4)
    course = newest()
    ends = [one.ended for one in course.attempts if one.ended]
    assert [(end.result, end.stderr) for end in ends] == [("program failed", "no")] * 2
    assert ends[0].failure is not None
    assert ends[0].failure.exit == 3
    assert "mapper.sh" in ends[0].failure.replay
    assert course.end is not None
    assert course.end.failure is not None
    assert course.end.failure.kind == "program"


def test_a_coordinator_that_is_killed(pool: OurPool, job: Job) -> None:
    job.inputs(b"a\n")
    mapper = job.script("mapper.sh", "#!/bin/sh\nsleep 1000\n")
    words = job.options(mapper=mapper, reducer="cat")
    coordinator = subprocess.Popen(coordinator_argv(pool.urls, *words), cwd=job.root)
    try:
        until(lambda: bool(store.entries()) and bool(newest().running), store.entries)
        assert store.runs(store.find("last").path)
    finally:
        coordinator.send_signal(signal.SIGKILL)
        coordinator.wait()
    course = newest()
    assert course.end is None
    assert [one.name for one in course.running] == ["map-0-0"]
    assert not store.runs(store.find("last").path)


def test_a_job_of_hadoop_jar(pool: OurPool, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("a\nb\n")
    places = {"MAPREDUCE_WORKERS": ",".join(pool.urls), "MAPREDUCE_PYTHON": sys.executable}
    words = "jar x.jar -input in.txt -output out -mapper cat -reducer cat"
    subprocess.run(
        [str(REPOSITORY / "bin" / "hadoop"), *words.split()],
        cwd=tmp_path,
        env={**os.environ, **places},
        check=True,
        capture_output=True,
    )
    course = newest()
    assert course.job is not None
    assert course.end is not None
    assert course.job.command[0] == "hadoop"
    assert course.end.status == "succeeded"
    assert course.end.output_files == 1


def test_the_user_may_want_none(
    pool: OurPool, job: Job, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(store.ENVIRONMENT, store.OFF)
    job.inputs(b"a\n")
    succeeded(job.run(pool.urls, mapper="cat", reducer="cat"))
    assert not (tmp_path / "jobs").exists()


def test_a_directory_that_cannot_be_made_is_told(
    pool: OurPool, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(store.ENVIRONMENT, "/proc/jobs")
    job.inputs(b"a\n")
    done = succeeded(job.run(pool.urls, mapper="cat", reducer="cat"))
    assert "no history of this job is kept (/proc/jobs: " in done.stderr
