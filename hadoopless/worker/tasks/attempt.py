"""An attempt at a task: what surrounds the user's programs under one kind of rules.

Tasks are the same for all jobs; what depends on the kind of a job's rules is behind the methods
of :class:`Attempt`. There is one module for each kind.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import ClassVar, Protocol

from hadoopless.data.input.reading import Reading
from hadoopless.data.program.commands import Command
from hadoopless.data.program.stdin import Feeder
from hadoopless.data.program.terms import Terms
from hadoopless.failure import Failure, Role
from hadoopless.faults import Fault
from hadoopless.job import Split


class Attempt(Protocol):
    """One attempt; a context manager that removes what only the attempt needed."""

    #: Tasks keep Hadoop's own counters, besides those that programs report.
    keeps_counters: ClassVar[bool]
    #: A combiner runs for each partition by itself, and what it writes stays in that partition.
    #: Otherwise it reads all partitions, and what it writes is partitioned and sorted anew.
    combines_apart: ClassVar[bool]
    #: The mapper reads the bytes of the input files themselves, not copies of their records.
    reads_files: ClassVar[bool]
    #: The output file holds the bytes that a reducer writes. Otherwise these are pairs, which are
    #: formatted.
    output_as_written: ClassVar[bool]

    @property
    def reading(self) -> Reading:
        """The part of the split that was read."""

    @property
    def name(self) -> str:
        """A name for people, until the coordinator gives it a better one."""

    def __enter__(self) -> Attempt: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def command(self, role: Role) -> Command:
        """The command of the program that is about to run; UsageError."""

    def terms(self, role: Role) -> Terms:
        """The terms on which that program runs."""

    def split_feed(self, split: Split) -> int | Feeder:
        """The mapper's stdin: an open file, which the caller closes, or a function; InputError."""

    def prepare_output(self) -> None:
        """Make the place for files that programs leave beside their output; DiskError."""

    def commit(self, work: Callable[[], None]) -> None:
        """Commit the output with *work*, and what programs left beside it, unless cancelled."""

    def failure(self, fault: Fault, role: Role, source: str, feed: Feeder) -> Failure:
        """The failure of the program in *role*, with how to run the program again.

        *source* names what the program read; *feed* writes it, to be kept where the job wants that.
        """
