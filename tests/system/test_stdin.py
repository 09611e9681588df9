"""Inputs that come over stdin: all tasks read them, and nothing of them is left."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hadoopless.coordinator.planning.stdin import remove_left_stdin
from tests.pools import REPOSITORY, OurPool, coordinator_argv
from tests.processes import until
from tests.system.jobs import Job

JOB = ("--mapperPath=cat", "--reducerPath=cat", "--inputPath=-")


def run(pool: OurPool, job: Job, data: bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    """Run a job that reads *data* over a pipe."""
    argv = coordinator_argv(pool.urls, *JOB, f"--outputPath={job.name}", *options)
    return subprocess.run(argv, cwd=pool.root, input=data, capture_output=True, timeout=90)


def left(job: Job) -> list[str]:
    return [name for name in os.listdir(job.path) if "stdin" in name]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_all_tasks_read_it(pool: OurPool, job: Job, pack: type[bytes]) -> None:
    job.inputs(b"from a file\t1\n")
    data = b"".join(b"%07d\tx\n" % number for number in range(100_000))
    more = ("--splitSize=100KB", f"--inputPath={job.name}/0.in")
    done = run(pool, job, pack(data), *more)
    assert done.returncode == 0, done.stderr
    assert job.outputs() == [data + b"from a file\t1\n"]
    assert left(job) == []
    if pack is bytes:
        assert b"map 100% (11/11)" in done.stderr


def test_nothing_comes(pool: OurPool, job: Job) -> None:
    """One warning tells it."""
    done = run(pool, job, b"")
    assert done.returncode == 0
    assert b"warning: all inputs are empty\n" in done.stdout
    assert (done.stdout + done.stderr).count(b"warning: ") == 1
    assert left(job) == []


def test_nothing_comes_beside_a_file(pool: OurPool, job: Job) -> None:
    job.inputs(b"from a file\t1\n")
    done = run(pool, job, b"", f"--inputPath={job.name}/0.in")
    assert done.returncode == 0
    assert b"warning: nothing came over stdin: this input is empty\n" in done.stderr
    assert (done.stdout + done.stderr).count(b"warning: ") == 1


def test_it_is_kept_for_the_line_that_repeats_a_task(pool: OurPool, job: Job) -> None:
    done = run(pool, job, b"data\n", "--mapperPath=sh -c 'cat >&2; exit 3'")
    assert done.returncode == 4
    [name] = left(job)
    assert f"{name}, until the next job in that directory".encode() in done.stderr
    line = done.stderr.split(b"by hand:\n")[1]
    again = subprocess.run(["/bin/sh", "-c", line], capture_output=True, timeout=60)
    assert (again.returncode, again.stderr) == (3, b"data\n")
    assert run(pool, job, b"data\n").returncode == 0
    assert left(job) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_it_is_read(pool: OurPool, job: Job, number: int) -> None:
    argv = coordinator_argv(pool.urls, *JOB, f"--outputPath={job.name}")
    with subprocess.Popen(
        argv,
        cwd=pool.root,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"some\n")
        process.stdin.flush()
        until(lambda: any((job.path / name).stat().st_size for name in left(job)), lambda: "")
        process.send_signal(number)
        assert process.wait(60) == 130
        assert process.stderr is not None
        assert process.stderr.read() == b"coordinator.py: cancelled\n"
    assert left(job) == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{} <&-", "cannot read the input -: stdin is closed"),
        ("printf 'PK\\003\\004' | {}", "cannot read the input stdin.zip: it is packed as .zip"),
        ("script -qec '{}' /dev/null", "cannot read the input -: stdin is a terminal"),
        ("{} --inputPath=-", "--inputPath=- is given twice"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, line: str, says: str) -> None:
    """The error comes before any worker is looked for."""
    program = f"{sys.executable} {REPOSITORY}/coordinator.py {' '.join(JOB)} --outputPath=out"
    done = subprocess.run(
        ["/bin/sh", "-c", line.format(program)],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=90,
    )
    assert done.returncode == (2 if "twice" in says else 3)
    assert f"coordinator.py: {says}" in done.stdout
    assert not list(tmp_path.glob("out/.*"))


def test_only_files_that_no_job_uses_are_swept(tmp_path: Path) -> None:
    import fcntl

    used, unused = (tmp_path / f".mapreduce-stdin.{name}" for name in ("used", "unused"))
    unused.touch()
    with used.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        remove_left_stdin(tmp_path)
    assert used.exists()
    assert not unused.exists()
