"""The progress of a job while it runs: live bars on a terminal, a line now and then elsewhere.

In a notebook one line changes in place, and its last state stays.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import TracebackType

from hadoopless.scheduler import PhaseCounts, Snapshot
from hadoopless.ui.bars import Row, Style, drawn
from hadoopless.ui.console import Console

_LINE_INTERVAL = 5.0
#: Seconds between two states of the line in a notebook: each is a message to the reader's browser.
NOTEBOOK_INTERVAL = 0.2


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

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = ""
        self._stage = "map"
        self._when = time.monotonic()

    def show(self, snapshot: Snapshot) -> None:
        """Write a line if the counts have changed and the time has come."""
        maps = snapshot.maps
        stage = "map" if maps.done < maps.total else "reduce"
        now = time.monotonic()
        if stage == self._stage and not snapshot.ended and now - self._when < _LINE_INTERVAL:
            return
        self._stage, self._when = stage, now
        line = _line(snapshot)
        if line != self._last:
            self._console.say(line)
            self._last = line


class ChangingLine(Silent):
    """Keep one line up to date."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._line = ""
        self._when = -NOTEBOOK_INTERVAL

    def show(self, snapshot: Snapshot) -> None:
        """Change the line, unless it has just been changed."""
        now = time.monotonic()
        if snapshot.ended or now - self._when >= NOTEBOOK_INTERVAL:
            self._line, self._when = _line(snapshot), now
            self._console.draw((self._line,))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._console.draw(())
        if self._line:
            self._console.say(self._line)


def _line(snapshot: Snapshot) -> str:
    """The shares of both phases that are done."""
    maps, reduces = snapshot.maps, snapshot.reduces
    return f"map {_share(maps)}" + (f"  reduce {_share(reduces)}" if reduces.total else "")


def _share(phase: PhaseCounts) -> str:
    percent = 100 * phase.done // phase.total if phase.total else 100
    return f"{percent}% ({phase.done}/{phase.total})"


class Bars(Silent):
    """Show a live bar for each phase."""

    def __init__(self, console: Console) -> None:
        self._console = console
        glyphs = ("━", "─") if console.has_lines else ("#", "-")
        self._style = Style(*glyphs, colours=console.has_colours)
        self._clocks = {"map": _Clock(), "reduce": _Clock()}

    def show(self, snapshot: Snapshot) -> None:
        """Move the bars."""
        phases = {"map": snapshot.maps, "reduce": snapshot.reduces}
        rows = [
            Row(name, phase.done, phase.total, list(self._notes(name, phase, snapshot)))
            for name, phase in phases.items()
            if phase.total or name == "map"
        ]
        self._console.draw(drawn(rows, self._console.width, self._style))

    def _notes(self, name: str, phase: PhaseCounts, snapshot: Snapshot) -> Iterator[str]:
        clock = self._clocks[name]
        clock.hear(phase, snapshot.now)
        idle = phase.done < phase.total and not phase.running
        if idle and name == "reduce" and snapshot.maps.done < snapshot.maps.total:
            yield "waits for the maps"
            return
        if clock.began is not None:
            yield clock.told
        if idle:
            yield "waits for a worker"
        if phase.running:
            yield f"{phase.running} running"
            if snapshot.retries:
                yield f"{snapshot.retries} run again"
            if snapshot.lost_workers:
                workers = "worker" if snapshot.lost_workers == 1 else "workers"
                yield f"{snapshot.lost_workers} {workers} lost"

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._console.draw(())


class _Clock:
    """The time that a phase has taken, from its first task to its end."""

    def __init__(self) -> None:
        self.began: float | None = None
        self._seconds = 0.0

    def hear(self, phase: PhaseCounts, now: float) -> None:
        """Go on while the phase does."""
        if self.began is None:
            if not phase.running and not phase.done:
                return
            self.began = now
        elif phase.done < phase.total:
            self._seconds = now - self.began

    @property
    def told(self) -> str:
        """Hours, minutes and seconds."""
        minutes, seconds = divmod(int(self._seconds), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def progress_for(console: Console, quiet: bool) -> Silent:
    """The display that fits *console*: none if *quiet*, bars on a terminal, else lines."""
    if quiet:
        return Silent()
    if console.is_in_notebook:
        return ChangingLine(console)
    return Bars(console) if console.can_draw else Lines(console)
