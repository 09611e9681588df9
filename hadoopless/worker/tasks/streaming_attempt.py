"""Attempts under Hadoop's rules: programs have a directory and an environment, and leave files.

A failure is explained by what the program has read; a job that keeps failed tasks also keeps the
directory of the attempt, with a script that runs the program again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import ClassVar

from hadoopless.data.input.reading import Reading
from hadoopless.data.input.records import RecordFeed
from hadoopless.data.output.commit import move_into
from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Command, Root, resolve_streaming
from hadoopless.data.program.directory import TaskDirectory
from hadoopless.data.program.environment import attempt_of, task_environment, work_output
from hadoopless.data.program.stdin import Feeder
from hadoopless.data.program.terms import Terms
from hadoopless.errors import DiskError
from hadoopless.failure import Failure, Role
from hadoopless.faults import Fault
from hadoopless.hadoop_counters import SHUFFLE_ERRORS
from hadoopless.hdfs.located import Located
from hadoopless.hdfs.names import HdfsName
from hadoopless.job import Split, TaskId
from hadoopless.wire.messages.tasks import MapRequest, ReduceRequest
from hadoopless.worker.services import Services


class StreamingAttempt:
    """One attempt at a map or a reduce task."""

    keeps_counters: ClassVar[bool] = True
    combines_apart: ClassVar[bool] = True
    reads_files: ClassVar[bool] = False
    output_as_written: ClassVar[bool] = False

    def __init__(
        self,
        request: MapRequest | ReduceRequest,
        lines: Mapping[Role, str],
        root: Root,
        services: Services,
        cancellation: Cancellation,
    ) -> None:
        self._rules = rules = request.context.rules
        self._root = root
        self._services = services
        self._cancellation = cancellation
        self._lines = lines
        self._feed: RecordFeed | None = None
        output_dir = str(root.locate(request.job_path or ""))
        self._committed_to = root.locate(request.context.staging or request.job_path or "")
        split = request.split if isinstance(request, MapRequest) else None
        task = TaskId(split is None, request.index or 0)
        self._attempt = attempt_of(task, request.context.attempt)
        path = str(root.locate(split.path)) if split is not None else ""
        variables = task_environment(rules, self._attempt, output_dir, split, path)
        job = variables["mapreduce_job_id"]
        self._side_files = root.locate(work_output(output_dir, job, self._attempt))
        # A directory that is kept must not go with the worker.
        place = services.task_directory.path
        base = services.settings.spill_directory if rules.keep_failed else place
        self._directory = TaskDirectory(
            base, rules.links, beside=rules.client_directory, keep=rules.keep_failed
        )
        self._environment = {
            **dict(rules.environment),
            **variables,
            # The disk of a task, by the new and by the old name.
            "mapreduce_cluster_local_dir": self._directory.path,
            "mapred_local_dir": self._directory.path,
            **dict(rules.overrides),
            **self._directory.environment,
        }

    @property
    def name(self) -> str:
        """The name of the task."""
        return str(self._attempt.task)

    def __enter__(self) -> StreamingAttempt:
        place = self._services.task_directory
        try:
            if not os.path.isdir(place.path):  # it is made once, for all tasks
                place.make()
        except OSError as error:
            raise DiskError(
                f"cannot make a directory for tasks, {place.path}: {error.strerror}; name another"
                " place with --spillDir of the workers"
            ) from error
        self._directory.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _drop(self._side_files)
        self._directory.__exit__(kind, error, trace)

    def command(self, role: Role) -> Command:
        """The command of the program that is about to run, looked up in the directory first."""
        line = self._lines[role]
        return resolve_streaming(line, self._directory.path, self._environment, f"-{role.value}")

    def terms(self, role: Role) -> Terms:
        """Hadoop's terms; a partitioner is a program that only this project has."""
        rules = self._rules
        if role is Role.PARTITIONER:
            return Terms(environment=self._environment, idle_timeout=rules.idle_timeout)
        return Terms(
            environment=self._environment,
            reporter_prefix=rules.reporter_prefix,
            counter_limits=rules.counter_limits,
            counters_made=self._counters_made(role),
            status_matters=rules.status_matters,
            idle_timeout=rules.idle_timeout,
            as_hadoop=True,
            unread_after=rules.unread_after if role is Role.MAPPER else None,
        )

    def _counters_made(self, role: Role) -> tuple[int, int]:
        """The limited counters, and groups, that Hadoop makes before the program of *role* runs."""
        if role is Role.REDUCER:
            return len(SHUFFLE_ERRORS) + 1, 2  # bytes written, too
        return (2, 2) if self._rules.map_only else (1, 1)  # bytes read and written

    def split_feed(self, split: Split) -> Feeder:
        """The records of *split*."""
        limit = self._services.settings.memory
        self._feed = RecordFeed(split, self._root.locate, self._rules.input, limit=limit)
        return self._feed

    @property
    def reading(self) -> Reading:
        """The part of the split that was read."""
        return self._feed.reading if self._feed else Reading()

    def prepare_output(self) -> None:
        """Make the directory for files that programs leave beside their output; DiskError."""
        if isinstance(self._side_files, HdfsName):
            from hadoopless.hdfs import changing  # only here: few jobs write to HDFS

            changing.make_directory(self._side_files)
            return
        try:
            self._side_files.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DiskError(f"cannot make {self._side_files}: {error.strerror}") from error

    def commit(self, work: Callable[[], None]) -> None:
        """Commit the output with *work*, and what programs left beside it, unless cancelled."""

        def both() -> None:
            _move_into(self._side_files, self._committed_to)
            work()

        self._cancellation.commit(both)

    def failure(self, fault: Fault, role: Role, source: str, feed: Feeder) -> Failure:
        """The failure of the program in *role*; what is needed to run it again may be kept."""
        replay = ""
        if self._rules.keep_failed:
            replay = self._directory.entering
            if fault.command:
                replay = self._directory.replay(fault.command, self._environment, feed)
        return Failure(
            fault.what,
            role,
            command=fault.command,
            exit=fault.exit,
            stderr=fault.stderr,
            input=source,
            replay=replay,
        )


def _move_into(source: Located, target: Located) -> None:
    """Move what is in *source* into *target*; both are here, or both in HDFS."""
    if not isinstance(source, HdfsName):
        if not isinstance(target, HdfsName):
            move_into(source, target)
        return
    from hadoopless.hdfs import changing  # only here: few jobs write to HDFS

    if isinstance(target, HdfsName):
        changing.move_into(source, target)


def _drop(directory: Located) -> None:
    """Remove *directory* with all that is in it, if that is possible."""
    if not isinstance(directory, HdfsName):
        shutil.rmtree(directory, ignore_errors=True)
        return
    from hadoopless.hdfs import changing  # only here: few jobs write to HDFS

    changing.tidy(directory)
