"""The event log of a job on Spark, written when the attempts that count are known."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from hadoopless.coordinator.recorder import Recorder
from hadoopless.engines.spark.place import Done
from hadoopless.job import AttemptId, JobSpec, TaskId
from hadoopless.scheduler import (
    Action,
    AttemptFailed,
    AttemptSucceeded,
    Event,
    StartAttempt,
    Tick,
    WorkerJoined,
)


class Failed(Struct, frozen=True):
    """A failed attempt, and its times (seconds since 1970)."""

    event: AttemptFailed
    began: float
    ended: float


def record(
    recorder: Recorder,
    spec: JobSpec,
    writers: Sequence[Done],
    failures: Sequence[Failed],
    began: float,
) -> None:
    """Tell *recorder* of *failures*, and of the attempts behind *writers*, in the order of times.

    *began* is when the job began by the clock; the clocks of executors may differ from it.
    """
    offset = time.monotonic() - time.time()
    told = sorted((*_told(spec, writers), *_told_failures(failures)), key=lambda one: one[:2])
    slots = slots_of(told)
    for when, _, worker, event, actions in told:
        now = max(when, began) + offset
        if worker in slots:
            recorder.took(WorkerJoined(worker, slots.pop(worker)), (), now)
        recorder.took(event, actions, now)


def slots_of(told: Iterable[_Moment]) -> dict[str, int]:
    """The most attempts that each worker had at a time, in the order of times.

    Spark tells nobody how many tasks an executor may run at a time.
    """
    running: Counter[str] = Counter()
    most: dict[str, int] = {}
    for _, kind, worker, _, _ in told:
        running[worker] += 1 if kind == _BEGUN else -1
        most[worker] = max(most.get(worker, 1), running[worker])
    return most


#: The order of what happens at the same time.
_BEGUN, _ENDED = 0, 1
#: The time, an order for equal times, the worker, the event, and the actions that it brings.
_Moment = tuple[float, int, str, Event, tuple[Action, ...]]


def _told_failures(failures: Sequence[Failed]) -> Iterator[_Moment]:
    for failed in failures:
        event = failed.event
        start = StartAttempt(event.attempt, event.worker)
        yield failed.began, _BEGUN, event.worker, Tick(), (start,)
        yield failed.ended, _ENDED, event.worker, event, ()


def _told(spec: JobSpec, writers: Sequence[Done]) -> Iterator[_Moment]:
    for is_reduce, done in _attempts(spec, writers):
        attempt = AttemptId(TaskId(is_reduce, done.index), done.number)
        start = StartAttempt(attempt, done.worker)
        yield done.began, _BEGUN, done.worker, Tick(), (start,)
        end = AttemptSucceeded(attempt, done.worker, None, done.report)
        yield done.ended, _ENDED, done.worker, end, ()


def _attempts(spec: JobSpec, writers: Sequence[Done]) -> Iterator[tuple[bool, Done]]:
    for done in writers:
        yield spec.num_reducers > 0, done
        for map_done in done.maps:
            yield False, map_done
