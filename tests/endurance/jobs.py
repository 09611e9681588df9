"""Small jobs of every kind on one pool; each client is a process of its own."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path

from tests.pools import OurPool, latest

#: Words of the inputs, and what a job makes of them.
INPUTS = (b"b\na\nb\n", b"c\na\n")
SORTED = sorted(b"".join(INPUTS).splitlines())
#: Seconds after which the client of a killed job is killed, when its programs run.
_MOMENT = 0.3


class Kind(Enum):
    """The kinds of jobs, in the order in which they take turns."""

    PLAIN = "plain"
    STREAMING = "streaming"
    COMBINED = "with a combiner"
    FAILING = "failing"
    MAP_ONLY = "map-only"
    KILLED = "killed"


def run_job(kind: Kind, pool: OurPool) -> str:
    """Run one job in the directory of its kind; the complaint about its end, or nothing."""
    place = pool.root / kind.name.lower()
    if not place.exists():
        place.mkdir()
        for number, data in enumerate(INPUTS):
            (place / f"{number}.in").write_bytes(data)
    log = place.with_suffix(".log")
    client = _forked(lambda: _client(kind, pool, place.name), pool.root, log)
    if kind is Kind.KILLED:
        time.sleep(_MOMENT)
        os.kill(client, signal.SIGKILL)
    _, status = os.waitpid(client, 0)
    code = os.waitstatus_to_exitcode(status)
    wanted = {Kind.FAILING: 4, Kind.KILLED: -signal.SIGKILL}.get(kind, 0)
    if code != wanted:
        return f"{kind.value}: exit code {code}:\n{log.read_text('utf-8', 'replace')}"
    if not wanted and (found := _records(kind, place)) != SORTED:
        return f"{kind.value}: wrong output: {found!r}"
    return ""


def _records(kind: Kind, place: Path) -> list[bytes]:
    pattern = "out/part-*" if kind is Kind.STREAMING else "*.out"
    data = b"".join(path.read_bytes() for path in place.glob(pattern))
    return sorted(line.rstrip(b"\t") for line in data.splitlines())


def _client(kind: Kind, pool: OurPool, name: str) -> int:
    """Be the client of a job: ``hadoop jar`` or the coordinator; returns the exit code."""
    if kind is Kind.STREAMING:
        from hadoopless.hadoop_commands import main as hadoop

        hadoop("hadoop", ["fs", "-rm", "-r", "-f", f"{name}/out"])
        words = ["-input", f"{name}/*.in", "-output", f"{name}/out", "-mapper", "cat"]
        return hadoop("hadoop", ["jar", "any.jar", *words, "-reducer", "cat"])
    from hadoopless.coordinator.main import main as coordinate

    options = [f"--workers={','.join(pool.urls)}", f"--jobPath={name}", "--mapperPath=cat"]
    options += ["--reducerPath=cat", "--numReducers=2", *_OPTIONS.get(kind, ())]
    if kind is Kind.MAP_ONLY:
        options.remove("--reducerPath=cat")
    return coordinate(latest(*options), {})


_OPTIONS: dict[Kind, Sequence[str]] = {
    Kind.COMBINED: ["--combinerPath=cat"],
    Kind.FAILING: ["--mapperPath=sh -c 'cat; exit 3'"],
    Kind.MAP_ONLY: ["--numReducers=0"],
    Kind.KILLED: ["--mapperPath=sh -c 'sleep 60; cat'"],
}


def _forked(work: Callable[[], int], cwd: Path, log: Path) -> int:
    """The process id of a fork that does *work* in *cwd*; it spares the start of Python."""
    sys.stdout.flush()
    sys.stderr.flush()
    if child := os.fork():
        return child
    status = 1
    try:
        for target, path in ((0, Path(os.devnull)), (1, log), (2, log)):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC if target else os.O_RDONLY
            os.dup2(os.open(path, flags, 0o600), target)
        # Whoever has loaded pytest has other streams in their places.
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
        os.chdir(cwd)
        status = work()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status)
