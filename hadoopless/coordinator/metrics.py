"""The metrics of one running job, kept up by its loop and read by a server. docs/metrics.md."""

from __future__ import annotations

import time
from collections.abc import Iterator

from hadoopless import __version__
from hadoopless.scheduler import AttemptFailed, AttemptSucceeded, EndReason, Event, Snapshot
from hadoopless.wire.metrics.figures import (
    MAP,
    REDUCE,
    SUCCEEDED,
    FigureMetrics,
    Figures,
    process_metrics,
)
from hadoopless.wire.metrics.openmetrics import Kind, Metric, Sample, Told, page

_P = "hadoopless_job"
_FIGURES = FigureMetrics(_P)
_ABOUT = Metric(_P, Kind.INFO, "The release that runs, and how it drives.", ("version", "mode"))
_ELAPSED = Metric(
    f"{_P}_elapsed_seconds", Kind.GAUGE, "Seconds since the job has begun.", (), "seconds"
)
_TASKS = Metric(f"{_P}_tasks", Kind.GAUGE, "Tasks of the job.", ("phase", "state"))
_PROGRESS = Metric(
    f"{_P}_progress_ratio", Kind.GAUGE, "Share of the tasks that are done.", ("phase",), "ratio"
)
_WORKERS = Metric(
    f"{_P}_workers", Kind.GAUGE, "Workers that are there; those put aside get no task.", ("state",)
)
_SLOTS = Metric(f"{_P}_slots", Kind.GAUGE, "Slots of the workers that are there.", ("state",))
_LOST = Metric(f"{_P}_lost_workers", Kind.COUNTER, "Workers that were lost.")
_RETRIES = Metric(f"{_P}_retries", Kind.COUNTER, "Times that a task had to run again.")
_BACKUPS = Metric(
    f"{_P}_backups", Kind.COUNTER, "Second attempts of slow tasks: begun, and first at the end.",
    ("state",),
)  # fmt: skip
_RESULTS = {
    EndReason.SUCCEEDED: SUCCEEDED,
    EndReason.PROGRAM_FAILED: "program_failed",
    EndReason.TIMED_OUT: "timed_out",
    EndReason.WORKER_TROUBLE: "worker_trouble",
    EndReason.OUTPUT_LOST: "output_lost",
    EndReason.WORKER_LOST: "worker_lost",
    EndReason.CANCELLED: "cancelled",
}


class JobMetrics:
    """The figures and the progress of a job; its thread tells it, any thread may read it."""

    def __init__(self, mode: str, started: float) -> None:
        """*mode* is push or pull; the job began at *started* by the monotonic clock."""
        self._mode = mode
        self._started = started
        self._figures = Figures((MAP, REDUCE))
        self._snapshot: Snapshot | None = None

    def hear(self, event: Event) -> None:
        """Count the end of an attempt."""
        match event:
            case AttemptSucceeded(attempt, _, output, report):
                phase = attempt.task.phase.value
                self._figures.ended(phase, SUCCEEDED)
                self._figures.add(phase, report, holds=output is not None)
            case AttemptFailed(attempt, _, reason):
                self._figures.ended(attempt.task.phase.value, _RESULTS[reason])

    def show(self, snapshot: Snapshot) -> None:
        """Take the progress of the job."""
        self._snapshot = snapshot

    def page(self) -> bytes:
        """The answer to a scrape."""
        return page(self._told())

    def _told(self) -> Iterator[Told]:
        yield _ABOUT, [Sample(1, (__version__, self._mode))]
        yield _ELAPSED, [Sample(time.monotonic() - self._started)]
        if self._snapshot is not None:  # else the job has not begun
            yield from _progress(self._snapshot)
        yield from self._figures.told(_FIGURES)
        yield from process_metrics()


def _progress(snapshot: Snapshot) -> Iterator[Told]:
    phases = {MAP: snapshot.maps, REDUCE: snapshot.reduces}
    yield (
        _TASKS,
        [
            Sample(value, (phase, state))
            for phase, counts in phases.items()
            for state, value in (
                ("waiting", counts.waiting),
                ("running", counts.running),
                ("done", counts.done),
            )
        ],
    )
    yield (
        _PROGRESS,
        [
            Sample(counts.done / counts.total, (phase,))
            for phase, counts in phases.items()
            if counts.total
        ],
    )
    aside = sum(worker.aside_until is not None for worker in snapshot.workers)
    ready = len(snapshot.workers) - aside
    yield _WORKERS, [Sample(ready, ("ready",)), Sample(aside, ("aside",))]
    slots = sum(worker.slots for worker in snapshot.workers)
    busy = sum(worker.running for worker in snapshot.workers)
    yield _SLOTS, [Sample(busy, ("busy",)), Sample(max(0, slots - busy), ("free",))]
    yield _LOST, [Sample(snapshot.lost_workers)]
    yield _RETRIES, [Sample(snapshot.retries)]
    backups = (snapshot.backups_started, "begun"), (snapshot.backups_won, "won")
    yield _BACKUPS, [Sample(number, (state,)) for number, state in backups]
