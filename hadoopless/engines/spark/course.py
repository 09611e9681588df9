"""The course of a job on Spark, as its driver sees it: progress, failures, and the end."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from queue import Empty
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from hadoopless.coordinator import attempts, loop
from hadoopless.engines.spark.failures import Failures
from hadoopless.engines.spark.history import Failed
from hadoopless.engines.spark.session import reason_of
from hadoopless.engines.spark.transports.transport import Stage, Transport
from hadoopless.errors import Cancelled, MapReduceError, WorkerError
from hadoopless.job import JobSpec, TaskId, TaskReport
from hadoopless.scheduler import Event, JobCancelled, Snapshot, Tick
from hadoopless.scheduler.snapshot import PhaseCounts, WorkerState

Result = TypeVar("Result")

#: The name of those of Spark's jobs that are the job itself, of which progress is shown.
JOB = "job"
_INTERVAL = 0.2
#: Seconds without any task that runs, after which the user is told.
PATIENCE = 15.0
#: Seconds that a job which was cancelled may take to end.
_END = 10.0


class Listeners(Struct, frozen=True):
    """Those who hear of a job while it runs."""

    show: Callable[[Snapshot], None]
    hear: Callable[[Event], None]
    say: Callable[[str], None]
    explain: attempts.Explain = attempts.with_reduce_line


class Ended(Struct, frozen=True):
    """A job that has come to its end, for its result."""

    maps: tuple[TaskReport, ...]
    reduces: tuple[TaskReport, ...]
    last: Snapshot

    def reports(self) -> tuple[tuple[TaskReport, ...], tuple[TaskReport, ...]]:
        """The figures of maps and of reduces."""
        return self.maps, self.reduces

    def snapshot(self) -> Snapshot:
        """The last state of the job."""
        return self.last


_NONE = PhaseCounts(0, 0, 0, 0)
#: The end of a job that has left nothing.
NOTHING = Ended(
    (),
    (),
    Snapshot(
        now=0.0,
        started=True,
        ended=True,
        maps=_NONE,
        reduces=_NONE,
        attempts=(),
        workers=(),
        retries=0,
        lost_workers=0,
        backups_started=0,
        backups_won=0,
    ),
)


class Course:
    """Waits for Spark, shows how far it is, and ends a job whose task has failed for good."""

    def __init__(
        self, transport: Transport, spec: JobSpec, failures: Failures, listeners: Listeners
    ) -> None:
        self._transport = transport
        self._spec = spec
        self._failures = failures
        self._listeners = listeners
        #: The failures of each task that are its program's, and the failed attempts in the order in
        #: which they were told; of the last step alone, as each step numbers its tasks from 0.
        self._count: Counter[TaskId] = Counter()
        self.failed: list[Failed] = []
        self._idle_since: float | None = time.monotonic()
        self._group = ""

    def result(self, step: str, work: Callable[[], Result]) -> Result:
        """Let *work* ask Spark for something, and return that; raises what has ended the job.

        *step* names Spark's jobs, of which a context in a notebook may have others.
        """
        group = self._group = f"hadoopless {self._spec.job_id} {step}"
        self._count, self.failed = Counter(), []
        events: loop.Events = loop.Events()
        found: list[Result] = []
        wrong: list[BaseException] = []

        def in_thread() -> None:
            try:
                self._transport.begin(group)
                found.append(work())
            except BaseException as error:  # of any kind: the main thread tells of it
                wrong.append(error)
            finally:
                events.put(Tick())

        thread = threading.Thread(target=in_thread, name="spark-job", daemon=True)
        with loop.cancelled_by_signals(events, hangup=True):
            thread.start()
            error = self._watched(thread, events, shown=step == JOB)
        if error is not None:
            self._transport.cancel(group)
            thread.join(_END)
            raise error
        if wrong:
            raise self._why(wrong[0]) from wrong[0]
        return found[0]

    def _watched(
        self, thread: threading.Thread, events: loop.Events, *, shown: bool
    ) -> Exception | None:
        """Wait for the end of *thread*; the error for which the job has to end before that."""
        while thread.is_alive():
            try:
                event = events.get(timeout=_INTERVAL)
            except Empty:
                event = Tick()
            if isinstance(event, JobCancelled):
                return Cancelled("the job was cancelled")
            error = self._heard()
            if error is not None:
                return error
            self._tell_of_waiting()
            if shown:
                self._listeners.show(self.snapshot())
        return None

    def _heard(self) -> Exception | None:
        """Hear of new failures; the error of one after which no attempt is left."""
        for told in self._failures.new():
            attempt, explain = told.attempt, self._listeners.explain
            event = attempts.failed(attempt, told.worker, told.error, self._spec, explain)
            self.failed.append(Failed(event, told.began, told.ended))
            self._listeners.hear(event)
            if event.reason.blames_program:
                self._count[attempt.task] += 1
            if event.final or self._count[attempt.task] >= self._most(attempt.task):
                return event.error
        return None

    def _most(self, task: TaskId) -> int:
        spec = self._spec
        return (task.is_reduce and spec.rules.own_reduce_attempts) or spec.max_attempts

    def _why(self, error: BaseException) -> BaseException:
        """The error that a user is told, where Spark's work has ended with *error*."""
        if isinstance(error, MapReduceError):
            return error
        decisive = self._heard() or (self.failed and self.failed[-1].event.error)
        return decisive or WorkerError(f"Spark has given up the job: {reason_of(error)}")

    def _tell_of_waiting(self) -> None:
        if self._idle_since is None:
            return
        if any(stage.begun for stage in self._transport.stages(self._group)):
            self._idle_since = None
        elif time.monotonic() - self._idle_since > PATIENCE:
            self._idle_since = None
            self._listeners.say(
                "Spark has given the job no executor yet; is the master there, and has it cores and"
                " memory left?"
            )

    def snapshot(self, workers: Sequence[str] = (), *, ended: bool = False) -> Snapshot:
        """The state of the job; *workers* are the executors, once they are known."""
        stages = self._transport.stages(self._group)
        spec = self._spec
        totals = len(spec.splits), spec.num_reducers
        maps, reduces = (
            _counts(total, stages[number] if number < len(stages) else None, ended)
            for number, total in enumerate(totals)
        )
        return replace(
            NOTHING.last,
            now=time.monotonic(),
            ended=ended,
            maps=maps,
            reduces=reduces,
            workers=tuple(WorkerState(name, 1, 0, None) for name in workers),
            retries=len(self.failed),
        )


def _counts(total: int, stage: Stage | None, ended: bool) -> PhaseCounts:
    if ended:
        return PhaseCounts(total, 0, 0, total)
    left = total if stage is None else max(0, min(total, stage.left))
    running = 0 if stage is None else min(left, stage.running)
    return PhaseCounts(total, left - running, running, total - left)
