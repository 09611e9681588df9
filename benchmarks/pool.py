"""A pool of workers on free ports, started and stopped as a user would, and the time it used.

The tree of its processes: ``workers.py``, under it a worker for each URL, under each worker a small
process that starts the user's programs and reaps them.
"""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from benchmarks.job import Job
from benchmarks.measure import (
    ROOT,
    BenchmarkError,
    Run,
    Runner,
    cpu_of,
    environment,
    idle_seconds,
    peak_memory,
    process_tree,
)

WORKERS = 2
#: Seconds to wait for the pool; the first start on a machine compiles the kernels.
START_SECONDS = 180.0
STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class JobRun:
    """Wall and CPU seconds of one job: of the user's programs, and of all processes of ours."""

    wall: float
    programs: float
    own: float
    #: Seconds in which nobody used a core, of all cores together.
    idle: float


@dataclass
class Pool:
    """A running ``workers.py``."""

    pid: int
    urls: tuple[str, ...]
    runner: Runner
    workers: list[int] = field(default_factory=list)
    spawners: list[int] = field(default_factory=list)
    processes: list[int] = field(default_factory=list)

    def survey(self) -> None:
        """Find the processes of the idle pool: those without children are the spawners."""
        tree = process_tree(self.pid)
        self.processes = list(tree)
        self.workers = tree[self.pid]
        self.spawners = [pid for pid, children in tree.items() if not children]
        if len(self.workers) < len(self.urls) or set(self.spawners) & set(self.workers):
            raise BenchmarkError(f"this is no tree of a pool: {tree}")

    def used(self) -> tuple[float, float]:
        """CPU seconds until now: of the user's programs that have ended, and of the pool itself."""
        try:
            programs = sum(cpu_of(pid).reaped for pid in self.spawners)
            own = sum(cpu_of(pid).own for pid in self.processes)
        except FileNotFoundError as exc:
            raise BenchmarkError(f"a process of the pool has ended: {exc.filename}") from exc
        return programs, own

    def peak_memory(self) -> int:
        """The most bytes that one of the workers has had in memory."""
        return max(peak_memory(pid) for pid in self.workers)

    def run(self, job: Job) -> JobRun:
        """Run *job* on this pool, without the outputs of an earlier run in its way."""
        programs, own = self.used()
        idle = unused()
        client = self.client(job)
        idle = unused() - idle
        programs_after, own_after = self.used()
        return JobRun(client.wall, programs_after - programs, own_after - own + client.cpu, idle)

    def client(self, job: Job) -> Run:
        """Run the coordinator of *job* on this pool, of which a process may end meanwhile."""
        job.discard_outputs()
        argv = [sys.executable, "coordinator.py", "--quiet", *job.options()]
        client = self.runner.run(argv, {"MAPREDUCE_WORKERS": ",".join(self.urls)})
        missing = [path for path in job.outputs() if not path.is_file()]
        if missing:
            raise BenchmarkError(f"the job has not written {missing[0]}")
        return client


def unused() -> float:
    """The seconds until now in which nobody used the cores of this process."""
    return idle_seconds(Path("/proc/stat").read_text(), os.sched_getaffinity(0))


@contextmanager
def running_pool(
    runner: Runner,
    log: Path,
    options: Sequence[str] = (),
    workers: int = WORKERS,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Pool]:
    """A pool of workers that are ready; it is stopped at the end. Its console is *log*.

    It and the programs that it runs have *variables*, too.
    """
    urls = tuple(f"http://127.0.0.1:{port}" for port in free_ports(workers))
    extra = {**(variables or {}), "MAPREDUCE_WORKERS": ",".join(urls)}
    argv = [sys.executable, "workers.py", *options]
    settings = " ".join(f"{name}={value}" for name, value in extra.items())
    runner.announce(f"{settings} {shlex.join(argv)} &")
    with log.open("wb") as console:
        process = subprocess.Popen(
            argv, cwd=ROOT, env=environment(extra), stdout=console, stderr=console
        )
    try:
        wait_until_ready(urls, process, log)
        yield Pool(process.pid, urls, runner)
    finally:
        stop(process)


def wait_until_ready(urls: Sequence[str], process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when each worker answers; raise with the end of the console when they never do."""
    deadline = time.monotonic() + START_SECONDS
    while not all(healthy(url) for url in urls):
        if process.poll() is not None or time.monotonic() > deadline:
            lines = log.read_text(errors="replace").splitlines()[-10:]
            raise BenchmarkError("\n".join(["the pool does not start:", *lines]))
        time.sleep(0.05)


def healthy(url: str) -> bool:
    """True if the worker at *url* is ready for tasks."""
    try:
        return requests.get(f"{url}/health", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the pool with SIGTERM, and with SIGKILL if it does not end."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [int(sock.getsockname()[1]) for sock in sockets]
