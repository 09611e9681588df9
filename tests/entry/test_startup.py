"""Programs end at once, but with all that they have written."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.oracle import REPOSITORY


def left(code: str, **options: int) -> subprocess.CompletedProcess[bytes]:
    """A program that leaves after *code*."""
    script = f"import atexit, sys\nfrom hadoopless.entry import startup\nstartup.begin()\n{code}"
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        stdout=options.get("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
    )


@pytest.mark.parametrize("code", [0, 5])
def test_what_was_written_is_there_and_nothing_else_is_done(code: int) -> None:
    done = left(f"atexit.register(print, 'late')\nprint('all')\nstartup.leave({code})")
    assert (done.returncode, done.stdout, done.stderr) == (code, b"all\n", b"")


def test_what_cannot_be_written_is_told_as_by_any_python() -> None:
    with open("/dev/full", "wb") as full:
        done = left("print('lost')\nstartup.leave(0)", stdout=full.fileno())
    assert done.returncode == 120
    assert b"No space left on device" in done.stderr


def test_a_program_without_stdout() -> None:
    assert left("sys.stdout = None\nstartup.leave(3)").returncode == 3
