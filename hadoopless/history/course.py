"""The course of a job, as its event log tells it: attempts, workers, end. Pure."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from hadoopless.history import events as ev

MAP, REDUCE = "map", "reduce"
#: The results that count as the program's or the worker's failure; the others are nobody's.
SUCCEEDED, CANCELLED, WORKER_LOST = "succeeded", "cancelled", "worker lost"

_FAILED = ev.Failed()

_HERE = (
    "unix:",
    "http://127.",
    "http://localhost",
    "http://[::1]",
    "https://127.",
    "https://localhost",
)


class Attempt:
    """One attempt, from its start to its end or to the last that is known."""

    __slots__ = ("began", "counts", "ended", "lane")

    def __init__(self, began: ev.AttemptBegan, lane: int) -> None:
        self.began = began
        #: None while it runs, and for ever if the coordinator was killed.
        self.ended: ev.AttemptEnded | None = None
        #: The row of its worker and slot among all, in the order in which they were first used.
        self.lane = lane
        #: True if its output is a part of what the job has made.
        self.counts = False

    @property
    def task(self) -> str:
        """``map-3``."""
        return self.began.task

    @property
    def is_reduce(self) -> bool:
        """True for an attempt at a reduce task."""
        return self.began.task.startswith(REDUCE)

    @property
    def index(self) -> int:
        """The number of the task in its phase."""
        return int(self.began.task.rpartition("-")[2])

    @property
    def name(self) -> str:
        """``map-3-0``."""
        return f"{self.began.task}-{self.began.number}"

    def seconds(self, now: float) -> float:
        """The time that it has taken of its slot, if the job is at *now*."""
        return max(0.0, (now if self.ended is None else self.ended.at) - self.began.at)


class Course:
    """All that is known of a job; :meth:`take` adds an event.

    With *brief*, of the ends of attempts only that is kept which a verdict needs: a log of many
    tasks fits into half of the memory.
    """

    def __init__(self, *, brief: bool = False) -> None:
        self._brief = brief
        self.job: ev.JobBegan | None = None
        self.end: ev.JobEnded | None = None
        #: In the order of their starts.
        self.attempts: list[Attempt] = []
        #: The worker and slot of each lane.
        self.lanes: list[tuple[str, int]] = []
        #: The workers that are there, with their slots, and all that ever were.
        self.workers: dict[str, int] = {}
        self.all_workers: dict[str, int] = {}
        #: The time at which each worker joined first.
        self.joined: dict[str, float] = {}
        #: True if the job has started workers for itself.
        self.own_workers = False
        #: The most workers, and the most slots, that were there at a time.
        self.most_workers = self.slots = 0
        self.lost_workers: list[ev.WorkerLost] = []
        self.loads: list[ev.WorkerLoad] = []
        self.restored: list[ev.OutputRestored] = []
        #: The time of the last event.
        self.now = 0.0
        self._lane_of: dict[tuple[str, int], int] = {}
        self._running: dict[tuple[str, int], Attempt] = {}
        self._counting: dict[str, Attempt] = {}

    @property
    def cores(self) -> int | None:
        """The processors that all workers share; None if workers are on machines of their own."""
        if self.job is None:
            return None
        # Workers that join have no URL: they have called where the coordinator listens.
        listen = self.job.settings.get("listen")
        places = list(self.all_workers) if listen is None else [listen]
        here = all(place.startswith(_HERE) for place in places)
        return self.job.cores or None if here else None

    @property
    def outside_of_attempts(self) -> float:
        """The seconds before the first attempt and after the last one."""
        began = min((one.began.at for one in self.attempts), default=self.now)
        ends = (self.now if one.ended is None else one.ended.at for one in self.attempts)
        return began + self.now - max(ends, default=self.now)

    @property
    def running(self) -> list[Attempt]:
        """The attempts that have no end, in the order of their starts."""
        return list(self._running.values())

    def take(self, event: ev.Event) -> None:
        """Add *event*, which comes after all others; one that makes no sense changes nothing."""
        self.now = max(self.now, event.at)
        match event:
            case ev.JobBegan():
                self.job = self.job or event
            case ev.AttemptBegan(_, task, number):
                self._start(event, (task, number))
            case ev.AttemptEnded(_, task, number):
                attempt = self._running.pop((task, number), None)
                if attempt is not None:
                    self._end(attempt, event)
            case ev.WorkerJoined(at, worker, slots, started_by_job):
                self.own_workers |= started_by_job
                self.workers[worker] = self.all_workers[worker] = slots
                self.joined.setdefault(worker, at)
                self.most_workers = max(self.most_workers, len(self.workers))
                self.slots = max(self.slots, sum(self.workers.values()))
            case ev.WorkerLost(_, worker):
                self.workers.pop(worker, None)
                self.lost_workers.append(event)
            case ev.WorkerLoad():
                self.loads.append(event)
            case ev.OutputRestored():
                self.restored.append(event)
            case ev.JobEnded():
                self.end = event

    def _start(self, event: ev.AttemptBegan, name: tuple[str, int]) -> None:
        place = event.worker, event.slot
        lane = self._lane_of.get(place)
        if lane is None:
            lane = self._lane_of[place] = len(self.lanes)
            self.lanes.append(place)
        attempt = Attempt(event, lane)
        self.attempts.append(attempt)
        self._running[name] = attempt
        # A map task that starts again after its success has lost the output that it had.
        before = self._counting.get(event.task)
        if before is not None and not event.backup:
            before.counts = False
            del self._counting[event.task]

    def _end(self, attempt: Attempt, event: ev.AttemptEnded) -> None:
        attempt.ended = _brief(event, attempt.began) if self._brief else event
        if event.result == SUCCEEDED and event.task not in self._counting:
            attempt.counts = True
            self._counting[event.task] = attempt

    def phase(self, name: str) -> Iterator[Attempt]:
        """The attempts whose outputs count, of the phase *name*, in the order of their starts."""
        wanted = name == REDUCE
        return (one for one in self.attempts if one.counts and one.is_reduce is wanted)


def _brief(end: ev.AttemptEnded, began: ev.AttemptBegan) -> ev.AttemptEnded:
    """*end* without the texts and figures of which no verdict speaks."""
    return replace(
        end,
        task=began.task,
        worker=began.worker,
        result=sys.intern(end.result),
        input_records=0,
        output_bytes=0,
        output_records=0,
        fetched_bytes=0,
        spilled_bytes=0,
        program_memory=0,
        skipped_records=0,
        groups=0,
        stderr="",
        failure=None if end.failure is None else _FAILED,
    )


def course_of(events: Iterable[ev.Event]) -> Course:
    """The course of the job that *events* tell of, from the first on."""
    course = Course()
    for event in events:
        course.take(event)
    return course
