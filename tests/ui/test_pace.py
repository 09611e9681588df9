"""The share, the rate and the time that is left of a phase, in courses that are made up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.job import AttemptId, map_task
from hadoopless.scheduler import PhaseCounts, RunningAttempt, Snapshot, Worked, WorkerState
from hadoopless.ui.pace import Pace, share_done

MB = 1 << 20
NO_TASKS = PhaseCounts(0, 0, 0, 0)


@dataclass
class Course:
    """Maps of *sizes* bytes on *slots* slots, each of which works *speed* bytes in a second."""

    sizes: list[int]
    slots: int = 2
    speed: float = 10 * MB
    now: float = 100.0
    done: list[int] = field(default_factory=list)
    worked: Worked = field(default_factory=Worked)

    def snapshots(self, step: float = 0.25) -> Iterator[Snapshot]:
        """The course at each moment, to its end."""
        waiting = list(range(len(self.sizes)))
        running: dict[int, float] = {}
        while len(self.done) < len(self.sizes):
            for index, since in list(running.items()):
                if self.now - since >= self.sizes[index] / self.speed:
                    del running[index]
                    self.done.append(index)
                    before, took = self.worked, self.now - since
                    self.worked = Worked(
                        before.tasks + 1, before.bytes + self.sizes[index], before.seconds + took
                    )
            while waiting and len(running) < self.slots:
                running[waiting.pop(0)] = self.now
            yield self.snapshot(len(waiting), running)
            self.now += step

    def snapshot(self, waiting: int, running: dict[int, float]) -> Snapshot:
        maps = PhaseCounts(
            len(self.sizes),
            waiting,
            len(running),
            len(self.done),
            sum(self.sizes),
            sum(self.sizes[index] for index in self.done),
            self.worked,
        )
        attempts = tuple(
            RunningAttempt(AttemptId(map_task(index), 0), "w", since, False, self.sizes[index])
            for index, since in running.items()
        )
        workers = (WorkerState("w", self.slots, len(running), None),)
        return Snapshot(self.now, True, False, maps, NO_TASKS, attempts, workers, 0, 0, 0, 0)


def heard(course: Course) -> list[tuple[float, float | None, float | None]]:
    """(time, estimated end, rate) at each moment of *course*."""
    pace = Pace()
    told = []
    for snapshot in course.snapshots():
        pace.hear(snapshot.maps, snapshot, is_reduce=False)
        end = None if pace.left is None else snapshot.now + pace.left
        told.append((snapshot.now, end, pace.rate))
    return told


def test_equal_tasks_end_when_it_is_told() -> None:
    told = heard(Course([10 * MB] * 40))
    end = told[-1][0]
    estimates = [one for _, one, _ in told if one is not None]
    assert len(estimates) > len(told) * 0.8
    assert all(abs(one - end) < 2.0 for one in estimates)
    assert told[-1][1] is None
    rates = {rate for now, _, rate in told if rate is not None and now < end}
    assert rates == {20.0 * MB}


def test_at_first_nothing_is_told() -> None:
    for now, end, rate in heard(Course([10 * MB] * 40)):
        if now < 102.0:
            assert (end, rate) == (None, None)
    waits = Course([1])
    pace = Pace()
    snapshot = waits.snapshot(1, {})
    pace.hear(snapshot.maps, snapshot, is_reduce=False)
    assert (pace.is_begun, pace.left, pace.seconds) == (False, None, 0.0)


def test_a_large_task_at_the_end_is_known() -> None:
    """One of 200 MB takes 20 s alone, whatever the others take."""
    told = heard(Course([10 * MB] * 20 + [200 * MB]))
    end = told[-1][0]
    late = [one for now, one, _ in told if one is not None and now > end - 10]
    assert late
    assert all(abs(one - end) < 1.0 for one in late)


def test_a_task_that_is_late_does_not_end_in_no_time() -> None:
    course = Course([10 * MB] * 8)
    snapshots = list(course.snapshots())
    pace = Pace()
    for snapshot in snapshots[:-1]:
        pace.hear(snapshot.maps, snapshot, is_reduce=False)
    stuck = snapshots[-2]
    for seconds in range(1, 60):
        later = Snapshot(
            stuck.now + seconds,
            True,
            False,
            stuck.maps,
            NO_TASKS,
            stuck.attempts,
            stuck.workers,
            0,
            0,
            0,
            0,
        )
        pace.hear(later.maps, later, is_reduce=False)
    assert pace.left is not None
    assert 60 / 16 < pace.left < 60 / 4


sizes = st.lists(st.integers(5 * MB, 50 * MB), min_size=1, max_size=60)


@given(sizes=sizes, slots=st.integers(1, 5))
def test_estimates_move_slowly(sizes: list[int], slots: int) -> None:
    """Between two moments the end moves by a small part of the job, and never into the past."""
    before: float | None = None
    for now, end, rate in heard(Course(sizes, slots)):
        assert rate is None or rate > 0
        if end is not None and before is not None:
            longest = 2 * sum(sizes) / (10 * MB)
            assert now <= end
            assert abs(end - before) <= 0.25 + longest * 0.25 / 3
        before = end


def test_the_share_is_that_of_the_bytes() -> None:
    large = PhaseCounts(11, 0, 1, 10, bytes=110 * MB, bytes_done=10 * MB)
    assert 0.09 < share_done(large) < 0.11
    assert share_done(PhaseCounts(4, 0, 3, 1)) == 0.25
    assert share_done(PhaseCounts(4, 0, 1, 3, bytes=MB, bytes_done=MB)) < 1.0
    assert share_done(PhaseCounts(4, 0, 0, 4, bytes=MB, bytes_done=0)) == 1.0
    assert share_done(NO_TASKS) == 1.0


def test_small_tasks_have_no_rate() -> None:
    """Their time goes into other things than their bytes."""
    told = heard(Course([1000] * 200, slots=1))
    assert any(end is not None for _, end, _ in told)
    assert {rate for _, _, rate in told} == {None}


def test_tasks_of_unknown_sizes_are_counted() -> None:
    """Their time is estimated by their number; they have no rate."""
    pace = Pace()
    workers = (WorkerState("w", 1, 1, None),)
    for done in range(6):
        maps = PhaseCounts(8, 7 - done, 1, done, worked=Worked(done, 0, 2.0 * done))
        attempts = (RunningAttempt(AttemptId(map_task(done), 0), "w", 2.0 * done, False),)
        snapshot = Snapshot(2.0 * done, True, False, maps, NO_TASKS, attempts, workers, 0, 0, 0, 0)
        pace.hear(maps, snapshot, is_reduce=False)
    assert pace.left == pytest.approx(6.0)
    assert pace.rate is None
