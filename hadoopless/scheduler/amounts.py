"""Counts the bytes of a job's tasks: all of them, and those of tasks that are done.

The bytes of a map are those of its split, which the plan knows. The bytes of a reduce are those of
its partition, which are known when all map outputs are there.
"""

from __future__ import annotations

from collections.abc import Sequence

from hadoopless.job import TaskId
from hadoopless.scheduler.outputs import OutputTable
from hadoopless.scheduler.snapshot import Worked
from hadoopless.scheduler.states import TaskState
from hadoopless.scheduler.tasks import Stage


class Amount:
    """The bytes of the tasks of one phase."""

    __slots__ = ("done", "total", "worked")

    def __init__(self) -> None:
        self.total = 0
        #: The bytes of the tasks that are DONE.
        self.done = 0
        #: The successful attempts up to now, also those of tasks that had to run again.
        self.worked = Worked()


class Amounts:
    """The amounts of both phases. Each event costs the same for any number of tasks."""

    def __init__(
        self, map_bytes: Sequence[int], maps: Stage, reduces: Stage, outputs: OutputTable
    ) -> None:
        """*map_bytes* has the size of each split; it is empty where nobody knows them."""
        self._map_bytes = map_bytes or [0] * len(maps.tasks)
        self._maps_stage = maps
        self._reduces_stage = reduces
        self._outputs = outputs
        #: The number of changes of the outputs of which the bytes of the reduces are known.
        self._seen = 0
        self.maps = Amount()
        self._reduces = Amount()
        self.maps.total = sum(self._map_bytes)
        self.maps.done = _done(maps, self._map_bytes)

    @property
    def reduces(self) -> Amount:
        """The amount of the reduces. While maps run, it is that of the time before."""
        if self._seen != self._outputs.changes and not self._maps_stage.left:
            self._seen = self._outputs.changes
            self._reduces.total = sum(self._outputs.sizes)
            self._reduces.done = _done(self._reduces_stage, self._outputs.sizes)
        return self._reduces

    def of(self, task: TaskId) -> int:
        """The bytes of *task*."""
        return (self._outputs.sizes if task.is_reduce else self._map_bytes)[task.index]

    def restored(self, index: int) -> None:
        """Map *index* is done, because its output was found."""
        self.maps.done += self._map_bytes[index]

    def lost(self, index: int) -> None:
        """Map *index* is not done any more."""
        self.maps.done -= self._map_bytes[index]

    def succeeded(self, task: TaskId, seconds: float) -> None:
        """*task*, which is not yet DONE, is done by an attempt that took *seconds*."""
        amount = self.reduces if task.is_reduce else self.maps
        size = self.of(task)
        amount.done += size
        before = amount.worked
        amount.worked = Worked(before.tasks + 1, before.bytes + size, before.seconds + seconds)


def _done(stage: Stage, sizes: Sequence[int]) -> int:
    done = TaskState.DONE
    return sum(size for task, size in zip(stage.tasks, sizes, strict=True) if task.state is done)
