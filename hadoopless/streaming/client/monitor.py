"""Tells of a running job, in the words of Hadoop's client [Job.monitorAndPrintJob]."""

from __future__ import annotations

import re
from collections.abc import Callable

from hadoopless.errors import TaskError
from hadoopless.failure import Failure, Role
from hadoopless.hadoop_names import attempt_name, task_name
from hadoopless.job import AttemptId
from hadoopless.scheduler import AttemptFailed, EndReason, Event, Snapshot
from hadoopless.scheduler.snapshot import PhaseCounts
from hadoopless.streaming.log import Log

JOB = "mapreduce.Job"

#: Hears of each failed attempt: its name as Hadoop writes it, the attempt, its failure.
FailureSink = Callable[[str, AttemptId, Failure], None]

#: The parts of a failure that are equal in another one that need not be told again.
Cause = tuple[Role | None, str, int | None, str, str]

#: The names of tasks' directories, in which attempts differ that fail in the same way.
_OWN_DIRECTORY = re.compile(r"mapreduce-tasks-[0-9a-f]+|task-[0-9a-f]+")


class Monitor:
    """Turns events and snapshots of one job into log lines.

    A user's program that fails mostly fails each time, and in each task, in the same way: that is
    told in full once.
    """

    def __init__(
        self,
        log: Log,
        job: str,
        keep_failure: FailureSink,
    ) -> None:
        """*job* is an id such as ``job_1699000000000_0001``."""
        self._log = log
        self._job = job
        self._keep_failure = keep_failure
        self._shown = ""
        #: Cause that was told in full -> the attempt of which it was told.
        self._told: dict[Cause, AttemptId] = {}
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
        if isinstance(error, TaskError):
            self._keep_failure(name, event.attempt, error.failure)

    def _shortened(self, attempt: AttemptId, error: TaskError) -> str:
        failure = error.failure
        first = self._told.setdefault(_cause(failure), attempt)
        if first == attempt:
            return str(error)
        lines = [f"{error.task}: {failure.sentence}"]
        lines.append(f"  the same as in {attempt_name(self._job, first)}, which is told above")
        if first.task != attempt.task and failure.input:
            lines.append(f"  input:   {failure.input}")
        return "\n".join(lines)

    def reason(self, error: Exception) -> str:
        """The reason why the job failed, in short if an attempt that was told of ended with it."""
        for told, attempt in self._failures:
            if told is error:
                return f"Task failed {task_name(self._job, attempt.task)}: {told.failure.sentence}"
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


def _cause(failure: Failure) -> Cause:
    """The cause of *failure*, without the names that differ between attempts."""
    what, stderr = (_OWN_DIRECTORY.sub("", text or "") for text in (failure.what, failure.stderr))
    return failure.role, failure.command, failure.exit, what, stderr


def _percent(phase: PhaseCounts) -> int:
    return 100 * phase.done // phase.total if phase.total else 0
