"""The progress that bars and lines tell of, from snapshots of a job."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest

from hadoopless.job import AttemptId, map_task
from hadoopless.scheduler import PhaseCounts, RunningAttempt, Snapshot, Worked, WorkerState
from hadoopless.ui.console import Console
from hadoopless.ui.progress import Bars, Lines, Silent, progress_for
from tests.ui.screen import screen

NO_TASKS = PhaseCounts(0, 0, 0, 0)


def phase(waiting: int, running: int, done: int) -> PhaseCounts:
    return PhaseCounts(waiting + running + done, waiting, running, done)


def at(
    now: float, maps: PhaseCounts, reduces: PhaseCounts, retries: int = 0, lost: int = 0
) -> Snapshot:
    ended = maps.done == maps.total and reduces.done == reduces.total
    return Snapshot(now, True, ended, maps, reduces, (), (), retries, lost, 0, 0)


class Terminal(io.StringIO):
    encoding = "ascii"

    def isatty(self) -> bool:
        return True


def bars_after(
    snapshots: Sequence[Snapshot], monkeypatch: pytest.MonkeyPatch, columns: int = 110
) -> list[str]:
    """The frame after these snapshots, without the bars themselves."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = Terminal()
    bars = progress_for(Console(stream), quiet=False)
    assert isinstance(bars, Bars)
    for snapshot in snapshots:
        bars.show(snapshot)
    frame = screen(stream.getvalue())
    with bars:
        pass
    assert screen(stream.getvalue()) == [""]
    return [" ".join(word for word in line.split() if not set(word) <= set("#-")) for line in frame]


@pytest.mark.parametrize(
    ("snapshots", "frame"),
    [
        (
            [at(0, phase(3, 0, 0), phase(2, 0, 0)), at(1, phase(3, 0, 0), phase(2, 0, 0))],
            ["map 0% 0/3 waits for a worker", "reduce 0% 0/2 waits for the maps"],
        ),
        (
            [at(5, phase(2, 1, 0), phase(2, 0, 0)), at(70, phase(0, 2, 1), phase(2, 0, 0), 1, 2)],
            [
                "map 33% 1/3 2 running, 1:05",
                "reduce 0% 0/2 waits for the maps",
                "0 workers, 2 lost, 1 run again",
            ],
        ),
        (
            [at(5, phase(0, 3, 0), phase(2, 0, 0)), at(9, phase(0, 0, 3), phase(1, 1, 0), 0, 1)],
            ["map 100% 3/3 0:04", "reduce 0% 0/2 1 running, 0:00", "0 workers, 1 lost"],
        ),
        (  # a map output was lost: the reduces that are left wait again
            [at(5, phase(0, 0, 3), phase(0, 2, 0)), at(3700, phase(0, 1, 2), phase(1, 0, 1))],
            ["map 66% 2/3 1 running, 1:01:35", "reduce 50% 1/2 waits for the maps"],
        ),
        (
            [at(5, phase(0, 1, 0), NO_TASKS), at(6, phase(0, 1, 0), NO_TASKS)],
            ["map 0% 0/1 1 running, 0:01"],
        ),
    ],
    ids=["no worker yet", "maps", "reduces", "maps again", "maps alone"],
)
def test_bars(snapshots: Sequence[Snapshot], frame: list[str], monkeypatch: pytest.MonkeyPatch):
    assert bars_after(snapshots, monkeypatch) == ["", *frame]


def test_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch):
    snapshots = [at(when, phase(0, 3, 0), phase(2, 0, 0)) for when in (5, 6)]
    assert bars_after(snapshots, monkeypatch, 30) == ["", "map 0% 0/3", "reduce 0% 0/2"]


def test_a_job_of_a_moment_has_no_bars(monkeypatch: pytest.MonkeyPatch):
    snapshots = [at(5.1, phase(0, 1, 0), NO_TASKS), at(5.4, phase(0, 0, 1), NO_TASKS)]
    assert bars_after(snapshots, monkeypatch) == [""]


