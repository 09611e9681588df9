"""The event log of a job on Spark, written when the attempts that count are known."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

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
    """A failed attempt, and when the driver has heard of it (seconds since 1970)."""

    event: AttemptFailed
    heard: float


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
    workers: set[str] = set()
    for when, _, worker, event, actions in told:
        now = max(when, began) + offset
        if worker not in workers:
            workers.add(worker)
            recorder.took(WorkerJoined(worker), (), now)
        recorder.took(event, actions, now)


#: The time, an order for equal times, the worker, the event, and the actions that it brings.
_Moment = tuple[float, int, str, Event, tuple[Action, ...]]


def _told_failures(failures: Sequence[Failed]) -> Iterator[_Moment]:
    for failed in failures:
        event = failed.event
        # The driver does not know when the attempt has begun.
        start = StartAttempt(event.attempt, event.worker)
        yield failed.heard, 0, event.worker, Tick(), (start,)
        yield failed.heard, 1, event.worker, event, ()


def _told(spec: JobSpec, writers: Sequence[Done]) -> Iterator[_Moment]:
    for is_reduce, done in _attempts(spec, writers):
        attempt = AttemptId(TaskId(is_reduce, done.index), done.number)
        start = StartAttempt(attempt, done.worker)
        yield done.began, 0, done.worker, Tick(), (start,)
        end = AttemptSucceeded(attempt, done.worker, None, done.report)
        yield done.ended, 1, done.worker, end, ()


def _attempts(spec: JobSpec, writers: Sequence[Done]) -> Iterator[tuple[bool, Done]]:
    for done in writers:
        yield spec.num_reducers > 0, done
        for map_done in done.maps:
            yield False, map_done
