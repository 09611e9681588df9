"""A pool of workers for one job, started and stopped by its coordinator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, cast

from mapreduce.errors import NoWorkersError

_STOP_PATIENCE = 3.0


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):  # what a container may use, not what the machine has
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class EmbeddedPool:
    """``workers.py`` as a child. It ends when its stdin closes, so also when we are killed."""

    def __init__(self, *, quiet: bool) -> None:
        """Start a worker for each processor, on free ports; raises NoWorkersError."""
        program = Path(__file__).resolve().parents[2] / "workers.py"
        self._process = subprocess.Popen(
            [
                *(sys.executable, str(program), f"--embedded={_processors()}"),
                *(["--quiet"] if quiet else []),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the coordinator, which then stops the pool
        )
        line = cast(IO[bytes], self._process.stdout).readline()
        if not line:
            raise NoWorkersError(
                f"the job's own workers did not start (exit code {self._process.wait()})"
            )
        self.urls: tuple[str, ...] = tuple(json.loads(line)["urls"])

    def __enter__(self) -> EmbeddedPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        cast(IO[bytes], self._process.stdin).close()
        try:
            self._process.wait(_STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
