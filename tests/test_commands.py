"""The command ``hadoopless`` starts the programs of the project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hadoopless import __version__, commands
from tests.oracle import REPOSITORY

PACKAGE = REPOSITORY / "hadoopless"


def command(
    *words: str, start: tuple[str, ...] = ("-m", "hadoopless"), cwd: Path = REPOSITORY
) -> subprocess.CompletedProcess[str]:
    """The end of ``hadoopless`` with *words*."""
    return subprocess.run(
        [sys.executable, *start, *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )


def told(done: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    return done.returncode, done.stdout, done.stderr


def test_the_version(tmp_path: Path) -> None:
    expected = (0, f"hadoopless {__version__}\n", "")
    assert told(command("--version")) == expected
    # As a Python that lacks packages starts another one.
    by_path = (str(PACKAGE / "__main__.py"),)
    assert told(command("--version", start=by_path, cwd=tmp_path)) == expected


def test_help() -> None:
    assert told(command("--help")) == (0, commands.usage() + "\n", "")
    assert all(f"  {word} " in commands.usage() for word in commands.COMMANDS)


def test_wrong_words() -> None:
    assert told(command("rum")) == (
        *(2, ""),
        "hadoopless: there is no command rum; hadoopless --help lists them all\n",
    )
    code, out, err = told(command())
    assert (code, out) == (2, "")
    assert err == f"hadoopless: which command?\n{commands.usage()}\n"


@pytest.mark.parametrize("tool", ["hadoop", "hdfs", "mapred", "yarn"])
def test_the_commands_of_hadoop(tool: str, tmp_path: Path) -> None:
    done = command(tool, "version", cwd=tmp_path)
    assert done.stdout.startswith("Hadoop 3.3.6\n")
    assert done.returncode == 0
    assert command(tool, "no-such-command").returncode == 1


def test_the_home_of_hadoop() -> None:
    home = Path(command("hadoop-home").stdout.rstrip("\n"))
    assert home == REPOSITORY
    assert os.access(home / "bin" / "hadoop", os.X_OK)


def test_options_reach_the_programs() -> None:
    assert "--mapperPath" in command("run", "--help").stdout
    assert "--spillDir" in command("workers", "--help").stdout


@pytest.mark.cluster
def test_a_job_from_another_directory(tmp_path: Path) -> None:
    for name in ("wordcount", "fish_jobs"):
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("*.out"))
    done = command(
        *("run", "--mapperPath=wordcount/mapper.py", "--reducerPath=wordcount/reducer.py"),
        *("--jobPath=fish_jobs", "--workers=embedded"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "fish_jobs" / "0.out").read_bytes().startswith(b"and\t1\nboat\t2\n")
