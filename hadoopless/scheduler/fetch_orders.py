"""Decides what idle workers fetch of the map outputs while the last maps run. It starts nothing.

A worker without a free slot fetches nothing: that would delay the map for which all others wait. An
idle one is told to fetch the partitions that it will reduce first. The forecast is the plan of the
reduce phase by what the outputs hold up to now; what it was told is then kept to, where that leaves
the biggest partitions in front. A wrong forecast costs what was fetched, and no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hadoopless.job import MapOutput
from hadoopless.scheduler.actions import FetchAhead, StartAttempt
from hadoopless.scheduler.outputs import OutputTable
from hadoopless.scheduler.states import TaskState
from hadoopless.scheduler.tasks import Stage
from hadoopless.scheduler.workers import Worker, Workers

#: Bytes of records; less is fetched in a few milliseconds, as long as it takes to tell of it.
WORTH = 1 << 20
#: The outputs that one order names at most, as it is a message, too.
MOST_OUTPUTS = 4096
#: A partition that was fetched ahead is reduced first unless another one of its worker is bigger
#: by more than this share of that one.
TOLERANCE = 1 / 8


class _Orders:
    """The orders that one worker was given."""

    __slots__ = ("heard", "maps_left", "partitions")

    def __init__(self, partitions: tuple[int, ...]) -> None:
        #: The partitions that it fetches, the biggest first.
        self.partitions = partitions
        #: The number of arrivals of outputs that it has heard of.
        self.heard = 0
        #: The maps that were left at its last order; None: there was none.
        self.maps_left: int | None = None


class FetchOrders:
    """The orders of all workers, from the time when no map waits to the start of the reduces."""

    def __init__(
        self,
        plan: Sequence[str],
        maps: Stage,
        reduces: Stage,
        workers: Workers,
        outputs: OutputTable,
    ) -> None:
        self._plan = plan
        self._maps = maps
        self._reduces = reduces
        self._workers = workers
        self._outputs = outputs
        self._told: dict[str, _Orders] = {}
        #: Attempts of a resumed job are counted on from those before; so are its orders.
        self._number = reduces.tasks[0].next_number << 32 if reduces.tasks else 0

    def sizes(self) -> Sequence[int]:
        """The bytes of all partitions; those fetched ahead count as bigger."""
        sizes = self._outputs.sizes
        if not any(orders.maps_left is not None for orders in self._told.values()):
            return sizes
        result = list(sizes)
        for name, orders in self._told.items():
            if orders.maps_left is not None:
                biggest = max(sizes[index] for index in self._homed(name))
                for index in orders.partitions:
                    if sizes[index] >= (1 - TOLERANCE) * biggest:
                        result[index] = biggest + 1
        return result

    def forget(self, worker: str) -> None:
        """*worker* is lost, and with it all that it has fetched."""
        self._told.pop(worker, None)

    def orders(self, starts: Sequence[StartAttempt], *, waiting: bool) -> Iterator[FetchAhead]:
        """The orders that go with *starts*; *waiting*: a map has no worker yet."""
        if not self._maps.left:
            yield from self._ended(starts)
        elif not waiting and self._reduces.left:
            for worker in self._workers.idle.values():
                if worker.aside_until is None and (order := self._order(worker)) is not None:
                    yield order

    def _ended(self, starts: Sequence[StartAttempt]) -> Iterator[FetchAhead]:
        """The reduces have begun: workers forget partitions which were not given to them."""
        begun = {(one.worker, one.attempt.task.index) for one in starts}
        for name, orders in self._told.items():
            kept = [(name, index) in begun for index in orders.partitions]
            if orders.maps_left is not None and not all(kept):
                yield self._new(name)
        self._told.clear()

    def _order(self, worker: Worker) -> FetchAhead | None:
        """The next order of *worker*, if there is enough to fetch.

        There is another one each time that half of the maps have ended which were left: this makes
        few orders, and many outputs in each.
        """
        orders = self._told.get(worker.name)
        if orders is None:
            orders = self._told[worker.name] = _Orders(self._first_of(worker))
        left = self._maps.left
        is_due = orders.maps_left is None or 2 * left <= orders.maps_left
        if not is_due or sum(self._outputs.sizes[index] for index in orders.partitions) < WORTH:
            return None
        heard = len(self._outputs.arrivals)
        arrived = self._outputs.arrivals[orders.heard :]
        outputs = self._elsewhere(worker.name, arrived)
        size = sum(one.partition_bytes[index] for one in outputs for index in orders.partitions)
        if size < WORTH:
            return None
        orders.heard, orders.maps_left = heard, left
        some, neighbours = tuple(outputs[:MOST_OUTPUTS]), self._neighbours(arrived)
        return self._new(worker.name, orders.partitions, some, neighbours)

    def _new(
        self,
        name: str,
        partitions: tuple[int, ...] = (),
        outputs: tuple[MapOutput, ...] = (),
        neighbours: tuple[tuple[str, ...], ...] = (),
    ) -> FetchAhead:
        self._number += 1
        return FetchAhead(name, self._number, partitions, outputs, neighbours)

    def _neighbours(self, arrived: Sequence[int]) -> tuple[tuple[str, ...], ...]:
        """The outputs that may be merged now that those of these maps have *arrived*.

        Of each stretch it is the part from the first to the last of them, and one on both sides.
        """
        new = {one.map_task_id for index in arrived if (one := self._outputs[index]) is not None}
        left = MOST_OUTPUTS
        found = []
        for stretch in self._outputs.neighbours():
            places = [place for place, name in enumerate(stretch) if name in new]
            part = stretch[max(0, places[0] - 1) : places[-1] + 2][:left] if places else ()
            if len(part) > 1:
                found.append(part)
                left -= len(part)
        return tuple(found)

    def _first_of(self, worker: Worker) -> tuple[int, ...]:
        """The partitions that *worker* would be given first if all maps had ended."""
        sizes = self._outputs.sizes
        tasks = self._reduces.tasks
        waiting = [i for i in self._homed(worker.name) if tasks[i].state is TaskState.WAITING]
        return tuple(sorted(waiting, key=lambda index: (-sizes[index], index))[: worker.slots])

    def _homed(self, name: str) -> range:
        """The partitions that round-robin gives to the worker *name*."""
        if name not in self._plan:
            return range(0)
        return range(self._plan.index(name), len(self._reduces.tasks), len(self._plan))

    def _elsewhere(self, name: str, indices: Sequence[int]) -> list[MapOutput]:
        """The current outputs of these maps that others hold, and whose sizes are known."""
        width = len(self._reduces.tasks)
        found = []
        for index in dict.fromkeys(indices):
            output = self._outputs[index]
            if output is None or self._outputs.holder(index) == name:
                continue
            if len(output.partition_bytes) == width:
                found.append(output)
        return found
