"""What is wrong before a task runs is told at once, with its exit code and nothing left behind."""

from __future__ import annotations

import pytest

from tests.pools import Coordinated, OurPool, coordinate
from tests.system.jobs import Job, failed


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("--mapperPath", "nobody.py", "--mapperPath: no such program: nobody.py"),
        ("--mapperPath", "", "--mapperPath: no program given"),
        ("--mapperPath", "'open", "--mapperPath: cannot read the command"),
        ("--reducerPath", "/no/body", "--reducerPath: no such program: /no/body"),
        ("--combinerPath", "nobody", "--combinerPath: no such program: nobody"),
        ("--jobPath", "nowhere", "no such job directory: nowhere"),
        ("--inputPath", "nowhere/*.txt", "no such input: nowhere/*.txt"),
        ("--inputPath", ",", "--inputPath names no path"),
        ("--splitSize", "much", "--splitSize: must be a size like 64MB, not 'much'"),
        ("--workers", "http://127.0.0.1", "not a worker's URL: 'http://127.0.0.1'"),
        ("--workers", "http://127.0.0.1:70000", "not a worker's URL"),
        ("--workers", "ftp://127.0.0.1:80", "not a worker's URL"),
        ("--workers", "http://a:1,http://a:1", "given twice"),
        ("--workers", ",", "no worker's URL given"),
    ],
)
def test_wrong_value(pool: OurPool, job: Job, option: str, value: str, text: str):
    job.inputs(b"x\n")
    code = 3 if "no such" in text else 2
    failed(job.run(pool.urls, f"{option}={value}"), code, text)
    assert job.outputs() == []


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--numReducers=0", "--numReducers: must be a whole number, at least 1, not '0'"),
        ("--numReducers=-1", "--numReducers: must be a whole number, at least 1, not '-1'"),
        ("--numReducers=abc", "--numReducers: must be a whole number, at least 1, not 'abc'"),
        ("--maxAttempts=0", "--maxAttempts: must be a whole number"),
        ("--taskTimeout=0", "--taskTimeout: must be a number of seconds above 0, not '0'"),
        ("--workerTimeout=nan", "--workerTimeout: must be a number of seconds above 0"),
        ("--numReducer=3", "unrecognized arguments: --numReducer=3"),
        ("stray", "unrecognized arguments: stray"),
    ],
)
def test_wrong_option(pool: OurPool, job: Job, option: str, text: str):
    job.inputs(b"x\n")
    done = failed(job.run(pool.urls, option), 2, text)
    assert done.stderr.startswith("usage: coordinator.py ")
    assert job.outputs() == []


def run(pool: OurPool, *options: str) -> Coordinated:
    """A coordinator with a mapper and a reducer and nothing else."""
    return coordinate(pool.urls, "--mapperPath=cat", "--reducerPath=cat", *options, cwd=pool.root)


def test_no_job_at_all(pool: OurPool):
    failed(run(pool), 2, "give --jobPath")


def test_no_inputs(pool: OurPool, job: Job):
    (job.path / "0.txt").touch()
    (job.path / ".0.in").touch()
    (job.path / "1.in").mkdir()
    failed(job.run(pool.urls), 3, f"no input files *.in in {job.name}")


def test_input_that_is_gone(pool: OurPool, job: Job):
    (job.path / "0.in").symlink_to("nobody")
    (job.path / "1.in").touch()
    (job.path / "2.in").symlink_to("2.in")
    failed(run(pool, f"--inputPath={job.name}/2.in", f"--outputPath={job.name}"), 3, "2.in")


@pytest.mark.parametrize("place", ["/proc/nowhere", "/dev/null/nowhere"])
def test_output_directory_that_cannot_be_made(pool: OurPool, job: Job, place: str):
    job.inputs(b"x\n")
    failed(job.run(pool.urls, f"--outputPath={place}"), 6, "cannot make the output directory")


def test_program_that_is_not_executable(pool: OurPool, job: Job):
    job.inputs(b"x\n")
    mapper = job.script("mapper.sh", "#!/bin/sh\n", mode=0o644)
    done = failed(job.run(pool.urls, mapper=mapper), 3, f"{mapper} is not executable", "chmod +x")
    assert f"chmod +x {job.path}/mapper.sh" in done.stderr


def test_program_that_is_a_directory(pool: OurPool, job: Job):
    job.inputs(b"x\n")
    failed(job.run(pool.urls, mapper=job.name), 3, f"no such program: {job.name}")


def test_help_lists_the_exit_codes(pool: OurPool):
    done = run(pool, "--help")
    assert done.returncode == 0
    for code in (0, 1, 2, 3, 4, 5, 6, 130):
        assert f"\n  {code:<4} " in done.stdout
