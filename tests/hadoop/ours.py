"""This project's side of a job: its ``hadoop jar``, each in a directory of its own."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.hadoop.outcome import Outcome, collect, lay_out
from tests.oracle import REPOSITORY
from tests.streaming.clients import Clients

#: The words in front of the options of a job. Any name of a jar does.
COMMAND = f"{shlex.quote(str(REPOSITORY / 'bin' / 'hadoop'))} jar hadoop-streaming.jar"


def run(
    files: Mapping[str, bytes],
    args: Sequence[str],
    place: Path,
    command: str = COMMAND,
    seconds: float = 120.0,
) -> Outcome:
    """Run the job in the new directory *place*, by workers that it starts itself."""
    place.mkdir()
    lay_out(files, place)
    environment = {
        "MAPREDUCE_PYTHON": sys.executable,
        **os.environ,
        "MAPREDUCE_WORKERS": "embedded",
    }
    process = subprocess.Popen(
        [*shlex.split(command), *args],
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        err += b"\n(killed: it took too long)"
    said, log = out.decode(errors="replace"), err.decode(errors="replace")
    return collect(place, process.returncode, said, log)


def run_quickly(
    files: Mapping[str, bytes], args: Sequence[str], place: Path, clients: Clients
) -> Outcome:
    """Run the job as :func:`run` does, by one of *clients* and the workers that they know."""
    place.mkdir()
    lay_out(files, place)
    return collect(place, *clients.call(args, place, {}))
