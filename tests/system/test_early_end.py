"""Signals that end a program after its first steps and before its work: nothing is left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.oracle import REPOSITORY
from tests.processes import until
from tests.system.calls import token_file

ENDINGS = pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name
)
JOB = ("--mapperPath=cat", "--reducerPath=cat", "--inputPath=in", "--outputPath=out")
STREAMING = ("-mapper", "cat", "-reducer", "cat", "-input", "in", "-output", "out")


def started(
    words: Sequence[str], cwd: Path, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """A program of ours, as a terminal starts it."""
    return subprocess.Popen(
        [sys.executable, REPOSITORY / words[0], *words[1:]],
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


@ENDINGS
@pytest.mark.parametrize(
    "words", [("coordinator.py", *JOB), ("bin/launch.py", "hadoop", "jar", "x.jar", *STREAMING)]
)
def test_a_job_that_looks_for_its_workers(
    words: Sequence[str], number: signal.Signals, tmp_path: Path
) -> None:
    (tmp_path / "in").write_bytes(b"a\n")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        environment = {"MAPREDUCE_WORKERS": url, "TMPDIR": str(tmp_path)}
        with started(words, tmp_path, environment) as process:
            caller, _ = silent.accept()
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
            caller.close()
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    if words[0] == "coordinator.py":
        assert err == b"coordinator.py: cancelled\n"
    left = {path.name for path in tmp_path.rglob("*")}
    # The directory of the outputs is made first, as a check that it can be written.
    assert left - {"out"} == {"in"}, err


@ENDINGS
def test_workers_that_load(number: signal.Signals, tmp_path: Path) -> None:
    """The files with their tokens are there already."""
    (tmp_path / "llvmlite.py").write_text(
        "import time\nopen('begun', 'w').close()\ntime.sleep(60)\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    words = ("workers.py", f"--workers={url}")
    with started(words, tmp_path, {"PYTHONPATH": str(tmp_path)}) as process:
        until((tmp_path / "begun").exists, lambda: process.poll())
        assert token_file(url).exists()
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert err.endswith(b"workers.py: cancelled\n")
    assert b"Traceback" not in err
    assert not token_file(url).exists()
