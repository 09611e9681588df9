"""Figures with their limits, timed runs of programs, CPU seconds and memory of processes.

It reads /proc, so it needs Linux. It knows nothing of jobs and pools.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_TICKS = os.sysconf("SC_CLK_TCK")


class BenchmarkError(Exception):
    """A run failed or gave wrong output, so there is nothing to measure."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value and the limit it must keep to."""

    case: str
    name: str
    value: float
    limit: float
    unit: str = ""
    #: True if the value must not be below the limit, False if it must not be above.
    at_least: bool = False

    @property
    def passed(self) -> bool:
        """True if the value keeps to its limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def verdict(self) -> str:
        """PASS or MISS."""
        return "PASS" if self.passed else "MISS"


@dataclass(frozen=True, slots=True)
class Run:
    """The cost of one program with the children that it waited for, in seconds."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Cpu:
    """CPU seconds of a process itself, and of the children that it has reaped."""

    own: float
    reaped: float


class Runner:
    """Runs commands one at a time in the repository, and keeps their lines for the report."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.commands: list[str] = []

    def announce(self, command: str) -> None:
        """Print a command line, the first time that it is run, and keep it."""
        if command not in self.commands:
            self.commands.append(command)
            self.say(f"$ {command}")

    def run(self, argv: Sequence[str], extra: Mapping[str, str] | None = None) -> Run:
        """Run *argv* to its end, with *extra* in its environment."""
        extra = extra or {}
        assignments = [f"{name}={value}" for name, value in extra.items()]
        self.announce(shlex.join([*assignments, *argv]))
        return timed(argv, environment(extra))

    def shell(self, line: str) -> Run:
        """Run a line of bash to its end; a failure anywhere in a pipe is one of the line."""
        self.announce(line)
        return timed(["bash", "-o", "pipefail", "-c", line], environment())


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our environment with *extra*, without PYTHONUNBUFFERED, which slows down each print."""
    variables = {**os.environ, **(extra or {})}
    variables.pop("PYTHONUNBUFFERED", None)
    return variables


def timed(argv: Sequence[str], variables: Mapping[str, str]) -> Run:
    """Run *argv* in the repository; what it writes goes where our stderr goes."""
    os.sync()  # earlier runs may have left data to write, which this run should not pay for
    start = time.perf_counter()
    process = subprocess.Popen(argv, cwd=ROOT, env=variables, stdout=2)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(
        status
    )  # Popen does not know that wait4 has reaped it
    if process.returncode != 0:
        raise BenchmarkError(f"exit code {process.returncode}: {shlex.join(argv)}")
    return Run(wall, usage.ru_utime + usage.ru_stime)


def cpu_of(pid: int) -> Cpu:
    """CPU seconds of the running process *pid*."""
    return parse_stat(Path(f"/proc/{pid}/stat").read_text())


def parse_stat(text: str) -> Cpu:
    """CPU seconds in a line of /proc/PID/stat (proc(5)): fields 14 to 17, in clock ticks."""
    # Field 2 is the program's name in parentheses; the name may hold anything, also ") ".
    fields = text[text.rindex(")") + 2 :].split()
    user, system, reaped_user, reaped_system = map(int, fields[11:15])
    return Cpu((user + system) / _TICKS, (reaped_user + reaped_system) / _TICKS)


def idle_seconds(text: str, cores: Set[int]) -> float:
    """The seconds in which nobody used the *cores*, in the text of /proc/stat (proc(5))."""
    idle = 0.0
    for line in text.splitlines():
        name, *fields = line.split()
        if name.removeprefix("cpu").isdigit() and int(name.removeprefix("cpu")) in cores:
            idle += (int(fields[3]) + int(fields[4])) / _TICKS
    return idle


def process_tree(root: int) -> dict[int, list[int]]:
    """The children of *root* and of each of its descendants."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:  # the process has ended
            continue
        parent = int(text[text.rindex(")") + 2 :].split()[1])
        children.setdefault(parent, []).append(int(stat.parent.name))
    tree: dict[int, list[int]] = {}
    todo = [root]
    while todo:
        pid = todo.pop()
        tree[pid] = sorted(children.get(pid, []))
        todo.extend(tree[pid])
    return tree


def peak_memory(pid: int) -> int:
    """The most bytes that the running process *pid* has had in memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise BenchmarkError(f"/proc/{pid}/status has no VmHWM")


def warm(directory: Path) -> None:
    """Read all inputs once, so that no run has to wait for the disk."""
    for path in directory.glob("*.in"):
        with path.open("rb") as file:
            while file.read(1 << 20):
                pass
