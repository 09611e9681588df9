"""Counts the attempts of one worker process, for its metrics."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hadoopless.errors import (
    Cancelled,
    FetchError,
    ForbiddenError,
    InputError,
    ProgramTimedOut,
    TaskError,
    UsageError,
)
from hadoopless.job import TaskReport
from hadoopless.wire.metrics.figures import PHASES, SUCCEEDED, Figures

#: Takes the report of an attempt, and whether it has left an output for reduce tasks.
Done = Callable[[TaskReport, bool], None]


class Tally:
    """The attempts that run and those that have ended. Thread-safe."""

    def __init__(self) -> None:
        self.figures = Figures(PHASES)
        self._lock = threading.Lock()
        self._running = dict.fromkeys(PHASES, 0)

    @property
    def running(self) -> dict[str, int]:
        """The number of running attempts of each phase."""
        with self._lock:
            return dict(self._running)

    @contextmanager
    def attempt(self, phase: str) -> Iterator[Done]:
        """Count an attempt at a task of *phase*, which ends with the block."""

        def done(report: TaskReport, holds: bool) -> None:
            self.figures.add(phase, report, holds=holds)

        self._step(phase, 1)
        result = SUCCEEDED
        try:
            yield done
        except BaseException as error:
            result = result_of(error)
            raise
        finally:
            self._step(phase, -1)
            self.figures.ended(phase, result)

    def _step(self, phase: str, by: int) -> None:
        with self._lock:
            self._running[phase] += by


def result_of(error: BaseException) -> str:
    """The word for the end of an attempt by *error*, as its coordinator will take it."""
    match error:
        case FetchError():
            return "output_lost"
        case ProgramTimedOut():
            return "timed_out"
        case Cancelled():
            return "cancelled"
        case TaskError() | UsageError() | InputError() | ForbiddenError():
            return "program_failed"
        case _:
            return "worker_trouble"
