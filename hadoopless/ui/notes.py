"""The words beside the bars: times, rates, workers, and the tasks that run the longest. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from hadoopless.scheduler import PhaseCounts, Snapshot
from hadoopless.sizes import show_size
from hadoopless.ui.pace import Pace

#: The tasks that are named, and the seconds from which on a task is worth its name.
_SLOWEST = 3
_SLOW = 3.0


class Phases:
    """The two phases of a job, from its snapshots."""

    def __init__(self) -> None:
        self._paces = {"map": Pace(), "reduce": Pace()}

    def hear(self, snapshot: Snapshot) -> dict[str, PhaseCounts]:
        """Learn from *snapshot*; returns the phases that have tasks, by their names."""
        self._paces["map"].hear(snapshot.maps, snapshot, is_reduce=False)
        self._paces["reduce"].hear(snapshot.reduces, snapshot, is_reduce=True)
        phases = {"map": snapshot.maps, "reduce": snapshot.reduces}
        return {name: phase for name, phase in phases.items() if phase.total or name == "map"}

    def notes(self, name: str, snapshot: Snapshot) -> Iterator[str]:
        """The notes on the phase called *name*, the most important first."""
        phase = snapshot.maps if name == "map" else snapshot.reduces
        pace = self._paces[name]
        idle = phase.done < phase.total and not phase.running
        if idle and name == "reduce" and snapshot.maps.done < snapshot.maps.total:
            yield "waits for the maps"
            return
        if idle:
            yield "waits for a worker"
        yield from self.pace_notes(name)
        if phase.running:
            yield f"{phase.running} running"
        if pace.is_begun:
            yield clock(pace.seconds)

    def pace_notes(self, name: str) -> Iterator[str]:
        """The time that is left of a phase, and its rate, as far as they are known."""
        pace = self._paces[name]
        if pace.left is not None:
            yield f"{roughly(pace.left)} left"
        if pace.rate is not None:
            yield f"{show_size(pace.rate)}/s"


def of_workers(snapshot: Snapshot) -> Iterator[str]:
    """The workers that are there and that are lost, and what has to run again."""
    count = len(snapshot.workers)
    if count or snapshot.lost_workers:
        yield f"{count} worker{'' if count == 1 else 's'}"
    if snapshot.lost_workers:
        yield f"{snapshot.lost_workers} lost"
    aside = sum(worker.aside_until is not None for worker in snapshot.workers)
    if aside:
        yield f"{aside} put aside"
    if snapshot.retries:
        yield f"{snapshot.retries} run again"


def of_slowest(snapshot: Snapshot) -> Iterator[str]:
    """The tasks that run the longest, the longest first, if they run for long."""
    backed_up = {one.attempt.task for one in snapshot.attempts if one.backup}
    first = sorted(
        (one for one in snapshot.attempts if not one.backup and snapshot.now - one.since >= _SLOW),
        key=lambda one: one.since,
    )
    for place, one in enumerate(first[:_SLOWEST]):
        task = one.attempt.task
        told = f"{task.phase.value}-{task.index} {clock(snapshot.now - one.since)}"
        backup = " (with a backup)" if task in backed_up else ""
        yield f"{'' if place else 'slowest: '}{told}{backup}"


def clock(seconds: float) -> str:
    """A time that has passed: minutes and seconds, and hours if there are any."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def roughly(seconds: float) -> str:
    """An estimated time: no more exact than it can be."""
    if seconds < 9.5:
        return f"{max(1, round(seconds))} s"
    if seconds < 57.5:
        return f"{5 * round(seconds / 5)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{max(1, minutes)} min"
    hours, minutes = divmod(10 * round(seconds / 600), 60)
    return f"{hours} h" + (f" {minutes} min" if minutes else "")
