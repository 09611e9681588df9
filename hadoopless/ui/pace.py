"""Estimates the share of a phase that is done, its rate, and the time that is left of it. Pure.

The work of a task is its bytes and a constant for its start: so a job of one large file and many
small ones is neither counted by tasks alone nor by bytes alone. The speed is that of the tasks that
ended last: their work by their seconds. Time on slots is counted, not time on the clock, which
would say little after the first of several tasks that began together.
"""

from __future__ import annotations

from collections import deque

from hadoopless.scheduler import PhaseCounts, RunningAttempt, Snapshot, Worked

#: The start of a task takes about as long as so many bytes.
_START = 1 << 17
#: The speed is that of the last tasks: of twice as many as there are slots, and of this many.
_FEWEST_TASKS = 8
#: Seconds for which a phase has no estimate: at its beginning one would say little.
_SILENCE = 2.0
#: An attempt that is late is taken to need this share of its time until now.
_LATENESS = 1 / 8
#: The estimate follows a new one within so many seconds, or this share of the time that is left.
_DAMPING_SECONDS = 3.0
_DAMPING_SHARE = 1 / 8


class Pace:
    """The pace of one phase of a job, from its snapshots."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._is_over = False
        self._heard = 0.0
        #: The attempts that had succeeded by some moments, the oldest first.
        self._marks: deque[Worked] = deque([Worked()])
        self._end: float | None = None
        #: Seconds from the first task to now, or to the end of the phase.
        self.seconds = 0.0
        #: Bytes in a second; None as long as nothing can be said.
        self.rate: float | None = None

    def hear(self, phase: PhaseCounts, snapshot: Snapshot, *, is_reduce: bool) -> None:
        """Learn from *phase*, which is a part of *snapshot*."""
        now = snapshot.now
        is_over = phase.done == phase.total
        if self._began is None:
            if not phase.running and not phase.done:
                return
            self._began = self._heard = now
        elif not (is_over and self._is_over):
            self.seconds = now - self._began
        self._is_over = is_over
        self._remember(phase.worked, max(_FEWEST_TASKS, 2 * _slots(snapshot)))
        attempts = [a for a in snapshot.attempts if a.attempt.task.is_reduce is is_reduce]
        self.rate = self._rate(phase, len(attempts))
        left = None if is_over else self._estimate(phase, attempts, snapshot)
        self._end = None if left is None else self._damped(now + left, now)
        self._heard = now

    @property
    def is_begun(self) -> bool:
        """True when a task has begun."""
        return self._began is not None

    @property
    def left(self) -> float | None:
        """The seconds until the end of the phase; None as long as nothing can be said."""
        return None if self._end is None else max(0.0, self._end - self._heard)

    def _remember(self, worked: Worked, window: int) -> None:
        marks = self._marks
        if worked.tasks > marks[-1].tasks:
            marks.append(worked)
        while len(marks) > 2 and marks[1].tasks <= worked.tasks - window:
            marks.popleft()

    def _lately(self) -> Worked:
        """The attempts that have succeeded last."""
        first, last = self._marks[0], self._marks[-1]
        return Worked(
            last.tasks - first.tasks, last.bytes - first.bytes, last.seconds - first.seconds
        )

    def _rate(self, phase: PhaseCounts, running: int) -> float | None:
        is_over = phase.done == phase.total
        worked = phase.worked if is_over else self._lately()
        if self.seconds < _SILENCE or not worked.seconds or worked.bytes < _START * worked.tasks:
            return None  # tasks that small take their time for other things than bytes
        if is_over:
            return worked.bytes / self.seconds
        return worked.bytes / worked.seconds * running or None

    def _estimate(
        self, phase: PhaseCounts, attempts: list[RunningAttempt], snapshot: Snapshot
    ) -> float | None:
        """The seconds that *phase* needs yet, as it looks now."""
        slots = _slots(snapshot)
        lately = self._lately()
        enough = min(max(2, slots), (phase.total + 1) // 2)
        if (
            self.seconds < _SILENCE
            or phase.worked.tasks < enough
            or not lately.seconds
            or not slots
        ):
            return None
        speed = (lately.bytes + _START * lately.tasks) / lately.seconds
        waiting = phase.bytes - phase.bytes_done + _START * (phase.total - phase.done)
        rests = []
        for attempt in attempts:
            if attempt.backup:
                continue
            work = attempt.bytes + _START
            waiting -= work
            elapsed = snapshot.now - attempt.since
            rests.append(max(work / speed - elapsed, elapsed * _LATENESS))
        together = (sum(rests) + max(0, waiting) / speed) / slots
        return max(together, max(rests, default=0.0))

    def _damped(self, end: float, now: float) -> float:
        """The end that is told: it moves slowly to the *end* that is found now."""
        if self._end is None:
            return end
        within = max(_DAMPING_SECONDS, _DAMPING_SHARE * (end - now))
        return self._end + (end - self._end) * min(1.0, (now - self._heard) / within)


def share_done(phase: PhaseCounts) -> float:
    """The share of the work of *phase* that is done; 1 when all tasks are, and only then."""
    if phase.done == phase.total:
        return 1.0
    done = phase.bytes_done + _START * phase.done
    return done / (phase.bytes + _START * phase.total)


def _slots(snapshot: Snapshot) -> int:
    """The slots of the workers that get work."""
    return sum(worker.slots for worker in snapshot.workers if worker.aside_until is None)
