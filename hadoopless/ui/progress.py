"""The progress of a job while it runs: a live bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from hadoopless.scheduler import PhaseCounts, Snapshot

if TYPE_CHECKING:
    from rich.progress import TaskID

_LINE_INTERVAL = 5.0


class Silent(AbstractContextManager["Silent"]):
    """Show no progress; the base class of the others."""

    def show(self, snapshot: Snapshot) -> None:
        """Show the state of the job in *snapshot*."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the display; here there is none."""


class Lines(Silent):
    """Write a line when a phase begins or ends, and every five seconds between."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last = ""
        self._stage = "map"
        self._when = time.monotonic()

    def show(self, snapshot: Snapshot) -> None:
        """Write a line if the counts have changed and the time has come."""
        maps, reduces = snapshot.maps, snapshot.reduces
        stage = "map" if maps.done < maps.total else "reduce"
        now = time.monotonic()
        if stage == self._stage and not snapshot.ended and now - self._when < _LINE_INTERVAL:
            return
        self._stage, self._when = stage, now
        line = f"map {_share(maps)}" + (f"  reduce {_share(reduces)}" if reduces.total else "")
        if line != self._last:
            print(line, file=self._stream, flush=True)
            self._last = line


def _share(phase: PhaseCounts) -> str:
    percent = 100 * phase.done // phase.total if phase.total else 100
    return f"{percent}% ({phase.done}/{phase.total})"


class Bars(Silent):
    """Show two live bars, drawn by rich."""

    def __init__(self, stream: TextIO) -> None:
        # Imported here because rich takes longer to load than a small job.
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description:<6}"),
            BarColumn(bar_width=40),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=Console(file=stream),
            transient=True,
        )
        self._rows: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def show(self, snapshot: Snapshot) -> None:
        """Move the bars."""
        for name, phase in (("map", snapshot.maps), ("reduce", snapshot.reduces)):
            if not phase.total:
                continue
            if name not in self._rows:
                self._rows[name] = self._progress.add_task(
                    name, total=phase.total, note="", start=False
                )
            row = self._rows[name]
            if phase.running or phase.done:
                self._progress.start_task(row)
            self._progress.update(row, completed=phase.done, note=_note(phase, snapshot))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()


def _note(phase: PhaseCounts, snapshot: Snapshot) -> str:
    notes = [f"{phase.running} running"] if phase.running else []
    if phase.running and snapshot.retries:
        notes.append(f"{snapshot.retries} retries")
    if phase.running and snapshot.lost_workers:
        notes.append(f"{snapshot.lost_workers} lost workers")
    return ", ".join(notes)


def progress_for(stream: TextIO, quiet: bool) -> Silent:
    """The display that fits *stream*: none if *quiet*, bars on a terminal, else lines."""
    if quiet:
        return Silent()
    return Bars(stream) if stream.isatty() else Lines(stream)
