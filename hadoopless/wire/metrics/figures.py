"""Adds up the figures of attempts, and tells them as metrics; for workers and coordinators."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress

from hadoopless.job import TaskReport
from hadoopless.wire.metrics.openmetrics import Kind, Metric, Sample, Told

#: The kinds of tasks that a worker runs; a job has those of the first two.
PHASES = MAP, REDUCE, SAMPLE = "map", "reduce", "sample"
SUCCEEDED = "succeeded"
#: The ways in which an attempt can end.
RESULTS = (
    SUCCEEDED,
    "program_failed",
    "timed_out",
    "worker_trouble",
    "output_lost",
    "worker_lost",
    "cancelled",
)
_PARTS = ("fetch", "programs", "own")
_SPENDERS = ("programs", "own")
_PAGE = resource.getpagesize()


class Figures:
    """The sums of the attempts that have ended. Thread-safe."""

    def __init__(self, phases: Sequence[str]) -> None:
        self._phases = phases
        self._lock = threading.Lock()
        self._ends: dict[tuple[str, str], int] = {}
        #: Seconds by phase and part, CPU seconds by phase and spender, bytes by their way.
        self._seconds: dict[tuple[str, str], float] = {}
        self._cpu: dict[tuple[str, str], float] = {}
        self._bytes: dict[str, int] = {}

    def ended(self, phase: str, result: str) -> None:
        """An attempt has ended."""
        with self._lock:
            self._ends[phase, result] = self._ends.get((phase, result), 0) + 1

    @property
    def count(self) -> int:
        """The number of attempts that have ended."""
        with self._lock:
            return sum(self._ends.values())

    def add(self, phase: str, report: TaskReport, *, holds: bool) -> None:
        """Add the *report* of an attempt; with *holds*, it has left an output for reduces."""
        programs = min(report.program_seconds, report.seconds)
        fetch = min(report.fetch_seconds, report.seconds - programs)
        own = report.seconds - programs - fetch
        moved = {
            "read": report.input_bytes if phase != REDUCE else 0,
            "map_output": report.output_bytes if holds else 0,
            "shuffled": report.fetched_bytes,
            "spilled": report.spilled_bytes,
            "written": 0 if holds else report.output_bytes,
        }
        with self._lock:
            for part, seconds in zip(_PARTS, (fetch, programs, own), strict=True):
                self._seconds[phase, part] = self._seconds.get((phase, part), 0.0) + seconds
            spent = report.program_cpu, report.own_cpu
            for spender, seconds in zip(_SPENDERS, spent, strict=True):
                self._cpu[phase, spender] = self._cpu.get((phase, spender), 0.0) + seconds
            for way, size in moved.items():
                self._bytes[way] = self._bytes.get(way, 0) + size

    def told(self, metrics: FigureMetrics) -> Iterator[Told]:
        """The sums as *metrics*."""
        with self._lock:
            ends, seconds = dict(self._ends), dict(self._seconds)
            cpu, moved = dict(self._cpu), dict(self._bytes)
        yield metrics.attempts, _table(self._phases, RESULTS, ends)
        yield metrics.seconds, _table(self._phases, _PARTS, seconds)
        yield metrics.cpu, _table(self._phases, _SPENDERS, cpu)
        for way, metric in metrics.ways.items():
            yield metric, [Sample(moved.get(way, 0))]


def _table(
    rows: Sequence[str],
    columns: Sequence[str],
    values: dict[tuple[str, str], int] | dict[tuple[str, str], float],
) -> list[Sample]:
    return [
        Sample(values.get((row, column), 0), (row, column)) for row in rows for column in columns
    ]


class FigureMetrics:
    """The metrics of :class:`Figures`, whose names begin with *prefix*."""

    def __init__(self, prefix: str) -> None:
        self.attempts = Metric(
            f"{prefix}_attempts",
            Kind.COUNTER,
            "Attempts at tasks that have ended, by how they ended.",
            ("phase", "result"),
        )
        self.seconds = Metric(
            f"{prefix}_attempt_seconds",
            Kind.COUNTER,
            "Seconds of attempts that succeeded: fetching map outputs, running programs, and the"
            " rest, which is our own work around them.",
            ("phase", "part"),
            "seconds",
        )
        self.cpu = Metric(
            f"{prefix}_attempt_cpu_seconds",
            Kind.COUNTER,
            "CPU seconds of attempts that succeeded: of the users' programs, and our own.",
            ("phase", "of"),
            "seconds",
        )
        helps = {
            "read": "Bytes of inputs that map tasks have read.",
            "map_output": "Bytes that map tasks have left for reduce tasks.",
            "shuffled": "Bytes of map outputs that came from other workers.",
            "spilled": "Bytes written to temporary files, because they did not fit the memory.",
            "written": "Bytes of output files.",
        }
        #: The counters of bytes, by their way.
        self.ways = {
            way: Metric(f"{prefix}_{way}_bytes", Kind.COUNTER, text, (), "bytes")
            for way, text in helps.items()
        }


_CPU = Metric(
    "process_cpu_seconds",
    Kind.COUNTER,
    "CPU seconds of the process, without the users' programs.",
    (),
    "seconds",
)
_RESIDENT = Metric(
    "process_resident_memory_bytes", Kind.GAUGE, "Resident memory of the process.", (), "bytes"
)
_OPEN = Metric("process_open_fds", Kind.GAUGE, "Open file descriptors.", (), "fds")
_LIMIT = Metric("process_max_fds", Kind.GAUGE, "File descriptors that may be open.", (), "fds")


def process_metrics() -> Iterator[Told]:
    """The costs of this process, by the names that all exporters use; memory only on Linux."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    yield _CPU, [Sample(usage.ru_utime + usage.ru_stime)]
    if resident := resident_memory():
        yield _RESIDENT, [Sample(resident)]
    with suppress(OSError):
        # One of them is that of the list itself.
        yield _OPEN, [Sample(len(os.listdir("/dev/fd")) - 1)]
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY:
        yield _LIMIT, [Sample(soft)]


def resident_memory() -> int:
    """The resident bytes of this process; 0 where Linux's /proc is not there."""
    try:
        with open("/proc/self/statm", "rb", buffering=0) as file:
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        return 0
