"""The workers and the coordinator of one run, each a real process behind the proxies of a Road."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from hadoopless.entry.startup import INTERRUPTED
from tests.chaos.proxy import Road
from tests.pools import REPOSITORY, STOP_DEADLINE, kill_group, start_workers
from tests.processes import children, running, until

#: Little memory, so that a worker soon uses its disk.
MEMORY = "--memory=1MB"


class Cluster(Protocol):
    """The workers of a run."""

    #: The coordinator's options that lead to them.
    options: list[str]

    def pids(self) -> list[int]:
        """The worker processes that live now."""

    def kill(self, pid: int, number: signal.Signals) -> None:
        """End a worker by a signal; somebody starts it again."""

    def tend(self) -> None:
        """Start again what has ended, if nobody else does."""

    def stop(self) -> None:
        """Stop all workers as a user would; raises AssertionError when they do not."""

    def destroy(self) -> None:
        """Kill whatever is left."""


class PushCluster:
    """A pool, which starts its dead workers again itself."""

    def __init__(self, count: int, slots: int, place: Path, spill: Path, road: Road) -> None:
        root = place / "served"
        root.mkdir()
        self._pool = start_workers(
            count, root, place / "pool.log", MEMORY, f"--spillDir={spill}"
        ).process
        log = (place / "pool.log").read_text()
        urls = [line.rsplit(" ", 1)[1] for line in log.splitlines() if " starting worker " in line]
        #: The URLs by which the workers are reached.
        self.proxies = ",".join(road.before_worker(url) for url in urls)
        self.options = [f"--workers={self.proxies}", f"--slots={slots}"]

    def pids(self) -> list[int]:
        return sorted(one.pid for one in running(children(self._pool.pid)))

    def kill(self, pid: int, number: signal.Signals) -> None:
        os.kill(pid, number)

    def tend(self) -> None:
        assert self._pool.poll() is None, "the pool has ended"

    def stop(self) -> None:
        self._pool.send_signal(signal.SIGTERM)
        assert self._pool.wait(STOP_DEADLINE) == 0, "the pool ended badly"

    def destroy(self) -> None:
        kill_group(self._pool)


class EmbeddedCluster:
    """The pool that the coordinator has started for its job alone."""

    def __init__(self, coordinator: Callable[[], int]) -> None:
        """*coordinator* tells the process of the coordinator that runs now."""
        self._coordinator = coordinator
        self.options = ["--workers=embedded"]

    def pids(self) -> list[int]:
        pools = running(children(self._coordinator()))
        return sorted(one.pid for pool in pools for one in running(children(pool.pid)))

    def kill(self, pid: int, number: signal.Signals) -> None:
        os.kill(pid, number)

    def tend(self) -> None:
        """Nobody but the pool itself has anything to start."""

    def stop(self) -> None:
        """It has ended with its coordinator."""

    def destroy(self) -> None:
        """It ends with its coordinator."""


class PullCluster:
    """Workers that join; those that end are started again, under the same id."""

    def __init__(
        self, count: int, place: Path, spill: Path, road: Road, tell: Callable[[str], None]
    ) -> None:
        self._place, self._spill, self._road, self._tell = place, spill, road, tell
        self._near = place / "near.sock"
        coordinator = place / "coordinator.sock"
        road.before_coordinator(self._near, coordinator)
        self.options = [f"--listen=unix:{coordinator}", f"--numWorkers={count}"]
        self._workers = [self._start(worker) for worker in range(count)]

    def _start(self, worker: int) -> subprocess.Popen[bytes]:
        with (self._place / f"worker-{worker}.log").open("ab") as log:
            return subprocess.Popen(
                [
                    *(sys.executable, REPOSITORY / "workers.py", MEMORY),
                    *(f"--join=unix:{self._near}", f"--id={worker}", f"--spillDir={self._spill}"),
                ],
                cwd=self._place,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def pids(self) -> list[int]:
        return [process.pid for process in self._workers if process.poll() is None]

    def kill(self, pid: int, number: signal.Signals) -> None:
        process = next(process for process in self._workers if process.pid == pid)
        process.send_signal(number)
        process.wait(STOP_DEADLINE)

    def tend(self) -> None:
        for worker, process in enumerate(self._workers):
            if process.poll() is not None:
                self._tell(f"worker {worker} ended ({process.returncode}); it starts again")
                self._road.forget(worker)
                self._workers[worker] = self._start(worker)

    def stop(self) -> None:
        for process in self._workers:
            process.terminate()
        for process in self._workers:
            code = process.wait(STOP_DEADLINE)
            # One that is not yet ready ends like this, or dies of it; 1: its spawner was killed.
            early = (INTERRUPTED, -signal.SIGTERM)
            assert code in (0, 1, *early), f"a joined worker ended with {code}"

    def destroy(self) -> None:
        for process in self._workers:
            kill_group(process)


class Coordinator:
    """The process that runs the job, which can be killed and started again."""

    def __init__(self, command: Sequence[str | Path], place: Path, again: Sequence[str]) -> None:
        """Start *command*; when it is started again it gets the options *again*, too."""
        self._command = command
        self._again = again
        self._place = place
        self._log = place / "coordinator.log"
        self.process = self._start()

    def _start(self, *more: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [*self._command, *more],
                cwd=self._place,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def found_no_worker(self) -> bool:
        """True if it has ended because no worker answered when it began."""
        if not self.process.poll():
            return False
        last_words = self._log.read_bytes()[-1000:]
        return any(words in last_words for words in (b"no worker answers", b"no worker can be"))

    def kill(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        """Start another one in its place."""
        self.process = self._start(*self._again)

    def destroy(self) -> None:
        """Kill it, if it still runs."""
        kill_group(self.process)


def spawner_of(pid: int) -> int | None:
    """The process by which a worker starts programs; a fresh worker has none yet."""
    return next(iter(children(pid)), None)


def ours(mark: str) -> list[str]:
    """All processes with *mark* in their environment, but for zombies. Linux only."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (entry / "environ").read_bytes():
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found.append(f"{entry.name} {command}")
        except OSError:
            pass  # it has ended meanwhile, or is another user's
    return found


def until_none_is_left(mark: str) -> None:
    """Wait until no process with *mark* in its environment lives."""
    until(lambda: not ours(mark), lambda: "\n".join(ours(mark)))
