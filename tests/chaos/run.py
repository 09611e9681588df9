"""Runs the plan of one seed: starts, hurts, heals, compares, and looks for what was left over."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.chaos.cluster import (
    Cluster,
    Coordinator,
    EmbeddedCluster,
    PullCluster,
    PushCluster,
    spawner_of,
    until_none_is_left,
)
from tests.chaos.jobs import ChaosJob
from tests.chaos.plan import OF_ROADS, Blow, Fault, Mode, Plan, draw
from tests.chaos.proxy import Road, Spoil
from tests.processes import until

#: Seconds in which each step of a job must be done; generous, because machines are busy.
_DEADLINE = 90.0
_LOOK = 0.02
#: Seconds that a prepared bad answer is waited for; there may be none that fits.
_SPOIL_PATIENCE = 3.0
_DISK_SIZE = "24m"
#: Times that a coordinator finds no worker that answers, of those that start anew just then.
_MOST_RETURNS = 3
_MARK = "CHAOS_MARK"


@dataclass
class Outcome:
    """The outcome of a run. ``faults`` counts the faults that really happened."""

    plan: Plan
    seconds: float = 0.0
    faults: Counter[Fault] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)
    #: The faults that could not be tried here, and why.
    left_out: list[str] = field(default_factory=list)
    wrong_outputs: int = 0
    #: All that was not as it must be.
    complaint: str = ""


def run_seed(seed: int, *, keep: bool = False) -> Outcome:
    """Run one seed; with *keep* the directory of a run with a complaint stays."""
    outcome = Outcome(draw(seed))
    place = Path(tempfile.mkdtemp(prefix=f"chaos-{seed}-"))
    began = time.monotonic()
    try:
        with _environment(place):
            _Run(outcome, place).run()
    except (AssertionError, OSError, subprocess.SubprocessError, pytest.fail.Exception) as error:
        outcome.complaint = f"{type(error).__name__}: {error}"
    outcome.seconds = time.monotonic() - began
    if outcome.complaint:
        outcome.complaint += f"\n{_logs(place)}"
    if outcome.complaint and keep:
        outcome.story.append(f"all files are in {place}")
    else:
        shutil.rmtree(place, ignore_errors=True)
    return outcome


def tell(outcome: Outcome) -> str:
    """The whole story of a run."""
    lines = [str(outcome.plan), *outcome.left_out, *outcome.story]
    if outcome.complaint:
        lines.append(f"COMPLAINT of seed {outcome.plan.seed}: {outcome.complaint}")
    return "\n".join(lines)


@contextmanager
def _environment(place: Path) -> Iterator[None]:
    """The environment of the processes of a run: a mark to find them by, a place for files."""
    (place / "tmp").mkdir()
    (place / "tokens").mkdir()
    settings = {
        _MARK: place.name,
        "TMPDIR": str(place / "tmp"),
        "XDG_RUNTIME_DIR": str(place / "tokens"),
        "MAPREDUCE_TOKEN": place.name,
        "MAPREDUCE_PYTHON": sys.executable,
        "MAPREDUCE_WORKERS": "",
        "LC_ALL": "C",
    }
    with patch.dict(os.environ, settings):
        yield


def _logs(place: Path) -> str:
    logs = sorted(place.glob("*.log"))
    return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in logs)


@contextmanager
def small_disk(path: Path) -> Iterator[bool]:
    """A disk of its own at *path*, if this user may mount one; says whether."""
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_SIZE}", "none", str(path)]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(path)], check=True)


class _Run:
    def __init__(self, outcome: Outcome, place: Path) -> None:
        self._outcome = outcome
        self._plan = outcome.plan
        self._place = place
        self._spill = place / "spill"
        self._filler = self._spill / "filler"
        self._disk_is_small = False
        self._began = time.monotonic()
        #: The functions that end faults, and when to call them.
        self._healings: list[tuple[float, Callable[[], None]]] = []
        self._stopped: set[int] = set()
        self._returns = 0

    def run(self) -> None:
        with ExitStack() as stack:
            if Fault.DISK_FULL in self._plan.faults:
                self._disk_is_small = stack.enter_context(small_disk(self._spill))
                if not self._disk_is_small:
                    self._outcome.left_out.append(f"{Fault.DISK_FULL.value}: mount is not allowed")
            else:
                self._spill.mkdir()
            self._road = Road(self._count)
            stack.callback(self._road.close)
            self._job = ChaosJob(self._plan, self._place)
            expected = self._job.expected()
            self._cluster = self._start_cluster()
            stack.callback(self._cluster.destroy)
            self._coordinator = self._start_coordinator()
            stack.callback(self._coordinator.destroy)
            stack.callback(self._heal_all)
            self._hurt("map", self._plan.map_blows)
            self._hurt("reduce", self._plan.reduce_blows)
            self._await(
                lambda: self._has_ended() and not self._coordinator.found_no_worker(),
                "the end of the job",
            )
            self._note(f"the job has ended ({self._coordinator.process.returncode})")
            self._outcome.faults[Fault.PROGRAM_CRASHED] += self._job.crashes()
            self._heal_all()
            self._judge(expected)
            self._cluster.stop()
            self._look_for_leftovers()

    def _start_cluster(self) -> Cluster:
        plan = self._plan
        match plan.mode:
            case Mode.PULL:
                return PullCluster(plan.workers, self._place, self._spill, self._road, self._note)
            case Mode.EMBEDDED:
                return EmbeddedCluster(lambda: self._coordinator.process.pid)
        pool = PushCluster(plan.workers, plan.slots, self._place, self._spill, self._road)
        if plan.mode is Mode.STREAMING:
            os.environ["MAPREDUCE_WORKERS"] = pool.proxies
        return pool

    def _start_coordinator(self) -> Coordinator:
        command = self._job.command(*self._cluster.options)
        streaming = self._plan.mode is Mode.STREAMING
        return Coordinator(command, self._place, [] if streaming else ["--resume"])

    def _note(self, what: str) -> None:
        self._outcome.story.append(f"{time.monotonic() - self._began:6.2f} {what}")

    def _count(self, fault: Fault) -> None:
        self._outcome.faults[fault] += 1
        self._note(f"{fault.value}!")

    # Waiting ------------------------------------------------------------------------------------

    def _await(self, come_true: Callable[[], object], what: str) -> None:
        """Keep all things going until *come_true*."""

        def look() -> object:
            self._tend()
            return come_true()

        until(look, lambda: f"waiting for {what}", _DEADLINE)

    def _pass_time(self, seconds: float) -> None:
        """A pause of the plan."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._tend()
            time.sleep(_LOOK)

    def _tend(self) -> None:
        now = time.monotonic()
        for healing in [healing for healing in self._healings if healing[0] <= now]:
            self._healings.remove(healing)
            healing[1]()
        self._cluster.tend()
        if self._coordinator.found_no_worker():
            self._come_back()

    def _come_back(self) -> None:
        """Do what a user does when no worker has answered just when the coordinator asked."""
        self._returns += 1
        assert self._returns <= _MOST_RETURNS, "again and again no worker answers"
        self._note("no worker answered; it starts again")
        self._start_again()

    def _heal_all(self) -> None:
        while self._healings:
            self._healings.pop()[1]()

    # Faults -------------------------------------------------------------------------------------

    def _hurt(self, phase: str, blows: tuple[Blow, ...]) -> None:
        """All faults of one phase, which does not end before."""
        begun = "begun-map" if phase == "map" else "arrived-reduce"
        self._await(lambda: self._job.has(begun) or self._has_ended(), begun)
        for blow in blows:
            self._pass_time(blow.pause)
            assert not self._has_ended(), f"the job ended in its {phase} phase"
            self._strike(blow)
        if phase == "reduce":
            end = time.monotonic() + _SPOIL_PATIENCE
            self._await(lambda: not self._road.pending or time.monotonic() > end, "bad answers")
            for spoil in self._road.pending:
                self._note(f"no answer fitted: {spoil.fault.value}")
        self._note(f"the {phase} phase may end")
        self._job.open(phase)

    def _has_ended(self) -> bool:
        return self._coordinator.process.poll() is not None

    def _strike(self, blow: Blow) -> None:
        match blow.fault:
            case fault if fault in OF_ROADS:
                self._road.spoil(Spoil(fault, blow.share, blow.length))
            case Fault.COORDINATOR_KILLED:
                self._coordinator.kill()
                self._count(blow.fault)
                self._pass_time(blow.length)
                self._start_again()
            case Fault.DISK_FULL:
                if self._disk_is_small:
                    self._fill()
                    self._count(blow.fault)
                    self._heal_later(blow.length, self._empty)
            case _:
                try:
                    self._strike_worker(blow)
                except ProcessLookupError:
                    self._note("it has ended by itself")

    def _start_again(self) -> None:
        if self._plan.mode is Mode.STREAMING:
            self._job.forget_output()
        self._coordinator.start_again()

    def _strike_worker(self, blow: Blow) -> None:
        pids = self._cluster.pids()
        if not pids:
            return
        pid = pids[blow.victim % len(pids)]
        self._note(f"process {pid}:")
        if blow.fault is Fault.WORKER_STOPPED:
            os.kill(pid, signal.SIGSTOP)
            self._stopped.add(pid)
            self._heal_later(blow.length, partial(self._go_on, pid))
        elif blow.fault is Fault.SPAWNER_KILLED:
            spawner = spawner_of(pid)
            if spawner is None:
                return
            os.kill(spawner, signal.SIGKILL)
        else:
            killed = blow.fault is Fault.WORKER_KILLED
            self._go_on(pid)  # a process that is stopped does not hear SIGTERM
            self._cluster.kill(pid, signal.SIGKILL if killed else signal.SIGTERM)
        self._count(blow.fault)

    def _heal_later(self, seconds: float, healing: Callable[[], None]) -> None:
        self._healings.append((time.monotonic() + seconds, healing))

    def _go_on(self, pid: int) -> None:
        if pid in self._stopped:
            self._stopped.discard(pid)
            try:
                os.kill(pid, signal.SIGCONT)
                self._note(f"process {pid} goes on")
            except ProcessLookupError:
                pass  # it has been killed meanwhile

    def _fill(self) -> None:
        with open(self._filler, "ab", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(1 << 14))
            except OSError:
                pass  # full: as it should be

    def _empty(self) -> None:
        self._filler.unlink(missing_ok=True)
        self._note("the disk has space again")

    # The end ------------------------------------------------------------------------------------

    def _judge(self, expected: list[bytes]) -> None:
        code = self._coordinator.process.returncode
        assert code == 0, f"the coordinator ended with {code}"
        outputs = self._job.outputs()
        wrong = [
            r
            for r, data in enumerate(expected)
            if not self._job.is_right(outputs.get(f"{r}.out"), data)
        ]
        self._outcome.wrong_outputs = len(wrong)
        assert not wrong, f"wrong outputs: {wrong}"

    def _look_for_leftovers(self) -> None:
        """No process, socket, file of ours; and no trace of ours in a log."""
        until_none_is_left(f"{_MARK}={self._place.name}")
        extra = set(self._job.outputs()) - {f"{r}.out" for r in range(self._plan.reduces)}
        assert not extra, f"left beside the outputs: {sorted(extra)}"
        for directory in (self._spill, self._place / "tmp", self._place / "tokens"):
            left = [str(p.relative_to(self._place)) for p in directory.rglob("*") if not p.is_dir()]
            left += [str(p) for p in directory.rglob("mapreduce-*")]
            assert not left, f"left over: {left}"
        assert not (self._place / "coordinator.sock").exists(), "its socket is left over"
        for log in self._place.glob("*.log"):
            assert "Traceback" not in log.read_text(errors="replace"), f"a trace in {log.name}"
