"""Jobs by DataFrames of Spark Connect, which has no RDDs: the same blocks in columns of bytes."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from functools import partial
from typing import Any

from hadoopless.engines.spark.place import Done
from hadoopless.engines.spark.transports.transport import Maps, Reduce, Result, Stage, Work
from hadoopless.job import JobSpec

_CHECKSUM = "spark.sql.shuffle.orderIndependentChecksum."
SETTINGS = {
    # A batch of rows holds one block, however large, or small ones of so many bytes together.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "1000",
    "spark.sql.execution.arrow.maxBytesPerBatch": str(8 << 20),
    # A map that is made again for lost outputs has other times in its report. Spark would end the
    # job, where a reduce has ended that has read the first ones.
    _CHECKSUM + "enabled": "false",
    _CHECKSUM + "enableFullRetryOnMismatch": "false",
    _CHECKSUM + "enableQueryLevelRollbackOnMismatch": "false",
}


class Frames:
    """The transport of a session of Spark Connect."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._group = ""
        self._stages: Sequence[Stage] = ()
        session.registerProgressHandler(self._hear)

    def setting(self, name: str, usual: str) -> str:
        """The value that Spark has for a property."""
        return str(self._session.conf.get(name, usual))

    def begin(self, group: str) -> None:
        """Name all that this thread asks for from now on."""
        self._group, self._stages = group, ()
        self._session.addTag(group)

    def prefer_hosts(self, spec: JobSpec) -> None:
        """Do nothing: DataFrames know no hosts."""

    def each(self, work: Work[Result], count: int) -> Sequence[Result]:
        """The results of *count* tasks, in any order."""
        # Here, because it loads pyarrow, which RDDs do not need.
        from hadoopless.engines.spark.transports import columns

        told = self._numbers(count).mapInArrow(partial(columns.each, work), columns.RESULTS)
        return _results(told)

    def through(self, maps: Maps, reduce: Reduce, count: int, partitions: int) -> Sequence[Done]:
        """The results of the reduces of all *partitions*, on the blocks of *count* maps."""
        from hadoopless.engines.spark.transports import columns

        if count:
            blocks = self._numbers(count).mapInArrow(partial(columns.sent, maps), columns.BLOCKS)
        else:  # a partition without any row would have no task
            blocks = self._numbers(partitions).mapInArrow(columns.nothing, columns.BLOCKS)
        parted = blocks.repartitionById(partitions, columns.PARTITION)
        return _results(parted.mapInArrow(partial(columns.received, reduce), columns.RESULTS))

    def _numbers(self, count: int) -> Any:
        """The numbers of tasks, a partition for each."""
        return self._session.range(0, count, 1, max(1, count))

    def stages(self, group: str) -> Sequence[Stage]:
        """The steps of the jobs with that name that have begun: the maps, then the reduces."""
        return self._stages if group == self._group else ()

    def cancel(self, group: str) -> None:
        """End the jobs with that name."""
        self._session.interruptTag(group)

    def _hear(self, stages: Any, inflight_tasks: int, operation_id: Any, done: bool) -> None:
        """Hear how far a query is, in the thread that waits for it.

        A query with a shuffle has three stages: the maps, those again, which are left out, and the
        reduces. Spark counts the running tasks of all together.
        """
        told = sorted(stages or (), key=_number)
        ends = [told[0], told[-1]] if len(told) > 1 else told
        found = []
        for stage in ends:
            left = stage.num_tasks - stage.num_completed_tasks
            running = inflight_tasks if left else 0
            found.append(Stage(left, running, stage.num_completed_tasks + running > 0))
            inflight_tasks -= running
        self._stages = found


def _results(frame: Any) -> list[Any]:
    return [pickle.loads(row[0]) for row in frame.collect()]  # noqa: S301 - of our own tasks


def _number(stage: Any) -> int:
    return int(stage.stage_id)
