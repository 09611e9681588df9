"""The one loop of a job: events from the driver's queue, actions back to the driver."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from typing import Protocol

from mapreduce.scheduler import (
    Action,
    Event,
    JobCancelled,
    JobFailed,
    JobSucceeded,
    Scheduler,
    Snapshot,
    Tick,
)

Events = queue.SimpleQueue[Event]
Observer = Callable[[Snapshot], None]

_TICK = 0.5
#: No screen is better for being told more often.
_SHOW_INTERVAL = 0.1


class Driver(Protocol):
    """Carries out what the scheduler decides, and puts what happens into the queue."""

    def carry_out(self, action: Action) -> None:
        """Start what *action* asks for; must not block."""


def run(
    scheduler: Scheduler, driver: Driver, events: Events, observe: Observer
) -> Exception | None:
    """Run the job to its end; returns None when it succeeded, else the error.

    KeyboardInterrupt cancels the job.
    """
    shown = 0.0
    while True:
        try:
            event = _next_event(events)
        except KeyboardInterrupt:
            event = JobCancelled()
        now = time.monotonic()
        ended: Action | None = None
        for action in scheduler.handle(event, now=now):
            if isinstance(action, (JobSucceeded, JobFailed)):
                ended = action
            else:
                driver.carry_out(action)
        if ended is not None or now - shown >= _SHOW_INTERVAL:
            observe(scheduler.snapshot())
            shown = now
        if ended is not None:
            return ended.error if isinstance(ended, JobFailed) else None


def _next_event(events: Events) -> Event:
    try:
        return events.get(timeout=_TICK)
    except queue.Empty:
        return Tick()
