"""A process that runs many jobs on one SparkContext, which takes seconds to start.

Each job behaves as a command of its own does, less that time: both doors use a context that their
process has. As a program (``python -m tests.spark.driver``) it is that process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

from tests.oracle import REPOSITORY
from tests.spark.cluster import Cluster
from tests.streaming.clients import Ended


class Driver:
    """Runs jobs one after the other. A context manager."""

    def __init__(self, cluster: Cluster, master: str = "") -> None:
        """*master* is another one than that of *cluster*."""
        self.master = master or cluster.master
        self.environment = cluster.environment
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.spark.driver", self.master],
            cwd=REPOSITORY,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, place: Path, args: Sequence[str], env: Mapping[str, str] | None = None) -> Ended:
        """Run ``coordinator.py`` with *args* in the directory *place*."""
        return self._run("coordinator", place, args, env or {})

    def hadoop(
        self, place: Path, args: Sequence[str], env: Mapping[str, str] | None = None
    ) -> Ended:
        """Run ``hadoop jar any.jar`` with *args* in the directory *place*."""
        return self._run("hadoop", place, args, env or {})

    def _run(self, door: str, place: Path, args: Sequence[str], env: Mapping[str, str]) -> Ended:
        files = [Path(f"{place}.{stream}") for stream in ("stdout", "stderr")]
        order = {
            "door": door,
            "args": ["--engine=spark", f"--master={self.master}", *args],
            "cwd": str(place),
            "env": {**os.environ, **env},
            "files": [str(file) for file in files],
        }
        stdin, stdout = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        stdin.write(json.dumps(order) + "\n")
        stdin.flush()
        status = int(stdout.readline())
        return Ended(status, *(file.read_text("utf-8", "replace") for file in files))

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()


def main(master: str) -> None:
    """Run a job for each line of stdin; answer with its exit status."""
    answers = os.fdopen(os.dup(1), "w")
    context = None if master.startswith("sc:") else _started(master)
    own = dict(os.environ)
    streams = [os.dup(1), os.dup(2)]
    for line in sys.stdin:
        order = json.loads(line)
        for descriptor, path in enumerate(order["files"], 1):
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(file, descriptor)
            os.close(file)
        os.chdir(order["cwd"])
        os.environ.clear()
        os.environ.update(order["env"])
        try:
            status = _status(order)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for descriptor, stream in enumerate(streams, 1):
                os.dup2(stream, descriptor)
            os.environ.clear()
            os.environ.update(own)
            os.chdir(REPOSITORY)
        print(status, file=answers, flush=True)
    if context is not None:
        context.stop()


def _started(master: str) -> Any:
    """A context, which both doors find."""
    import pyspark

    context = pyspark.SparkContext(conf=pyspark.SparkConf().setMaster(master).setAppName("tests"))
    context.setLogLevel("OFF")
    return context


def _status(order: Mapping[str, Any]) -> int:
    if order["door"] == "coordinator":
        from hadoopless.coordinator.main import main as door
    else:
        from hadoopless.streaming.main import main as door
    try:
        return door(order["args"], {})
    except SystemExit as end:
        return int(end.code or 0)


if __name__ == "__main__":
    main(sys.argv[1])
