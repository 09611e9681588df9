"""Attempts under the plain rules: shell commands in the job's directory, bytes as they are.

A failure is explained by a shell line that does the same without any worker, or, where the job
keeps what failed, by a directory with the input of the program.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import ClassVar

from msgspec.structs import replace

from hadoopless.by_hand.lines import combine_line, keys_line, map_line, with_environment
from hadoopless.data.input.raw import open_split
from hadoopless.data.input.reading import Reading
from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Command, Root, resolve
from hadoopless.data.program.directory import TaskDirectory
from hadoopless.data.program.stdin import Feeder
from hadoopless.data.program.terms import Terms
from hadoopless.errors import DiskError
from hadoopless.failure import Failure, Role
from hadoopless.faults import Fault
from hadoopless.job import Split
from hadoopless.rules import CounterLimits
from hadoopless.wire.messages.tasks import MapRequest, ReduceRequest
from hadoopless.worker.services import Services

#: Hadoop's limits are for its own sake.
_COUNTER_LIMITS = CounterLimits(10_000, 10_000)


class PlainAttempt:
    """One attempt at a map or a reduce task."""

    keeps_counters: ClassVar[bool] = False
    combines_apart: ClassVar[bool] = False
    reads_files: ClassVar[bool] = True
    output_as_written: ClassVar[bool] = True
    input_records = 0

    def __init__(
        self,
        request: MapRequest | ReduceRequest,
        lines: Mapping[Role, str],
        root: Root,
        services: Services,
        cancellation: Cancellation,
    ) -> None:
        self._rules = request.context.rules
        variables = dict(self._rules.environment)
        self._terms = Terms(
            environment=variables,
            reporter_prefix=self._rules.reporter_prefix,
            counter_limits=_COUNTER_LIMITS,
        )
        self._root = root = replace(root, search_path=variables.get("PATH"))
        self._spill_directory = services.settings.spill_directory
        self._cancellation = cancellation
        self._commands = {
            role: resolve(line, root, f"{role.value}Path") for role, line in lines.items()
        }
        self._split: Split | None = None
        self._partitions = 0
        if isinstance(request, MapRequest):
            self._split, self._partitions = request.split, request.num_reducers
            self.name = "map task"
        else:
            self.name = f"reduce task {request.index}"
        self._combines = False
        self.reading = Reading()

    def __enter__(self) -> PlainAttempt:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing is left to remove."""

    def command(self, role: Role) -> Command:
        """The command of the program that is about to run."""
        self._combines = self._combines or role is Role.COMBINER
        return self._commands[role]

    def terms(self, role: Role) -> Terms:
        """The same for all programs; what a partitioner reports is its own stderr."""
        return (
            replace(self._terms, reporter_prefix=None) if role is Role.PARTITIONER else self._terms
        )

    def split_feed(self, split: Split) -> int | Feeder:
        """The bytes of *split*, unpacked."""
        source = open_split(split, self._root.locate, self._root.admit)
        if isinstance(source, int):
            # The program reads the file itself; what it does not want of it cannot be seen.
            size = os.fstat(source).st_size
            self.reading = Reading(bytes=size, stretches=[(0, size)])
        else:
            self.reading = source.reading
        return source

    def prepare_output(self) -> None:
        """Programs have no place for files beside their output."""

    def commit(self, work: Callable[[], None]) -> None:
        """Commit the output with *work*, unless cancelled."""
        self._cancellation.commit(work)

    def failure(self, fault: Fault, role: Role, source: str, feed: Feeder) -> Failure:
        """The failure of the program in *role*; of a map task, its input is always the split."""
        replay = ""
        if fault.command:
            keep = self._rules.keep_failed
            replay = self._kept(fault.command, feed) if keep else self._line(role)
        return Failure(
            fault.what,
            role,
            command=fault.command,
            exit=fault.exit,
            stderr=fault.stderr,
            input=str(self._split or source),
            replay=replay,
        )

    def _line(self, role: Role) -> str:
        """The shell line of the program; "" for a reducer: only the coordinator knows all maps."""
        if self._split is None:
            return ""
        shell = {
            role: with_environment(command.shell, self._rules)
            for role, command in self._commands.items()
        }
        mapper, cwd = shell[Role.MAPPER], self._root.cwd
        if self._combines:
            line = combine_line(
                mapper, shell[Role.COMBINER], self._split, self._partitions, cwd, self._rules
            )
        else:
            line = map_line(mapper, self._split, cwd)
        if role is Role.PARTITIONER:
            return keys_line(line, f"{shell[Role.PARTITIONER]} {self._partitions}")
        return line

    def _kept(self, command: str, feed: Feeder) -> str:
        """Keep what *feed* writes; returns the line that runs *command* on it again.

        "" when it cannot be kept: then the failure itself is told all the same.
        """
        directory = TaskDirectory(self._spill_directory)
        try:
            directory.__enter__()
        except DiskError:
            return ""
        return directory.replay(command, self._terms.environment, feed, cwd=self._root.cwd)