@pytest.mark.parametrize("columns", [40, 60, 79, 80, 160, 200])
@pytest.mark.parametrize("colours", ["", "1"])
def test_no_line_is_wrapped(columns: int, colours: str, monkeypatch: pytest.MonkeyPatch):
    """A large job with all kinds of trouble; the terminal changes its width meanwhile."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", colours)
    stream = Terminal()
    bars = progress_for(Console(stream), quiet=False)
    for step in range(12):
        monkeypatch.setenv("COLUMNS", str(columns if step % 2 else 120))
        bars.show(large(float(step), done=8_000 * step))
        frame = screen(stream.getvalue())
        assert len(frame) == (4 if step else 1)
        if step % 2:
            assert max(map(len, frame)) < columns


def large(now: float, done: int) -> Snapshot:
    """A job of 100,000 maps, of which 12 run, on four workers."""
    maps = PhaseCounts(
        100_000,
        100_000 - 12 - done,
        12,
        done,
        10**12,
        10**7 * done,
        Worked(done, 10**7 * done, 9.0),
    )
    attempts = tuple(
        RunningAttempt(AttemptId(map_task(done + i), 0), "w", now - i, i == 3, 10**7)
        for i in range(12)
    )
    workers = tuple(WorkerState(f"w{i}", 3, 3, 9.0 if i == 2 else None) for i in range(4))
    return Snapshot(now, True, False, maps, phase(7, 0, 0), attempts, workers, 17, 2, 1, 0)


def test_the_line_about_workers_and_slow_tasks(monkeypatch: pytest.MonkeyPatch):
    frame = bars_after([large(5.0, 10), large(6.0, 12)], monkeypatch, 200)
    assert frame[3] == (
        "4 workers, 2 lost, 1 put aside, 17 run again,"
        " slowest: map-23 0:11, map-22 0:10, map-21 0:09"
    )


def test_lines_elsewhere():
    stream = io.StringIO()
    lines = progress_for(Console(stream), quiet=False)
    assert isinstance(lines, Lines)
    for snapshot in (
        at(0, phase(2, 1, 0), phase(2, 0, 0)),
        at(1, phase(0, 0, 3), phase(2, 0, 0)),
        at(2, phase(0, 0, 3), phase(0, 1, 1)),
        at(3, phase(0, 0, 3), phase(0, 0, 2)),
    ):
        lines.show(snapshot)
    assert stream.getvalue() == (
        "map 100% (3/3)  reduce 0% (0/2)\nmap 100% (3/3)  reduce 100% (2/2)\n"
    )


def test_quiet():
    stream = Terminal()
    silent = progress_for(Console(stream), quiet=True)
    assert type(silent) is Silent
    silent.show(at(0, phase(2, 1, 0), phase(2, 0, 0)))
    assert stream.getvalue() == ""


def notebook() -> io.StringIO:
    """A stream of the kind that a cell in a notebook has; only its module is told from others."""
    kind = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})
    stream = kind()
    assert isinstance(stream, io.StringIO)
    return stream


def seen(written: str) -> list[str]:
    """The lines that the output of a cell shows: a carriage return goes back, and text replaces."""
    lines = []
    for line in written.split("\n"):
        cells: list[str] = []
        for stretch in line.split("\r"):
            cells[: len(stretch)] = stretch
        lines.append("".join(cells).rstrip())
    return lines


def test_a_notebook_has_one_line_that_changes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("hadoopless.ui.progress.NOTEBOOK_INTERVAL", 0.0)
    stream = notebook()
    console = Console(stream)
    with progress_for(console, quiet=False) as line:
        line.show(at(0, phase(1, 1, 0), phase(1, 0, 0)))
        assert seen(stream.getvalue()) == ["map 0% (0/2)  reduce 0% (0/1)"]
        console.say("a warning")
        line.show(at(1, phase(0, 1, 1), phase(1, 0, 0)))
        assert seen(stream.getvalue()) == ["a warning", "map 50% (1/2)  reduce 0% (0/1)"]
        line.show(at(2, phase(0, 0, 2), phase(0, 0, 1)))
    assert seen(stream.getvalue()) == ["a warning", "map 100% (2/2)  reduce 100% (1/1)", ""]


def test_the_line_of_a_notebook_is_not_changed_at_each_snapshot():
    stream = notebook()
    line = progress_for(Console(stream), quiet=False)
    for done in range(3):
        line.show(at(done, phase(3 - done, 0, done), NO_TASKS))
    assert seen(stream.getvalue()) == ["map 0% (0/3)"]
    line.show(at(3, phase(0, 0, 3), NO_TASKS))
    assert seen(stream.getvalue()) == ["map 100% (3/3)"]


def test_a_notebook_shows_nothing_of_a_job_that_did_not_begin():
    stream = notebook()
    with progress_for(Console(stream), quiet=False):
        pass
    assert stream.getvalue() == ""
