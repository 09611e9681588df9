"""Tells of a running job, in the words of Hadoop's client [Job.monitorAndPrintJob]."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection

from hadoopless.errors import MapReduceError, TaskError
from hadoopless.hadoop_names import attempt_name, task_name
from hadoopless.job import AttemptId
from hadoopless.scheduler import AttemptFailed, EndReason, Event, Snapshot
from hadoopless.scheduler.snapshot import PhaseCounts
from hadoopless.streaming.client.forgotten import forgotten_hint
from hadoopless.streaming.log import Log

JOB = "mapreduce.Job"

#: Hears of each failed attempt: its name as Hadoop writes it, the attempt, its error.
FailureSink = Callable[[str, AttemptId, MapReduceError], None]


#: The names of tasks' directories, in which attempts differ that fail in the same way.
_OWN_DIRECTORY = re.compile(r"mapreduce-tasks-[0-9a-f]+|task-[0-9a-f]+")


class Console:
    """Turns events and snapshots of one job into log lines.

    A user's program that fails mostly fails each time, and in each task, in the same way: that is
    told in full once.
    """

    def __init__(
        self,
        log: Log,
        job: str,
        keep_failure: FailureSink,
        directory: str = ".",
        shipped: Collection[str] = (),
    ) -> None:
        """*job* is an id such as ``job_1699000000000_0001``.

        *directory* is where the job was started, *shipped* are the names of what tasks find.
        """
        self._log = log
        self._job = job
        self._keep_failure = keep_failure
        self._directory = directory
        self._shipped = shipped
        self._shown = ""
        #: Failure that was told in full -> the attempt of which it was told.
        self._told: dict[tuple[str, ...], AttemptId] = {}
        self._failures: list[tuple[TaskError, AttemptId]] = []
        self.failed_maps = 0
        self.failed_reduces = 0

    def hear(self, event: Event) -> None:
        """Tell of attempts that their programs have failed."""
        if not isinstance(event, AttemptFailed) or not event.reason.blames_program:
            return
        error = event.error
        if event.attempt.task.is_reduce:
            self.failed_reduces += 1
        else:
            self.failed_maps += 1
        name = attempt_name(self._job, event.attempt)
        why = str(error) if error is not None else EndReason(event.reason).value
        if isinstance(error, TaskError):
            why = self._shortened(event.attempt, error)
            self._failures.append((error, event.attempt))
        self._log.info(JOB, f"Task Id : {name}, Status : FAILED\n{why}")
        if isinstance(error, MapReduceError):
            self._keep_failure(name, event.attempt, error)

    def _shortened(self, attempt: AttemptId, error: TaskError) -> str:
        key = tuple(_OWN_DIRECTORY.sub("", text) for text in (error.what, error.stderr))
        first = self._told.setdefault((*key, error.command), attempt)
        if first == attempt:
            return self._full(error)
        lines = [f"{error.task}: {error.what}"]
        lines.append(f"  the same as in {attempt_name(self._job, first)}, which is told above")
        if first.task != attempt.task and error.source:
            lines.append(f"  input:   {error.source}")
        return "\n".join(lines)

    def _full(self, error: TaskError) -> str:
        known = {name.split("/")[0] for name in self._shipped}
        known.update(os.path.basename(word) for word in error.command.split())
        hint = forgotten_hint(error.stderr, self._directory, known)
        return f"{error}\n{hint}" if hint else str(error)

    def reason(self, error: Exception) -> str:
        """The reason why the job failed, in short if an attempt that was told of ended with it."""
        for failure, attempt in self._failures:
            if failure is error:
                return f"Task failed {task_name(self._job, attempt.task)}: {failure.what}"
        return str(error)

    def show(self, snapshot: Snapshot) -> None:
        """Tell how much is done, when it has changed."""
        self._progress(f" map {_percent(snapshot.maps)}% reduce {_percent(snapshot.reduces)}%")

    def finish(self, *, has_reduces: bool) -> None:
        """Tell that all is done."""
        self._progress(f" map 100% reduce {100 if has_reduces else 0}%")

    def _progress(self, line: str) -> None:
        if not self._shown:
            self._log.info(JOB, f"Job {self._job} running in uber mode : false")
        if line != self._shown:
            self._log.info(JOB, line)
            self._shown = line


def _percent(phase: PhaseCounts) -> int:
    return 100 * phase.done // phase.total if phase.total else 0
