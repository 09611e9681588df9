"""Errors before any task runs: each is told at once, with its exit code, and leaves nothing behind.

These runs end before they do anything, so they share this process and its imports.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any, Protocol

import pytest

from hadoopless import __version__
from hadoopless.coordinator.main import main
from tests.oracle import REPOSITORY
from tests.pools import Coordinated, OurPool, latest
from tests.system.jobs import Job, failed


class Run(Protocol):
    """The fixture ``run``."""

    def __call__(self, *options: str) -> Coordinated:
        """Run a coordinator with cat as mapper and reducer, and *options*."""


@pytest.fixture
def run(pool: OurPool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A coordinator in the root of the pool."""
    monkeypatch.chdir(pool.root)

    def run(*options: str) -> Coordinated:
        usual = [f"--workers={','.join(pool.urls)}", "--mapperPath=cat", "--reducerPath=cat"]
        argv = latest(*usual, *options)
        try:
            code: Any = main(argv, {})
        except SystemExit as end:  # how argparse ends
            code = end.code
        return Coordinated(argv, code, *capsys.readouterr())

    return run


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
def test_wrong_value(run: Run, job: Job, option: str, value: str, text: str):
    job.inputs(b"x\n")
    code = 3 if "no such" in text else 2
    options = {"--jobPath": job.name, option: value}
    failed(run(*(f"{name}={given}" for name, given in options.items())), code, text)
    assert job.outputs() == []


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--numReducers=-1", "--numReducers: must be a whole number, at least 0, not '-1'"),
        ("--numReducers=abc", "--numReducers: must be a whole number, at least 0, not 'abc'"),
        ("--maxAttempts=0", "--maxAttempts: must be a whole number"),
        ("--taskTimeout=0", "--taskTimeout: must be a number of seconds above 0, not '0'"),
        ("--workerTimeout=nan", "--workerTimeout: must be a number of seconds above 0"),
        ("--numReducer=3", "there is no option --numReducer; did you mean --numReducers?"),
        ("stray", "unrecognized arguments: stray"),
    ],
)
def test_wrong_option(run: Run, job: Job, option: str, text: str):
    job.inputs(b"x\n")
    done = failed(run(f"--jobPath={job.name}", option), 2, text)
    assert done.stderr.startswith("coordinator.py: ")
    assert done.stderr.count("\n") == 1
    assert job.outputs() == []


def test_no_job_at_all(run: Run):
    failed(run(), 2, "give --jobPath")


def test_no_inputs(run: Run, job: Job):
    (job.path / "0.txt").touch()
    (job.path / ".0.in").touch()
    failed(run(f"--jobPath={job.name}"), 3, f"no input files *.in in {job.name}")


def test_input_that_is_gone(run: Run, job: Job):
    (job.path / "0.in").symlink_to("nobody")
    (job.path / "1.in").touch()
    (job.path / "2.in").symlink_to("2.in")
    failed(run(f"--inputPath={job.name}/2.in", f"--outputPath={job.name}"), 3, "2.in")


@pytest.mark.parametrize("place", ["/proc/nowhere", "/dev/null/nowhere"])
def test_output_directory_that_cannot_be_made(run: Run, job: Job, place: str):
    job.inputs(b"x\n")
    done = run(f"--jobPath={job.name}", f"--outputPath={place}")
    failed(done, 6, "cannot make the output directory")


@pytest.mark.parametrize(
    ("name", "options"),
    [("0.out", ()), ("1.out", ("--numReducers=2",)), ("9.skipped", ("--skipBadRecords",))],
)
def test_a_directory_in_the_place_of_an_output(
    run: Run, job: Job, name: str, options: tuple[str, ...]
):
    """It is found before any program runs."""
    job.inputs(b"x\n")
    mapper = job.script("never.sh", f"#!/bin/sh\ntouch {job.path}/ran\n")
    (job.path / name).mkdir()
    (job.path / "2.out").mkdir()
    done = run(f"--jobPath={job.name}", f"--mapperPath={mapper}", *options)
    failed(done, 6, f"{job.name}/{name} is a directory; the job needs this name for a file")
    assert not (job.path / "ran").exists()


def test_program_that_is_not_executable(run: Run, job: Job):
    job.inputs(b"x\n")
    mapper = job.script("mapper.sh", "#!/bin/sh\n", mode=0o644)
    done = run(f"--jobPath={job.name}", f"--mapperPath={mapper}")
    failed(done, 3, f"{mapper} is not executable", f"chmod +x {job.path}/mapper.sh")


def test_program_that_is_a_directory(run: Run, job: Job):
    job.inputs(b"x\n")
    done = run(f"--jobPath={job.name}", f"--mapperPath={job.name}")
    failed(done, 3, f"--mapperPath: {job.name} is a directory")


def test_help_lists_the_exit_codes(run: Run):
    done = run("--help")
    assert done.returncode == 0
    for code in (0, 1, 2, 3, 4, 5, 6, 130):
        assert f"\n  {code:<4} " in done.stdout


@pytest.mark.parametrize("program", ["coordinator.py", "workers.py"])
@pytest.mark.parametrize("words", [["--version"], ["--jobPath=x", "--version"]])
def test_the_version(program: str, words: list[str]) -> None:
    if program == "workers.py":
        words = words[-1:]
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / program), *words], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"hadoopless {__version__}\n", "")


@pytest.mark.parametrize(
    ("more", "code", "told"),
    [
        ([], 6, "stdout cannot be written"),
        (["--quiet", "--json"], 6, "stdout cannot be written"),
        (["--json", "--nothing"], 2, "no option --nothing"),
    ],
)
def test_an_end_that_is_lost_is_told(job: Job, more: list[str], code: int, told: str) -> None:
    job.inputs(b"a\n")
    words = [*job.options(), "--workers=embedded", *more]
    argv = [sys.executable, str(REPOSITORY / "coordinator.py"), *words]
    with open("/dev/full", "w") as full:
        done = subprocess.run(argv, cwd=job.root, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == code
    assert done.stderr.count("coordinator.py:") == 1
    assert told in done.stderr.splitlines()[-1]
