"""A job without workers says that it waits, how long yet, and what to do."""

from __future__ import annotations

from hadoopless.coordinator.waiting import Waiting
from hadoopless.scheduler import PhaseCounts, Snapshot, WorkerState


def snapshot(left: float | None, *, ended: bool = False, workers: int = 0) -> Snapshot:
    counts = PhaseCounts(0, 0, 0, 0)
    joined = tuple(WorkerState(str(i), 1, 0, None) for i in range(workers))
    return Snapshot(0, True, ended, counts, counts, (), joined, 0, 0, 0, 0, left)


def said(*lefts: float | None, advice: str = "type this", workers: int = 0) -> list[str]:
    """The lines about a job that waits for 30 s at most."""
    lines: list[str] = []
    waiting = Waiting(lines.append, 30.0, advice)
    for left in lefts:
        waiting.show(snapshot(left, workers=workers))
    return lines


LINE = "no worker answers: the job waits {} s more for them; type this"
BACK = "the workers are there again: the job goes on"


def test_a_worker_that_starts_anew_is_no_news():
    assert said(None, 30.0, 29.5, 28.5, None) == []


def test_waiting_is_told_now_and_then():
    assert said(None, 30.0, 28.0, 27.5, 18.5, 17.5, 17.0, 7.5, 7.0, 0.0) == [
        LINE.format(28),
        LINE.format(18),
        LINE.format(8),
    ]


def test_its_end_is_told():
    assert said(28.0, None, None, 29.0, 27.0, None) == [
        LINE.format(28),
        BACK,
        LINE.format(27),
        BACK,
    ]


def test_a_job_that_ends_does_not_go_on():
    lines: list[str] = []
    waiting = Waiting(lines.append, 30.0, "type this")
    for left, ended in ((5.0, False), (None, True)):
        waiting.show(snapshot(left, ended=ended))
    assert lines == [LINE.format(5)]


def test_other_words():
    assert said(9.0, advice="") == ["no worker answers: the job waits 9 s more for them"]
    (line,) = said(9.0, workers=1)
    assert line.startswith("some workers do not answer: ")
