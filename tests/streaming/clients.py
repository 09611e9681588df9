"""Clients of ``hadoop jar`` for many jobs: forked from a process that has loaded all they need.

Each behaves as ``bin/hadoop`` does, less the time that Python takes to start. As a program
(``python -m tests.streaming.clients``) it is that process.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple, cast

from tests.pools import REPOSITORY
from tests.streaming.cases import Case

#: Seconds that a client has; then SIGALRM ends it.
PATIENCE = 60


class Ended(NamedTuple):
    """The end of a client."""

    status: int
    stdout: str
    stderr: str


class Clients:
    """Runs cases, as many at once as there are callers. A context manager."""

    def __init__(self, environment: Mapping[str, str], at_once: int = 1) -> None:
        self._environment = dict(environment)
        self._all = [_Nursery() for _ in range(at_once)]
        self._idle: queue.Queue[_Nursery] = queue.Queue()
        for nursery in self._all:
            self._idle.put(nursery)

    def run(self, case: Case, place: Path) -> list[str]:
        """Run *case* in the new directory *place*; what is not as expected."""
        place.mkdir()
        case.lay_out(place)
        return case.problems(place, *self.call(case.args_in(place), place, case.env))

    def call(self, args: Sequence[str], place: Path, environment: Mapping[str, str]) -> Ended:
        """Run ``hadoop jar any.jar`` with *args* in the directory *place*."""
        stdout, stderr = place.with_suffix(".stdout"), place.with_suffix(".stderr")
        order = {
            "args": ["jar", "any.jar", *args],
            "cwd": str(place),
            "env": {**self._environment, **environment},
            "stdout": str(stdout),
            "stderr": str(stderr),
        }
        nursery = self._idle.get()
        try:
            status = nursery.run(order)
        finally:
            self._idle.put(nursery)
        said, log = (path.read_text("utf-8", "replace") for path in (stdout, stderr))
        return Ended(status, said, log)

    def __enter__(self) -> Clients:
        return self

    def __exit__(self, *exc: object) -> None:
        for nursery in self._all:
            nursery.close()


class _Nursery:
    """One process, and one client at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.streaming.clients"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, order: Mapping[str, object]) -> int:
        """The exit status of a client."""
        stdin, stdout = cast(IO[str], self._process.stdin), cast(IO[str], self._process.stdout)
        stdin.write(json.dumps(order) + "\n")
        stdin.flush()
        return int(stdout.readline())

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def main() -> None:
    """Start a client for each line of stdin; answer with its exit status."""
    import hadoopless.hadoop_commands
    import hadoopless.streaming.main
    import hadoopless.streaming.planning  # noqa: F401 - loaded for the clients

    for line in sys.stdin:
        child = os.fork()
        if not child:
            os._exit(_client(json.loads(line)))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _client(order: dict[str, object]) -> int:
    signal.alarm(PATIENCE)
    for descriptor, path in ((0, os.devnull), (1, order["stdout"]), (2, order["stderr"])):
        flags = os.O_RDONLY if descriptor == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(str(path), flags, 0o600), descriptor)
    os.chdir(str(order["cwd"]))
    os.environ.clear()
    os.environ.update(cast(dict[str, str], order["env"]))
    status = 1
    try:
        from hadoopless.hadoop_commands import main as hadoop

        status = hadoop("hadoop", cast(list[str], order["args"]))
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    return status


if __name__ == "__main__":
    main()
