"""The one loop of a job: events from the driver's queue, actions back to the driver."""

from __future__ import annotations

import logging
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from hadoopless.entry import startup
from hadoopless.errors import FetchError, MapReduceError
from hadoopless.scheduler import (
    Action,
    AttemptFailed,
    AttemptSucceeded,
    CommitOutput,
    EndReason,
    Event,
    JobCancelled,
    JobFailed,
    JobSucceeded,
    Scheduler,
    Snapshot,
    StartAttempt,
    Tick,
)
from hadoopless.scheduler.events import NO_REPORT

if TYPE_CHECKING:
    from hadoopless.coordinator.journal import Journal
    from hadoopless.coordinator.recorder import Recorder

Events = queue.SimpleQueue[Event]
Observer = Callable[[Snapshot], None]

_log = logging.getLogger(__name__)

#: The ends of attempts that nobody else tells of: drivers tell of their workers.
_TOLD = (EndReason.PROGRAM_FAILED, EndReason.TIMED_OUT, EndReason.OUTPUT_LOST)

_TICK = 0.5
#: No screen is better for being told more often.
_SHOW_INTERVAL = 0.1


class Driver(Protocol):
    """Carries out what the scheduler decides, and puts what happens into the queue."""

    def carry_out(self, action: Action) -> None:
        """Start what *action* asks for; must not block. An error that it raises ends the job."""


def run(
    scheduler: Scheduler,
    driver: Driver,
    events: Events,
    observe: Observer,
    journal: Journal | None = None,
    hear: Callable[[Event], None] | None = None,
    recorder: Recorder | None = None,
    hear_failed: Callable[[AttemptFailed], None] | None = None,
) -> Exception | None:
    """Run the job to its end; returns None when it succeeded, else the error.

    *hear* is told each event before it counts, *hear_failed* the attempts that have failed without
    an end of the job. KeyboardInterrupt cancels the job.
    """
    course = _Course(scheduler, driver, events, journal, recorder, hear_failed)
    shown = 0.0
    while True:
        event = _next_event(events)
        if hear is not None:
            hear(event)
        now = time.monotonic()
        end = course.take(event, now)
        if end is not None or now - shown >= _SHOW_INTERVAL:
            observe(scheduler.snapshot())
            shown = now
        if end is not None:
            # The trouble may have come with one of the last commits, of a job that had all but
            # succeeded: then the scheduler has not heard of it in time.
            return end.error if isinstance(end, JobFailed) else course.trouble


class _Course:
    """The course of one job: the events that it takes, and the actions that follow."""

    def __init__(
        self,
        scheduler: Scheduler,
        driver: Driver,
        events: Events,
        journal: Journal | None,
        recorder: Recorder | None,
        hear_failed: Callable[[AttemptFailed], None] | None,
    ) -> None:
        self._scheduler = scheduler
        self._driver = driver
        self._events = events
        self._journal = journal
        self._recorder = recorder
        self._hear_failed = hear_failed
        #: The last error of an action that could not be carried out.
        self.trouble: MapReduceError | None = None
        #: The workers from which map outputs could not be fetched, as was told.
        self._unfetched: set[str] = set()

    def take(self, event: Event, now: float) -> JobSucceeded | JobFailed | None:
        """Carry out what the scheduler answers to *event*; the end of the job, if it is one."""
        if isinstance(event, AttemptSucceeded) and event.output is not None and self._journal:
            # A stale report, too: its output is as good as the current one while it is held.
            index = event.attempt.task.index
            self._journal.map_done(index, event.worker, event.output, event.report)
        if isinstance(event, AttemptSucceeded) and self._recorder is not None:
            event = self._recorder.without_profile(event)
        end: JobSucceeded | JobFailed | None = None
        actions = self._scheduler.handle(event, now=now)
        if self._recorder is not None:
            self._recorder.took(event, actions, now)
        for action in actions:
            if isinstance(action, (JobSucceeded, JobFailed)):
                end = action
            elif self._carry_out(action) and isinstance(action, CommitOutput) and self._journal:
                report = event.report if isinstance(event, AttemptSucceeded) else NO_REPORT
                self._journal.committed(action.attempt.task.index, report)
        if isinstance(event, AttemptFailed) and event.reason in _TOLD:
            self._tell(event, end)
        return end

    def _tell(self, failed: AttemptFailed, end: JobSucceeded | JobFailed | None) -> None:
        if isinstance(end, JobFailed) and end.error is failed.error:
            return  # told by whoever tells of the end
        # The error, too, may begin with the attempt's name.
        why = str(failed.error).removeprefix(f"{failed.attempt}: ")
        _log.debug("%s on %s: %s", failed.attempt, failed.worker, why)
        if self._hear_failed is not None:
            self._hear_failed(failed)
        if isinstance(failed.error, FetchError) and failed.error.worker not in self._unfetched:
            self._unfetched.add(failed.error.worker)
            _log.warning("%s %s; their map tasks run again", failed.worker, why)

    def _carry_out(self, action: Action) -> bool:
        """Let the driver do *action*; False after an error of it, which ends the job."""
        if isinstance(action, StartAttempt) and self._journal is not None:
            self._journal.started(action.attempt)
        try:
            self._driver.carry_out(action)
        except MapReduceError as error:
            self.trouble = error
            self._events.put(JobCancelled(error))
            return False
        return True


@contextmanager
def cancelled_by_signals(events: Events, hangup: bool = False) -> Iterator[None]:
    """Ctrl-C and SIGTERM cancel the job; a second one ends the process as it would anyway.

    So does the end of the terminal with *hangup*; a job with a journal rather dies, and is resumed.
    Only the main thread of a process may change what its signals do: in another one they stay.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[signal.Signals, Any] = {}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def cancel(*_: object) -> None:
        restore()
        events.put(JobCancelled())  # a SimpleQueue may be put into by a signal's handler

    for number in (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hangup else [])):
        if signal.getsignal(number) is signal.SIG_IGN:
            continue  # as nohup has it, or a script in whose background the job runs
        before[number] = signal.signal(number, cancel)
    if startup.was_interrupted():
        cancel()
    try:
        yield
    finally:
        restore()


def _next_event(events: Events) -> Event:
    try:
        return events.get(timeout=_TICK)
    except queue.Empty:
        return Tick()
    except KeyboardInterrupt:
        return JobCancelled()
