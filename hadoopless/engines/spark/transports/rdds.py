"""Jobs by the RDDs of a SparkContext."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hadoopless.engines.spark.place import Done
from hadoopless.engines.spark.transports.transport import Maps, Reduce, Result, Stage, Work
from hadoopless.job import JobSpec


class Rdds:
    """The transport of a SparkContext."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._hosts: list[list[str]] = []

    def setting(self, name: str, usual: str) -> str:
        """The value that Spark has for a property."""
        return str(self._context.getConf().get(name, usual))

    def begin(self, group: str) -> None:
        """Name all that this thread asks for from now on."""
        self._context.setJobGroup(group, group)

    def prefer_hosts(self, spec: JobSpec) -> None:
        """Run the maps of *spec* beside their data from now on."""
        if spec.rules.hdfs:
            from hadoopless.engines.spark.hosts import hosts_of  # few jobs read HDFS

            self._hosts = hosts_of(self._context, spec)

    def each(self, work: Work[Result], count: int) -> Sequence[Result]:
        """The results of *count* tasks, in any order."""
        found: Sequence[Result] = self._numbers(count).mapPartitions(work).collect()
        return found

    def through(self, maps: Maps, reduce: Reduce, count: int, partitions: int) -> Sequence[Done]:
        """The results of the reduces of all *partitions*, on the blocks of *count* maps."""
        blocks = self._numbers(count).mapPartitions(maps)
        parted = blocks.partitionBy(partitions, itself)
        found: Sequence[Done] = parted.mapPartitionsWithIndex(reduce).collect()
        return found

    def _numbers(self, count: int) -> Any:
        """The numbers of tasks, a partition for each."""
        if self._hosts:
            from hadoopless.engines.spark.hosts import numbers_at

            return numbers_at(self._context, self._hosts)
        return self._context.parallelize(range(count), max(1, count))

    def stages(self, group: str) -> Sequence[Stage]:
        """The steps of the jobs with that name that have begun: the maps, then the reduces."""
        tracker = self._context.statusTracker()
        jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(group)]
        numbers = sorted(stage for job in jobs if job is not None for stage in job.stageIds)
        told = [tracker.getStageInfo(number) for number in numbers]
        return [_stage(stage) for stage in told if stage is not None]

    def cancel(self, group: str) -> None:
        """End the jobs with that name."""
        self._context.cancelJobGroup(group)


def _stage(told: Any) -> Stage:
    done, running = told.numCompletedTasks, told.numActiveTasks
    return Stage(told.numTasks - done, running, done + running > 0)


def itself(partition: int) -> int:
    """The partition of a block, which is its key."""
    return partition
