"""Predicts how long a job would take with other numbers of workers, reducers or split sizes. Pure.

The scheduler of real jobs decides, fed with the durations that were measured. A task wants so much
processor time; tasks that together want more than there is become slower, all by the same factor
(processor sharing). Tasks of another size follow a straight line through the measured ones: a part
for the start, a part for each byte. Failures are not repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

from msgspec import Struct

from hadoopless.history.course import MAP, REDUCE, Attempt, Course
from hadoopless.history.layout import file_sizes, map_sizes, reduce_sizes
from hadoopless.job import AttemptId, MapOutput
from hadoopless.scheduler import (
    Action,
    AttemptSucceeded,
    Event,
    JobStarted,
    Policy,
    Scheduler,
    StartAttempt,
    WorkerJoined,
)

#: The CPU seconds that a task of no bytes takes, where the measured ones are all of one size.
_LEAST_START = 0.02
#: A task that took no more than so many times its share of busy processors waited for nothing else.
_SATURATED = 1.1


class Change(Struct, frozen=True):
    """The numbers that are other than in the job that ran; None: as they were."""

    workers: int | None = None
    slots: int | None = None
    reducers: int | None = None
    #: Bytes.
    split_size: int | None = None


class Demand(Struct, frozen=True):
    """The processor time that a task takes, and its duration where nobody takes one from it.

    Both are seconds. The first may be the larger one: a program and its worker compute at the same
    time.
    """

    cpu: float
    alone: float

    @property
    def share(self) -> float:
        """The processors that it wants while it runs."""
        return self.cpu / self.alone if self.alone else 0.0


class Model(Struct, frozen=True):
    """A job as it can be replayed: what its tasks demand, and what surrounds them."""

    maps: tuple[Demand, ...]
    reduces: tuple[Demand, ...]
    workers: int
    slots: int
    #: Processors that all tasks share; None: the workers are on machines that we do not know.
    cores: int | None
    #: Seconds before the first attempt, and after the last one.
    before: float
    after: float


def predicted(course: Course, change: Change) -> float:
    """The seconds that the job of *course* would take with *change*."""
    return duration(model_of(course, change))


def model_of(course: Course, change: Change) -> Model:
    """The job of *course* with *change*, ready to be replayed."""
    cores = course.cores
    maps = [_demand(one, course, cores) for one in course.phase(MAP)]
    reduces = [_demand(one, course, cores) for one in course.phase(REDUCE)]
    map_bytes, reduce_bytes = _bytes_of(course, MAP), _bytes_of(course, REDUCE)
    if change.split_size is not None and maps:
        line = _Line(maps, map_bytes)
        maps = [line.demand(size) for size in map_sizes(file_sizes(course), change.split_size)]
    if change.reducers is not None and reduces and change.reducers != len(reduces):
        line = _Line(reduces, reduce_bytes)
        reduces = [line.demand(size) for size in reduce_sizes(course, change.reducers)]
    began = min((one.began.at for one in course.attempts), default=0.0)
    last = max((one.ended.at for one in course.attempts if one.ended), default=course.now)
    usual = max(course.all_workers.values(), default=1)
    return Model(
        tuple(maps),
        tuple(reduces),
        change.workers or course.most_workers or 1,
        change.slots or usual,
        cores,
        began,
        course.now - last,
    )


def _bytes_of(course: Course, phase: str) -> list[int]:
    return [one.ended.input_bytes if one.ended else 0 for one in course.phase(phase)]


def _demand(attempt: Attempt, course: Course, cores: int | None) -> Demand:
    """The demand behind the duration of *attempt*, which others may have slowed down."""
    end, took = attempt.ended, attempt.seconds(course.now)
    if end is None:
        return Demand(0.0, took)
    cpu = end.program_cpu + end.own_cpu
    if cores is not None and took <= _SATURATED * cpu * course.slots / cores:
        # The processors were the limit, so nobody knows whether the task would have waited.
        return Demand(cpu, max(end.program_cpu, end.own_cpu))
    return Demand(cpu, took)


class _Line:
    """A straight line through the demands of tasks by their bytes."""

    def __init__(self, demands: Sequence[Demand], sizes: Sequence[int]) -> None:
        self._cpu = _fitted(sizes, [one.cpu for one in demands], _LEAST_START)
        self._alone = _fitted(sizes, [one.alone for one in demands], _LEAST_START)

    def demand(self, size: int) -> Demand:
        """The demand of a task of *size* bytes."""
        return Demand(*(start + rate * size for start, rate in (self._cpu, self._alone)))


def _fitted(sizes: Sequence[int], values: Sequence[float], start: float) -> tuple[float, float]:
    """The start and the rate of the line through *values*; none of both is below 0.

    The usual *start* is taken where all sizes are about the same.
    """
    count, total = len(sizes), sum(sizes)
    mean, middle = total / count, sum(values) / count
    spread = sum((size - mean) ** 2 for size in sizes)
    if mean and spread > 0.01 * count * mean**2:
        pairs = zip(sizes, values, strict=True)
        rate = sum((size - mean) * (value - middle) for size, value in pairs) / spread
        rate = min(max(rate, 0.0), middle / mean)
    else:
        rate = max(0.0, middle - start) / mean if mean else 0.0
    return max(0.0, middle - rate * mean), rate


def duration(model: Model) -> float:
    """The seconds that the job of *model* takes."""
    return model.before + _Replay(model).run() + model.after


class _Replay:
    """One run of a model by the real scheduler, without any clock."""

    def __init__(self, model: Model) -> None:
        self._model = model
        names = [f"w{number}" for number in range(model.workers)]
        policy = Policy(speculate=False)
        self._scheduler = Scheduler(len(model.maps), len(model.reduces), names, policy=policy)
        #: The seconds of work, of attempts that run alone, which each running one has done by now.
        self._done = 0.0
        #: The running attempts by the work at which each ends, then in the order of their starts.
        self._ends: list[tuple[float, int, AttemptId]] = []
        self._begun = 0
        self._where: dict[AttemptId, str] = {}
        self._wanted = 0.0
        self._now = 0.0
        for name in names:
            self._tell(WorkerJoined(name, model.slots))

    def run(self) -> float:
        """The seconds until the last attempt has ended."""
        self._tell(JobStarted())
        while self._ends:
            speed = self._speed()
            end, _, attempt = heappop(self._ends)
            self._wanted -= self._demand(attempt).share
            self._now += (end - self._done) / speed
            self._done = end
            self._end(attempt)
        return self._now

    def _speed(self) -> float:
        cores = self._model.cores
        if cores is None or self._wanted <= cores:
            return 1.0
        return cores / self._wanted

    def _demand(self, attempt: AttemptId) -> Demand:
        tasks = self._model.reduces if attempt.task.is_reduce else self._model.maps
        return tasks[attempt.task.index]

    def _end(self, attempt: AttemptId) -> None:
        worker = self._where.pop(attempt)
        has_output = bool(self._model.reduces) and not attempt.task.is_reduce
        output = MapOutput(worker, attempt.name) if has_output else None
        self._tell(AttemptSucceeded(attempt, worker, output))

    def _tell(self, event: Event) -> None:
        for action in self._scheduler.handle(event, now=self._now):
            self._begin(action)

    def _begin(self, action: Action) -> None:
        if isinstance(action, StartAttempt):
            demand = self._demand(action.attempt)
            self._begun += 1
            heappush(self._ends, (self._done + demand.alone, self._begun, action.attempt))
            self._where[action.attempt] = action.worker
            self._wanted += demand.share
