"""Stops a task from another thread: its programs are killed and its output is not committed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from hadoopless.errors import Cancelled
from hadoopless.faults import TimeUp


class Stoppable(Protocol):
    """A program that an attempt waits for, or the permit to run one."""

    def kill(self) -> None:
        """Let the wait end soon; must not block."""


class Cancellation:
    """A flag that another thread sets to stop a task; setting it kills the task's programs.

    Thread-safe.
    """

    def __init__(self, unwanted: Callable[[], bool] = lambda: False) -> None:
        """*unwanted* is asked before a commit: a process that was stopped and continued may reach
        the commit before it has heard what happened meanwhile.
        """
        self._unwanted = unwanted
        self._lock = threading.Lock()
        self._watched: set[Stoppable] = set()
        self._error: Exception | None = None

    def cancel(self, error: Exception) -> None:
        """Kill what runs, and let :meth:`check` raise *error*; the first call counts."""
        with self._lock:
            if self._error is None:
                self._error = error
            watched = list(self._watched)
        for one in watched:
            one.kill()

    def check(self) -> None:
        """Raise the error given to :meth:`cancel`, if it was called."""
        if self._error is not None:
            raise self._error

    def commit(self, work: Callable[[], None]) -> None:
        """Do *work* unless cancelled; a cancel that comes meanwhile waits and has no effect."""
        with self._lock:
            self.check()
            if self._unwanted():
                raise Cancelled("nobody waits for the result any more")
            work()

    def watch(self, one: Stoppable) -> None:
        """Kill *one* at :meth:`cancel`, or at once when that has been called."""
        with self._lock:
            self._watched.add(one)
            cancelled = self._error is not None
        if cancelled:
            one.kill()

    def forget(self, one: Stoppable) -> None:
        """*one* has ended."""
        with self._lock:
            self._watched.discard(one)


def timed_out(seconds: float) -> TimeUp:
    """The fault of a task that ran longer than *seconds*."""
    return TimeUp(f"ran longer than the time limit of {seconds:g} s (--taskTimeout)")
