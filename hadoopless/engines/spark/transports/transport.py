"""The ways in which a driver asks Spark for something, whichever interface of Spark it has.

The work of maps and reduces is the same for all of them: functions of iterators (``tasks.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from msgspec import Struct

from hadoopless.engines.spark.place import Done
from hadoopless.engines.spark.transports.blocks import Lazy, Message, Told
from hadoopless.job import JobSpec

Result = TypeVar("Result")
#: Does the tasks with these numbers.
Work = Callable[[Iterable[int]], Iterator[Result]]
#: Runs maps; the blocks come with their partitions.
Maps = Work[tuple[int, Told | Lazy]]
#: Runs the reduce of a partition on its blocks.
Reduce = Callable[[int, Iterable[tuple[int, Message]]], Iterator[Done]]


class Stage(Struct, frozen=True):
    """The tasks of one step of the job, as Spark counts them.

    What is left is told, and not what is done: where outputs of maps were lost, Spark counts only
    those maps that it runs again.
    """

    left: int
    running: int
    #: A task of it runs, or has ended.
    begun: bool


class Transport(Protocol):
    """A connection to Spark."""

    def setting(self, name: str, usual: str) -> str:
        """The value that Spark has for a property."""

    def begin(self, group: str) -> None:
        """Name all that this thread asks for from now on."""

    def prefer_hosts(self, spec: JobSpec) -> None:
        """Run the maps of *spec* beside their data from now on, where Spark can be told so."""

    def each(self, work: Work[Result], count: int) -> Sequence[Result]:
        """The results of *count* tasks, in any order."""

    def through(self, maps: Maps, reduce: Reduce, count: int, partitions: int) -> Sequence[Done]:
        """The results of the reduces of all *partitions*, on the blocks of *count* maps."""

    def stages(self, group: str) -> Sequence[Stage]:
        """The steps of the jobs with that name that have begun: the maps, then the reduces."""

    def cancel(self, group: str) -> None:
        """End the jobs with that name."""
