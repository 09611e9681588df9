"""Workers that join and the coordinator that they join, each a real process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.pools import (
    REPOSITORY,
    STOP_DEADLINE,
    Coordinated,
    free_ports,
    kill_group,
    latest,
)
from tests.processes import running, tree, until, until_gone
from tests.system.jobs import Job

PATIENCE = 90.0
JOURNAL = ".mapreduce-journal"


class Worker:
    """``workers.py --join``; programs that it starts find its id in ``$WORKER``."""

    def __init__(self, cluster: Cluster, number: int, options: Sequence[str]) -> None:
        self.log = cluster.root / f"worker-{number}.log"
        argv = [f"--join={cluster.address}", f"--id={number}", f"--root={cluster.jobs}"]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, REPOSITORY / "workers.py", *latest(*argv, *options)],
                cwd=cluster.jobs,
                env={**os.environ, "TMPDIR": str(cluster.temporary), "WORKER": str(number)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the worker itself, not to its spawner or programs."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """``kill -9``; returns when its programs are gone, too."""
        pids = tree(self.process.pid)
        self.process.kill()
        self.process.wait(STOP_DEADLINE)
        until_gone(pids)

    def stop(self) -> int:
        """SIGTERM; returns its exit code."""
        self.send(signal.SIGTERM)
        return self.process.wait(STOP_DEADLINE)

    def destroy(self) -> None:
        """Let nothing survive."""
        if self.process.poll() is None:
            self.send(signal.SIGCONT)
        kill_group(self.process)


class Run:
    """A coordinator that runs; what it says on stderr goes to a file."""

    def __init__(self, argv: Sequence[str], cwd: Path, log: Path) -> None:
        self._log = log
        with log.open("wb") as errors:
            self.process = subprocess.Popen(
                argv,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        """The output of the process so far."""
        return self._log.read_text(errors="backslashreplace")

    def until_it_says(self, text: str, times: int = 1) -> None:
        """Wait for a line that holds *text*."""
        until(lambda: self.said.count(text) >= times, lambda: f"no {text!r} in:\n{self.said}")

    def kill(self) -> None:
        """``kill -9``."""
        self.process.kill()
        self.process.communicate(timeout=PATIENCE)

    def end(self) -> Coordinated:
        """Wait for its end."""
        stdout, _ = self.process.communicate(timeout=PATIENCE)
        return Coordinated(self.process.args, self.process.returncode, stdout.decode(), self.said)

    def destroy(self) -> None:
        """Let nothing survive."""
        kill_group(self.process)
        if self.process.stdout is not None:
            self.process.stdout.close()


class Cluster:
    """*size* workers that wait at one address; jobs lie in ``jobs``, temporary files in ``tmp``."""

    def __init__(self, root: Path, size: int, *options: str, tcp: bool = False) -> None:
        self.root = root
        self.size = size
        self.jobs = root / "jobs"
        self.temporary = root / "tmp"
        self.jobs.mkdir()
        self.temporary.mkdir()
        self.address = f"unix:{root}/s"
        if tcp:
            self.address = f"http://127.0.0.1:{free_ports(1)[0]}"
        self._options = options
        self.workers: dict[int, Worker] = {}
        self._runs: list[Run] = []
        self.complete()

    def complete(self) -> None:
        """Start the workers that are not there."""
        for number in range(self.size):
            if number not in self.workers or self.workers[number].process.poll() is not None:
                self.add(number)

    def add(self, number: int, *options: str) -> Worker:
        """Start one more worker, or one in place of another."""
        self.workers[number] = Worker(self, number, [*self._options, *options])
        return self.workers[number]

    def run(self, job: Job, *more: str, **fields: Any) -> Coordinated:
        """Run *job* to its end."""
        return self.start(job, *more, **fields).end()

    def start(self, job: Job, *more: str, workers: int = 0, **fields: Any) -> Run:
        """Start a coordinator for *job*, with the fields of :meth:`Job.options`."""
        options = [f"--listen={self.address}", f"--numWorkers={workers or self.size}"]
        return self.launch(job, *options, *more, **fields)

    def launch(self, job: Job, *more: str, **fields: Any) -> Run:
        """Start a coordinator for *job*."""
        argv = [sys.executable, str(REPOSITORY / "coordinator.py")]
        argv += latest(*job.options(**fields), *more)
        log = self.root / f"coordinator-{len(self._runs)}.log"
        self._runs.append(Run(argv, self.jobs, log))
        return self._runs[-1]

    def processes(self) -> list[int]:
        """All processes of the workers that live."""
        return [pid for worker in self.workers.values() for pid in tree(worker.process.pid)]

    def end_runs(self) -> None:
        """Let no coordinator survive a test."""
        for run in self._runs:
            run.destroy()

    def stop(self) -> None:
        """SIGTERM to all; raises AssertionError when they leave anything behind."""
        pids = self.processes()
        for worker in self.workers.values():
            worker.send(signal.SIGTERM)
        codes = [worker.process.wait(STOP_DEADLINE) for worker in self.workers.values()]
        logs = "\n".join(worker.log.read_text() for worker in self.workers.values())
        assert codes == [0] * len(codes), logs
        assert "Traceback" not in logs
        assert not running(pids)
        assert os.listdir(self.temporary) == []
        assert not (self.root / "s").exists()

    def destroy(self) -> None:
        """Let nothing survive."""
        self.end_runs()
        for worker in self.workers.values():
            worker.destroy()


def left_by_the_job(job: Job) -> list[str]:
    """Hidden files of the job directory: there should be none after its end."""
    return sorted(name for name in os.listdir(job.path) if name.startswith("."))
