"""Runs the peers by turns, compares their outputs, and leaves out runs that would be too long."""

from __future__ import annotations

import math
import os
import select
import shlex
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import measure
from benchmarks.measure import ROOT, BenchmarkError
from benchmarks.peers.engines import Case, Peer, environment
from benchmarks.peers.install import Tools, last_line
from benchmarks.peers.results import Cell
from benchmarks.peers.workloads import Workload

#: A run that takes so many times the limit is stopped.
PATIENCE = 3
#: By this, programs compare and sort bytes, whatever language the user speaks.
BYTES = {"LC_ALL": "C"}
AS_BYTES = {**os.environ, **BYTES}
#: The peer whose output is right by its definition.
ORACLE = "pipe"
#: The least share of a run that is taken to grow with the input.
_GROWING = 0.05


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules by which runs are repeated and left out."""

    #: The most runs of a cell.
    repeat: int = 3
    #: A cell has no more runs once its runs have taken so many seconds together.
    enough: float = 10.0
    #: A peer that would take more seconds a run is left out.
    limit: float = 15.0
    #: No cell has another run once all runs have taken so many minutes together.
    minutes: float = 17.0


class Stopped(BenchmarkError):
    """A run has been stopped, since it took far too long."""


@dataclass
class Course:
    """The state of all measurements, and the directories that they use."""

    work: Path
    tools: Tools
    rules: Rules
    say: Callable[[str], None]
    #: Seconds of each peer for a few lines, if they were measured.
    starts: dict[str, float] = field(default_factory=dict)
    #: The time of the clock time.monotonic() from which on no further runs of a cell begin.
    end: float = math.inf

    def first(self, workload: Workload, sizes: Sequence[int], peers: Sequence[Peer]) -> list[Cell]:
        """The first runs of a workload, for each of *sizes* in their order."""
        cells: list[Cell] = []
        for size in sizes:
            now = [self._cell(workload, size, peer, cells) for peer in peers]
            outputs: dict[str, str] = {}
            for peer, cell in zip(peers, now, strict=True):
                if not cell.why_not:
                    self._add_run(peer, workload, cell, outputs)
            for cell in others(outputs, now):
                self._fail(cell, "its output is not that of the others")
            cells += now
        return cells

    def again(self, workload: Workload, cells: Sequence[Cell], peers: Sequence[Peer]) -> None:
        """One more run of those *cells* of a workload that have not had enough, by turns."""
        named = {peer.name: peer for peer in peers}
        for cell in cells:
            is_late = time.monotonic() > self.end
            if cell.walls and sum(cell.walls) < self.rules.enough and not is_late:
                self._add_run(named[cell.peer], workload, cell)

    def _cell(self, workload: Workload, size: int, peer: Peer, before: Sequence[Cell]) -> Cell:
        """An empty cell, or one that says why it stays empty."""
        cell = Cell(workload.name, size, peer.name)
        cell.why_not = self.tools.missing.get(peer.name, "") or peer.lacks(workload)
        smaller = [one for one in before if one.peer == peer.name]
        if cell.why_not or not smaller:
            return cell
        if not smaller[-1].walls:
            cell.why_not = smaller[-1].why_not
            return cell
        seconds = predicted(smaller[-1], self.starts.get(peer.name, 0.0), size)
        if seconds > self.rules.limit:
            cell.why_not = f"left out: about {seconds:.0f} s"
        return cell

    def _add_run(
        self, peer: Peer, workload: Workload, cell: Cell, outputs: dict[str, str] | None = None
    ) -> None:
        """Run a peer and keep its time in *cell*, and the digest of its output in *outputs*."""
        inputs = workload.inputs(self.work, cell.size)
        case = Case(workload, cell.size, inputs, self.work / "output", self.work / "temporary")
        try:
            cell.walls.append(self._run(peer, case))
            if outputs is not None:
                outputs[peer.name] = digest(case)
                check_order(case)
            self.say(f"{workload.name} {cell.size:,} B {peer.name} {cell.walls[-1]:.3f} s")
        except BenchmarkError as error:
            self._fail(cell, str(error))
        finally:
            clear(case)

    def _fail(self, cell: Cell, reason: str) -> None:
        cell.walls, cell.why_not, cell.failed = [], reason, True
        self.say(f"{cell.workload} {cell.size:,} B {cell.peer}: {reason}")

    def _run(self, peer: Peer, case: Case) -> float:
        clear(case)
        case.temporary.mkdir()
        argv = peer.command(case, self.tools)
        log = self.work / f"{peer.name}.log"
        variables = measure.environment(environment(case))
        return timed(argv, variables, log, PATIENCE * self.rules.limit)


def predicted(cell: Cell, start: float, size: int) -> float:
    """The seconds that a run of *size* takes, if all but *start* seconds grow with the size."""
    growing = max(cell.median - start, _GROWING * cell.median)
    return cell.median - growing + growing * size / cell.size


def timed(argv: Sequence[str], variables: Mapping[str, str], log: Path, limit: float) -> float:
    """Wall seconds of a program, whose console goes to *log*; an error if it takes longer."""
    os.sync()  # earlier runs may have left data to write, which this run should not pay for
    with log.open("wb") as console:
        start = time.perf_counter()
        try:
            process = subprocess.Popen(
                argv,
                cwd=ROOT,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )
        except OSError as error:
            raise BenchmarkError(f"it does not start: {error}") from error
        try:
            in_time = ends_within(process, limit)
        finally:
            wall = time.perf_counter() - start
            end(process)
    if not in_time:
        raise Stopped(f"stopped after {limit:.0f} s")
    if process.returncode:
        text = last_line(log.read_text(errors="replace"))
        raise BenchmarkError(f"exit code {process.returncode}: {text}")
    return wall


def ends_within(process: subprocess.Popen[bytes], limit: float) -> bool:
    """True once *process* has ended, False after *limit* seconds.

    It is known at once: ``Popen.wait`` with a limit looks every 50 ms alone.
    """
    descriptor = os.pidfd_open(process.pid)
    try:
        waiter = select.poll()
        waiter.register(descriptor, select.POLLIN)
        return bool(waiter.poll(1000 * limit))  # milliseconds
    finally:
        os.close(descriptor)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program that still runs, with all that it has started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def clear(case: Case) -> None:
    """Remove what a run has left."""
    for directory in (case.output, case.temporary):
        shutil.rmtree(directory, ignore_errors=True)


def digest(case: Case) -> str:
    """A name for the output: equal for outputs with the same lines, in whatever order and files.

    Blanks at the ends of lines do not count: Hadoop writes a TAB behind a key without a value.
    Neither does the end of the last line of a file, which Dask leaves out.
    """
    line = (
        f"sed -s -e 's/[[:blank:]]*$//' -e '$a\\' {shlex.quote(str(case.output))}/*"
        f" | sort -S 1G -T {shlex.quote(str(case.temporary))} | sha256sum"
    )
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], stdout=subprocess.PIPE, text=True, env=AS_BYTES
    )
    if done.returncode:
        raise BenchmarkError("the output cannot be read")
    return done.stdout


def check_order(case: Case) -> None:
    """Raise unless the output is in order, where the order is the job."""
    if case.workload.is_sort:
        for part in case.output.glob("[!._]*"):
            command = ["sort", "-c", "-t", "\t", "-k1,1", str(part)]
            if subprocess.run(command, env=AS_BYTES).returncode:
                raise BenchmarkError("its output is not sorted")


def others(outputs: Mapping[str, str], cells: Sequence[Cell]) -> list[Cell]:
    """The cells whose outputs are not the right one: that of the pipe, or else of most peers."""
    if not outputs:
        return []
    right = outputs.get(ORACLE) or Counter(outputs.values()).most_common(1)[0][0]
    return [cell for cell in cells if outputs.get(cell.peer, right) != right]
