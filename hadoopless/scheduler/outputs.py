"""The table of map outputs and of the workers that hold them. It knows no tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import add, sub

from hadoopless.job import MapOutput
from hadoopless.scheduler.actions import ReleaseOutputs


class OutputTable:
    """The current output of each map task, its holder, and outputs that wait for their release.

    An output counts to the worker that reported it, whatever address ``MapOutput.worker`` is.
    """

    def __init__(self, num_maps: int, num_reduces: int) -> None:
        self._outputs: list[MapOutput | None] = [None] * num_maps
        #: Maps that have failed for good; the job does without them.
        self._abandoned: set[int] = set()
        self._by_id: dict[str, int] = {}
        #: Map indices with a current output, by holder (inner dict for its order).
        self._held: dict[str, dict[int, None]] = {}
        self._holder: dict[int, str] = {}
        #: Outputs that were given up though their holder may still have them. Running reduces may
        #: still be reading those, so they are released at the end.
        self._given_up: dict[str, list[str]] = {}
        #: Bytes of each partition over all current outputs, as far as workers say.
        self.sizes = [0] * num_reduces
        #: Grows with each output that comes or goes.
        self.changes = 0
        #: The map of each output that has come, in the order of coming; it may have gone again.
        self.arrivals: list[int] = []
        #: All outputs in the order of tasks, made once for all reduces that start between changes.
        self._all: tuple[MapOutput, ...] | None = None

    def __getitem__(self, index: int) -> MapOutput | None:
        return self._outputs[index]

    def holder(self, index: int) -> str | None:
        """The worker that holds the current output of map *index*."""
        return self._holder.get(index)

    def all(self) -> tuple[MapOutput, ...]:
        """The outputs of all map tasks, in their order; of each that is not abandoned."""
        if self._all is None:
            outputs = tuple(output for output in self._outputs if output is not None)
            if len(outputs) < len(self._outputs) - len(self._abandoned):
                raise RuntimeError("a reduce must not start while a map output is missing")
            self._all = outputs
        return self._all

    def neighbours(self) -> Iterator[tuple[str, ...]]:
        """The ids of current outputs of consecutive maps, at least two in each stretch."""
        stretch: list[str] = []
        for index, output in enumerate(self._outputs):
            if output is not None:
                stretch.append(output.map_task_id)
            elif index not in self._abandoned:
                if len(stretch) > 1:
                    yield tuple(stretch)
                stretch = []
        if len(stretch) > 1:
            yield tuple(stretch)

    def add(self, index: int, output: MapOutput, holder: str) -> None:
        """Map *index*, which had no current output, has left *output* on *holder*."""
        self._outputs[index] = output
        self._by_id[output.map_task_id] = index
        self._held.setdefault(holder, {})[index] = None
        self._holder[index] = holder
        self.arrivals.append(index)
        self._count(output, add)

    def abandon(self, index: int) -> None:
        """Map *index*, which has no current output, will never have one."""
        self._abandoned.add(index)
        self._all = None

    def give_up(self, index: int) -> str:
        """The output of map *index* is current no more; returns its holder."""
        output = self._outputs[index]
        if output is None:
            raise KeyError(index)
        holder = self._holder.pop(index)
        self._outputs[index] = None
        self._by_id.pop(output.map_task_id, None)
        del self._held[holder][index]
        self._given_up.setdefault(holder, []).append(output.map_task_id)
        self._count(output, sub)
        return holder

    def held_by(self, holder: str) -> list[int]:
        """The map tasks whose current output *holder* holds, in order."""
        return sorted(self._held.get(holder, ()))

    def current(self, map_task_ids: Iterable[str]) -> list[int]:
        """The map tasks whose current outputs have these ids; other ids are passed over."""
        found = {self._by_id[name] for name in map_task_ids if name in self._by_id}
        return sorted(found)

    def is_current(self, index: int, output: MapOutput) -> bool:
        """True if *output* is the current one of map *index*."""
        current = self._outputs[index]
        return current is not None and current.map_task_id == output.map_task_id

    def release_all(self, joined: Iterable[str]) -> list[ReleaseOutputs]:
        """The releases at the end, one for each of these workers that may hold anything."""
        return [action for holder in joined for action in self.release(holder)]

    def release(self, holder: str) -> list[ReleaseOutputs]:
        """The release of all that *holder* may hold, or nothing; each is told only once."""
        held = (self._outputs[index] for index in self._held.pop(holder, ()))
        names = [output.map_task_id for output in held if output is not None]
        names += self._given_up.pop(holder, ())
        return [ReleaseOutputs(holder, tuple(names))] if names else []

    def _count(self, output: MapOutput, operation: Callable[[int, int], int]) -> None:
        self._all = None
        self.changes += 1
        if len(output.partition_bytes) == len(self.sizes):
            self.sizes = list(map(operation, self.sizes, output.partition_bytes))
