"""What map and reduce tasks under Hadoop's rules have in common: their directory, environment,
programs, counters, side files, and what a user is told when they fail."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Command, Root, resolve_streaming
from hadoopless.data.program.directory import TaskDirectory
from hadoopless.data.program.environment import parse_attempt, task_environment, work_output
from hadoopless.data.program.program import Program
from hadoopless.data.program.stdin import Feeder
from hadoopless.data.program.terms import Terms
from hadoopless.data.record.layout import BadOutput
from hadoopless.errors import DiskError, ProgramFailed, TaskError
from hadoopless.hadoop_counters import TASK_GROUP
from hadoopless.job import AttemptId, Split
from hadoopless.rules import Rules
from hadoopless.wire.tasks import MapRequest, TaskContext
from hadoopless.worker.services import Services


class StreamingTask:
    """One attempt; a context manager that removes its directory."""

    def __init__(
        self,
        context: TaskContext,
        rules: Rules,
        index: int,
        output_dir: str,
        root: Root,
        services: Services,
        cancellation: Cancellation,
        *,
        split: Split | None,
    ) -> None:
        self.rules = rules
        self.services = services
        self.cancellation = cancellation
        self.program_cpu = 0.0
        self.stderr_tail = ""
        self.output_dir = root.path(output_dir)
        self.attempt: AttemptId = parse_attempt(context.attempt, index, is_reduce=split is None)
        self._counters: dict[tuple[str, str], int] = {}
        self._explained: TaskError | None = None
        path = str(root.path(split.path)) if split is not None else ""
        variables = task_environment(rules, self.attempt, str(self.output_dir), split, path)
        self.environment = {**dict(rules.environment), **variables, **dict(rules.overrides)}
        job = variables["mapreduce_job_id"]
        self._side_files = Path(work_output(str(self.output_dir), job, self.attempt))
        # What is kept must not go with the worker.
        base = services.settings.spill_directory if rules.keep_failed else services.task_directory
        self._directory = TaskDirectory(base, rules.links, keep=rules.keep_failed)
        self.environment.update(self._directory.environment)

    @classmethod
    def of_map(
        cls,
        request: MapRequest,
        rules: Rules,
        root: Root,
        services: Services,
        cancellation: Cancellation,
    ) -> StreamingTask:
        """The attempt of a map task; *rules* may be others than those of its job."""
        return cls(
            request.context,
            rules,
            request.index or 0,
            request.job_path or "",
            root,
            services,
            cancellation,
            split=request.split,
        )

    def __enter__(self) -> StreamingTask:
        base = self.services.task_directory
        try:
            os.makedirs(base, mode=0o700, exist_ok=True)
        except OSError as error:
            raise DiskError(
                f"cannot make a directory for tasks, {base}: {error.strerror}; name another place"
                " with workers.py --spillDir"
            ) from error
        self._directory.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self._side_files, ignore_errors=True)
        self._directory.__exit__(kind, error, trace)

    # Counters ---------------------------------------------------------------------------------

    def count(self, name: str, amount: int) -> None:
        """Add to one of the counters of Hadoop's tasks."""
        self.count_in((TASK_GROUP, name), amount)

    def count_in(self, counter: tuple[str, str], amount: int) -> None:
        """Add to a counter: (group, name)."""
        self._counters[counter] = self._counters.get(counter, 0) + amount

    @property
    def counters(self) -> tuple[tuple[str, str, int], ...]:
        """All that was counted."""
        return tuple((group, name, amount) for (group, name), amount in self._counters.items())

    # Programs ---------------------------------------------------------------------------------

    def command(self, line: str, what: str) -> Command:
        """The command behind *line*, looked up in the task's directory first."""
        return resolve_streaming(line, self._directory.path, self.environment, what)

    def program(self, command: Command, source: Feeder, *, unread_after: int | None) -> Program:
        """Start *command*, fed by *source*."""
        rules = self.rules
        return Program(
            command,
            self.services.spawner,
            self.cancellation,
            stdin=source,
            terms=Terms(
                environment=self.environment,
                reporter_prefix=rules.reporter_prefix,
                status_matters=rules.status_matters,
                idle_timeout=rules.idle_timeout,
                as_hadoop=True,
                unread_after=unread_after,
            ),
        )

    def finish(self, program: Program, records: int = 0, *, heard: bool = True) -> None:
        """Wait for the end of *program*, which wrote *records*; count what it reported, if that is
        *heard*.
        """
        ended = program.finish(records)
        self.program_cpu += ended.cpu_seconds
        self.stderr_tail += program.stderr
        for (group, name), amount in program.reported.items() if heard else ():
            self.count_in((group, name), amount)

    @contextmanager
    def explained_output(self) -> Iterator[None]:
        """What a program writes may be no records: an error of its task."""
        try:
            yield
        except BadOutput as error:
            raise ProgramFailed(str(error)) from error

    # Side files -------------------------------------------------------------------------------

    def open_side_files(self) -> None:
        """Make the directory that a program may put files into, which are committed with it."""
        try:
            self._side_files.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DiskError(f"cannot make {self._side_files}: {error.strerror}") from error

    def commit(self, work: Callable[[], None]) -> None:
        """Commit the output with *work*, and the side files with it, unless cancelled."""

        def both() -> None:
            _move_into(self._side_files, self.output_dir)
            work()

        self.cancellation.commit(both)

    # Failures ---------------------------------------------------------------------------------

    def explain(self, error: TaskError, source: str, feed: Feeder) -> None:
        """Say in *error* what it read, and keep what is needed to run it again.

        The first explanation counts: who sees an error first knows best whose it is.
        """
        if error is self._explained:
            return
        self._explained = error
        error.task = error.task or str(self.attempt.task)
        error.source = source
        if self.rules.keep_failed and error.command:
            error.replay = self._directory.replay(error.command, self.environment, feed)


def _move_into(source: Path, target: Path) -> None:
    """Move what is in *source* into *target*, directory into directory (mergePaths)."""
    if not source.is_dir():
        return
    for entry in list(os.scandir(source)):
        place = target / entry.name
        if entry.is_dir(follow_symlinks=False) and place.is_dir():
            _move_into(Path(entry.path), place)
            continue
        try:
            os.replace(entry.path, place)
        except OSError as error:
            raise DiskError(f"cannot put {entry.path} at {place}: {error.strerror}") from error
