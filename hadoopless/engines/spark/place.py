"""The facts that every task of a job on Spark knows."""

from __future__ import annotations

from msgspec import Struct

from hadoopless import __version__
from hadoopless.job import JobSpec, TaskReport

#: The blocks of one task that PySpark holds before it writes them are at most so many bytes,
#: whatever the number of partitions.
_HELD_BYTES = 256 << 20
_LARGEST_BLOCK = 8 << 20
_SMALLEST_BLOCK = 256 << 10


class Place(Struct, frozen=True):
    """A job, and where its tasks find and leave what they share. Sizes in bytes."""

    spec: JobSpec
    #: The directory in which attempts leave their outputs until the driver commits them.
    staging: str
    #: The memory of one Python process of an executor for data.
    memory: int
    #: Variables that PySpark changes in its processes, with the values that they have for the
    #: user; None: the user has none of that name.
    environment: tuple[tuple[str, str | None], ...] = ()
    version: str = __version__

    @property
    def block_size(self) -> int:
        """The bytes of a block of map output.

        RDD.partitionBy collects ten blocks a partition, but at most 1,000, before it writes them.
        """
        collected = min(1_000, 10 * max(1, self.spec.num_reducers))
        return max(_SMALLEST_BLOCK, min(_LARGEST_BLOCK, _HELD_BYTES // collected))


class Done(Struct, frozen=True):
    """An attempt that went well, as its task tells the driver."""

    index: int
    #: The name of its directory in the staging directory.
    directory: str
    report: TaskReport
    #: The executor, the number of the attempt, and when it began and ended (seconds since 1970).
    worker: str
    number: int
    began: float
    ended: float
    #: The attempts at maps of which this attempt at a reduce has to tell: each map is told once.
    maps: tuple[Done, ...] = ()
