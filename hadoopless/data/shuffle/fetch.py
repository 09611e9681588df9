"""The shuffle: one partition of many map outputs, from this worker's store and from other workers.

Each worker is asked once, for all its map outputs. A run is received whole before it is merged;
runs that the budget cannot hold in memory go to disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from hadoopless.data.runs.runs import Run
from hadoopless.data.shuffle.budget import MemoryBudget
from hadoopless.data.shuffle.fetch_ahead import Fetched
from hadoopless.data.shuffle.gathered import Gathered
from hadoopless.data.shuffle.merge_ahead import Merged
from hadoopless.data.shuffle.peer import NotThere, Peer, Peers
from hadoopless.data.shuffle.store import MapOutputStore
from hadoopless.errors import FetchError, UnknownMapOutput
from hadoopless.job import Sum

_MOST_PEERS_AT_ONCE = 4


class Sources(Struct, frozen=True):
    """The map outputs of one reduce task, and the workers that hold them.

    ``workers``: a URL for each id, or empty: then id *i* lies on ``inventory[i % len(inventory)]``.
    """

    map_task_ids: Sequence[str]
    workers: Sequence[str]
    inventory: Sequence[str]

    def place(self, index: int) -> list[str]:
        """The workers to ask for id *index*, in this order."""
        if self.workers:
            return [self.workers[index]]
        first = index % len(self.inventory) if self.inventory else 0
        return [*self.inventory[first:], *self.inventory[:first]]


class Shuffle:
    """Fetches partitions for the reduce tasks of one worker process."""

    def __init__(
        self, store: MapOutputStore, budget: MemoryBudget, spill_directory: str, peers: Peers
    ) -> None:
        self._store = store
        self._budget = budget
        self._directory = spill_directory
        self._peers = peers

    def gather(
        self,
        partition: int,
        sources: Sources,
        check: Callable[[], None],
        expected: Sum | None = None,
        ahead: Sequence[Fetched] = (),
        take_merged: Callable[[], Sequence[Merged]] = tuple,
    ) -> Gathered:
        """Partition *partition* of all map outputs; *check* raises when the task is cancelled.

        No worker may send more of it than *expected*, which all of them hold. What was fetched
        *ahead* is not fetched again. *take_merged* gives what was merged of it; it is called once
        all is here, as merges give way to what is fetched. Raises FetchError, DiskError,
        WorkerError.
        """
        gathered = Gathered(self._budget, self._directory, expected)
        try:
            found = _used(ahead, gathered, frozenset(sources.map_task_ids), check)
            segments: dict[int, list[Run]] = {}
            elsewhere: list[int] = []
            for index, map_task_id in enumerate(sources.map_task_ids):
                if map_task_id in found:
                    segments[index] = found[map_task_id]
                    continue
                try:
                    segments[index] = self._store.get(map_task_id).runs_of(partition)
                except UnknownMapOutput:
                    elsewhere.append(index)

            def new_peer(url: str) -> Peer:
                return self._peers.peer(url, gathered, check)

            segments |= _Fetch(partition, sources, new_peer, gathered.add_cpu).all(elsewhere)
            segments |= _merged(take_merged(), gathered, sources.map_task_ids)
            gathered.runs = [run for index in sorted(segments) for run in segments[index]]
        except BaseException:
            gathered.close()
            for one in take_merged():
                one.drop()
            raise
        return gathered


def _used(
    ahead: Sequence[Fetched], gathered: Gathered, ids: Set[str], check: Callable[[], None]
) -> dict[str, list[Run]]:
    """The runs of those of *ids* that were fetched *ahead*, now in *gathered*."""
    found: dict[str, list[Run]] = {}
    try:
        for one in ahead:
            if not ids.isdisjoint(one.map_task_ids) and one.wait(check):
                found |= {name: runs for name, runs in one.segments.items() if name in ids}
                gathered.adopt(one.gathered, ids)
    finally:
        for one in ahead:
            one.drop()
    return found


def _merged(
    merged: Sequence[Merged], gathered: Gathered, ids: Sequence[str]
) -> dict[int, list[Run]]:
    """The segments of those of *ids* that were *merged*, now in *gathered*: the first has all."""
    indexes = {map_task_id: index for index, map_task_id in enumerate(ids)} if merged else {}
    segments: dict[int, list[Run]] = {}
    for one in merged:
        stretch = [indexes.get(map_task_id, -1) for map_task_id in one.map_task_ids]
        first = stretch[0]
        are_neighbours = first >= 0 and stretch == list(range(first, first + len(stretch)))
        if are_neighbours and segments.keys().isdisjoint(stretch):
            segments |= {index: [one.run] if index == first else [] for index in stretch}
            gathered.adopt(one.gathered, frozenset())
        one.drop()
    return segments


class _Fetch:
    """The map outputs of one reduce task that other workers hold."""

    def __init__(
        self,
        partition: int,
        sources: Sources,
        new_peer: Callable[[str], Peer],
        add_cpu: Callable[[float], None],
    ) -> None:
        """*add_cpu* is given the CPU seconds of each thread that is begun."""
        self._partition = partition
        self._sources = sources
        self._new_peer = new_peer
        self._add_cpu = add_cpu

    def all(self, indexes: Sequence[int]) -> dict[int, list[Run]]:
        """The runs of the map outputs with these indexes; each worker is asked once."""
        by_worker: dict[str, list[int]] = {}
        for index in indexes:
            places = self._sources.place(index)
            if not places:
                raise FetchError("no worker is known", "", (self._sources.map_task_ids[index],))
            by_worker.setdefault(places[0], []).append(index)
        if len(by_worker) == 1:
            return self._from_worker(*by_worker.popitem())
        segments: dict[int, list[Run]] = {}
        with ThreadPoolExecutor(_MOST_PEERS_AT_ONCE, "fetch") as pool:
            for found in pool.map(self._in_thread, by_worker.keys(), by_worker.values()):
                segments |= found
        return segments

    def _in_thread(self, url: str, indexes: list[int]) -> dict[int, list[Run]]:
        started = time.thread_time()
        try:
            return self._from_worker(url, indexes)
        finally:
            self._add_cpu(time.thread_time() - started)

    def _from_worker(self, url: str, indexes: list[int]) -> dict[int, list[Run]]:
        """The runs that *url* should hold; where round-robin guessed wrong, any worker's."""
        ids = [self._sources.map_task_ids[index] for index in indexes]
        try:
            found = self._new_peer(url).fetch(self._partition, ids)
        except NotThere as error:
            others = [each for each in self._sources.inventory if each != url]
            if self._sources.workers or not others:
                raise FetchError("it does not hold them (any more)", url, tuple(ids)) from error
            peers = [self._new_peer(each) for each in (url, *others)]
            found = [self._from_any(peers, map_task_id) for map_task_id in ids]
        return dict(zip(indexes, found, strict=True))

    def _from_any(self, peers: Sequence[Peer], map_task_id: str) -> list[Run]:
        for peer in peers:
            try:
                return peer.fetch(self._partition, [map_task_id])[0]
            except (NotThere, FetchError):
                continue
        raise FetchError("no worker holds it", "any of the inventory", (map_task_id,))
