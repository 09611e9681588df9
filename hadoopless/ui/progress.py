"""The progress of a job while it runs: live bars on a terminal, a line now and then elsewhere.

In a notebook one line changes in place, and its last state stays.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from types import TracebackType

from hadoopless.scheduler import PhaseCounts, Snapshot
from hadoopless.ui.bars import Row, Style, drawn, faint, fitting
from hadoopless.ui.console import Console
from hadoopless.ui.notes import Phases, of_slowest, of_workers
from hadoopless.ui.pace import share_done

_LINE_INTERVAL = 5.0
#: Seconds between two states of the line in a notebook: each is a message to the reader's browser.
NOTEBOOK_INTERVAL = 0.2
#: Seconds without bars: a job that ends within them shows nothing but its summary.
FIRST_BARS = 0.5


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
        self._phases = Phases()
        self._last = ""
        self._stage = "map"
        self._when = time.monotonic()

    def show(self, snapshot: Snapshot) -> None:
        """Write a line if the counts have changed and the time has come."""
        self._phases.hear(snapshot)
        stage = _stage(snapshot)
        now = time.monotonic()
        if stage == self._stage and not snapshot.ended and now - self._when < _LINE_INTERVAL:
            return
        self._stage, self._when = stage, now
        counts = _counts(snapshot)
        if counts != self._last:
            self._console.say(f"{counts}{_more(snapshot, self._phases)}")
            self._last = counts


class ChangingLine(Silent):
    """Keep one line up to date."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._phases = Phases()
        self._line = ""
        self._when = -NOTEBOOK_INTERVAL

    def show(self, snapshot: Snapshot) -> None:
        """Change the line, unless it has just been changed."""
        self._phases.hear(snapshot)
        now = time.monotonic()
        if snapshot.ended or now - self._when >= NOTEBOOK_INTERVAL:
            self._line = f"{_counts(snapshot)}{_more(snapshot, self._phases)}"
            self._when = now
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


def _stage(snapshot: Snapshot) -> str:
    """The phase whose tasks run now."""
    return "map" if snapshot.maps.done < snapshot.maps.total else "reduce"


def _counts(snapshot: Snapshot) -> str:
    """The shares of both phases that are done."""
    maps, reduces = snapshot.maps, snapshot.reduces
    return f"map {_share(maps)}" + (f"  reduce {_share(reduces)}" if reduces.total else "")


def _share(phase: PhaseCounts) -> str:
    return f"{int(100 * share_done(phase))}% ({phase.done}/{phase.total})"


def _more(snapshot: Snapshot, phases: Phases) -> str:
    """The notes on a job that runs, behind its counts; of workers only where some are lost."""
    if snapshot.ended:
        return ""
    notes = list(phases.pace_notes(_stage(snapshot)))
    if snapshot.lost_workers or snapshot.retries:
        notes += of_workers(snapshot)
    return "  " + ", ".join(notes) if notes else ""


class Bars(Silent):
    """Show a live bar for each phase, and a line about the workers."""

    def __init__(self, console: Console) -> None:
        self._console = console
        glyphs = ("━", "─") if console.has_lines else ("#", "-")
        self._style = Style(*glyphs, colours=console.has_colours)
        self._phases = Phases()
        self._first: float | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Move the bars."""
        phases = self._phases.hear(snapshot)
        if self._first is None:
            self._first = snapshot.now + FIRST_BARS
        if snapshot.now < self._first:
            return
        rows = [
            Row(
                name,
                phase.done,
                phase.total,
                share_done(phase),
                list(self._phases.notes(name, snapshot)),
            )
            for name, phase in phases.items()
        ]
        width = self._console.width
        notes = [*of_workers(snapshot), *of_slowest(snapshot)]
        around = faint(fitting(notes, width - 1), self._style)
        self._console.draw([*drawn(rows, width, self._style), *([around] if around else [])])

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._console.draw(())


def progress_for(console: Console, quiet: bool) -> Silent:
    """The display that fits *console*: none if *quiet*, bars on a terminal, else lines."""
    if quiet:
        return Silent()
    if console.is_in_notebook:
        return ChangingLine(console)
    return Bars(console) if console.can_draw else Lines(console)
