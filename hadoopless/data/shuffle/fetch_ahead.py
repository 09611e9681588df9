"""Fetches map outputs ahead of the reduce tasks of one worker, while the last maps run.

Neighbours among them, and among the worker's own, are also merged. Nothing depends on it: a reduce
task fetches and merges what is missing. So an error is told to the log alone, and what was fetched
goes at once when somebody else needs the memory, first what was merged.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import chain

from hadoopless.data.runs.runs import Run
from hadoopless.data.shuffle.budget import MemoryBudget
from hadoopless.data.shuffle.gathered import Gathered
from hadoopless.data.shuffle.merge_ahead import Merged, merge_neighbours, stretches
from hadoopless.data.shuffle.peer import Peer, Peers
from hadoopless.data.shuffle.store import MapOutputStore
from hadoopless.errors import (
    Cancelled,
    FetchError,
    MapReduceError,
    UnknownMapOutput,
    UsageError,
)
from hadoopless.wire.messages.fetch_ahead import Order

_log = logging.getLogger(__name__)

_MOST_PEERS_AT_ONCE = 4
#: A task that waits looks so often whether it is cancelled.
_CHECK_EVERY = 0.2


class Fetched:
    """One partition of some map outputs of one worker, fetched or about to be. Thread-safe."""

    def __init__(
        self,
        pool: ThreadPoolExecutor,
        gathered: Gathered,
        new_peer: Callable[[Callable[[], None]], Peer],
        partition: int,
        map_task_ids: Sequence[str],
    ) -> None:
        """*gathered* takes what comes, in a thread of *pool*, from a *new_peer* with a check."""
        self.gathered = gathered
        self.partition = partition
        self.map_task_ids = map_task_ids
        #: The runs of each map output, once they are all here.
        self.segments: dict[str, list[Run]] = {}
        self._new_peer = new_peer
        self._dropped = False
        self._future: Future[None] = pool.submit(self._fetch)

    def _fetch(self) -> None:
        started = time.thread_time()
        try:
            peer = self._new_peer(self._check)
            found = peer.fetch(self.partition, list(self.map_task_ids))
            self.segments = dict(zip(self.map_task_ids, found, strict=True))
        except BaseException:
            self.gathered.close()
            raise
        finally:
            self.gathered.add_cpu(time.thread_time() - started)

    def _check(self) -> None:
        if self._dropped:
            raise Cancelled("nobody wants it any more")

    @property
    def done(self) -> bool:
        """True if it was fetched, or cannot be."""
        return self._future.done()

    def when_done(self, call: Callable[[], None]) -> None:
        """Call *call* once it was fetched, or cannot be: in any thread, perhaps at once."""
        self._future.add_done_callback(lambda _: call())

    def wait(self, check: Callable[[], None]) -> bool:
        """Wait until it is here; False: the task must fetch it. *check* raises to end the waiting.

        Nobody waits for what no thread has begun to fetch. Raises the FetchError of a fetch that
        fails while somebody waits for it: to try once more would take as long again.
        """
        if self._future.cancel():
            return False
        awaited = not self._future.done()
        while not futures.wait([self._future], _CHECK_EVERY).done:
            check()
        error = self._future.exception()
        if awaited and isinstance(error, FetchError):
            raise error
        if error is not None:
            _log.debug("could not fetch ahead: %s", error)
        return error is None

    def drop(self) -> None:
        """Give its memory back, as soon as no thread fills it any more."""
        self._dropped = True
        self._future.cancel()
        self._future.add_done_callback(lambda _: self.gathered.close())


class _Job:
    """All that was fetched of one job."""

    def __init__(self) -> None:
        self.number = -1
        self.touched = 0.0
        self.fetched: dict[int, list[Fetched]] = {}
        #: Neighbours among them that were merged.
        self.merged: dict[int, list[Merged]] = {}
        #: The partitions whose reduce tasks have come: nothing is fetched ahead of these any more.
        self.begun: set[int] = set()

    def emptied(self) -> list[Fetched | Merged]:
        """All that was here, and is no more."""
        found: list[Fetched | Merged] = [*chain(*self.fetched.values())]
        found += chain(*self.merged.values())
        self.fetched, self.merged = {}, {}
        return found


class FetchedAhead:
    """All that one worker process has fetched ahead. Thread-safe; *clock* gives seconds."""

    def __init__(
        self,
        store: MapOutputStore,
        budget: MemoryBudget,
        spill_directory: str,
        peers: Peers,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """It gives way to others who want memory of *budget*; *store* has the worker's own."""
        self._store = store
        self._budget = budget
        self._directory = spill_directory
        self._peers = peers
        self._clock = clock
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        #: One thread, so that nothing is merged twice.
        self._merger = ThreadPoolExecutor(1, "merge")
        budget.relief = self._give_way

    def obey(self, order: Order) -> None:
        """Begin to fetch what *order* names, and drop what it does not want any more."""
        unwanted: list[Fetched | Merged] = []
        with self._lock:
            job = self._job(order.job_id)
            if order.number <= job.number:
                return
            job.number = order.number
            for partition in job.fetched.keys() - set(order.partitions):
                unwanted += job.fetched.pop(partition)
                unwanted += job.merged.pop(partition, [])
            for place, partition in enumerate(order.partitions):
                if partition not in job.begun:
                    self._begin(order, place, job.fetched.setdefault(partition, []))
            for partition in job.fetched if order.neighbours else ():
                self._merge_later(job, partition, order)
        _drop(unwanted)

    def _job(self, job_id: str) -> _Job:
        job = self._jobs.setdefault(job_id, _Job())
        job.touched = self._clock()
        return job

    def _begin(self, order: Order, place: int, begun: list[Fetched]) -> None:
        """Begin to fetch the partition at *place* of *order* from each source; adds to *begun*."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_MOST_PEERS_AT_ONCE, "ahead")
        for source in order.sources:
            gathered = Gathered(self._budget, self._directory, source.sums[place], urgent=False)

            new_peer = partial(self._peers.peer, source.url, gathered)
            ids, partition = source.map_task_ids, order.partitions[place]
            try:
                begun.append(Fetched(self._pool, gathered, new_peer, partition, ids))
            except RuntimeError as error:  # the user may have no more threads
                _log.debug("could not fetch ahead: %s", error)
                self._pool.shutdown(wait=False, cancel_futures=True)  # it would begin it later
                self._pool = None
                return

    def _merge_later(self, job: _Job, partition: int, order: Order) -> None:
        """Merge the neighbours in *order* that are here of *partition*, once it was fetched."""
        fetched = tuple(job.fetched[partition])
        #: Held by whoever is the first to see that all are done.
        first = threading.Lock()

        def merge_if_all_are_done() -> None:
            if all(one.done for one in fetched) and first.acquire(blocking=False):
                try:
                    self._merger.submit(self._merge, job, partition, order, fetched)
                except RuntimeError as error:  # no more threads, or this is the end
                    _log.debug("could not merge ahead: %s", error)

        for one in fetched:
            one.when_done(merge_if_all_are_done)

    def _merge(self, job: _Job, partition: int, order: Order, fetched: Sequence[Fetched]) -> None:
        def is_wanted() -> bool:
            here = job.fetched.get(partition, ())
            return all(one in here for one in fetched)

        try:
            for stretch in stretches(
                order.neighbours, self._unmerged(job, partition, order, fetched)
            ):
                if not is_wanted():
                    return
                gathered = Gathered(self._budget, self._directory, urgent=False)
                merged = merge_neighbours(stretch, order.framed, gathered, is_wanted)
                if merged is None:
                    continue
                with self._lock:
                    if is_wanted():
                        job.merged.setdefault(partition, []).append(merged)
                        continue
                merged.drop()
        except (MapReduceError, MemoryError) as error:
            _log.debug("could not merge ahead: %s", error)

    def _unmerged(
        self, job: _Job, partition: int, order: Order, fetched: Sequence[Fetched]
    ) -> dict[str, list[Run]]:
        """Those of the neighbours in *order* of which *partition* is here, and not merged yet."""
        found: dict[str, list[Run]] = {}
        for one in fetched:
            found |= one.segments
        with self._lock:
            merged = {name for one in job.merged.get(partition, ()) for name in one.map_task_ids}
        for name in chain.from_iterable(order.neighbours):
            if name not in found and name not in merged:
                try:
                    own = self._store.get(name)
                    if own.framed == order.framed:
                        found[name] = own.runs_of(partition)
                except (UnknownMapOutput, UsageError):
                    continue  # it is another worker's
        return {name: runs for name, runs in found.items() if name not in merged}

    def take(self, job_id: str, partition: int) -> list[Fetched]:
        """All that was fetched for a reduce task which begins now, and which must drop it."""
        with self._lock:
            job = self._job(job_id)
            job.begun.add(partition)  # though its order may come only now
            return job.fetched.pop(partition, [])

    def take_merged(self, job_id: str, partition: int) -> list[Merged]:
        """All that was merged of it, for a reduce task that has taken what was fetched."""
        with self._lock:
            job = self._jobs.get(job_id)
            return [] if job is None else job.merged.pop(partition, [])

    def release_job(self, job_id: str) -> None:
        """Forget all of a job."""
        with self._lock:
            job = self._jobs.pop(job_id, None)
            unwanted = [] if job is None else job.emptied()
        _drop(unwanted)

    def touch_job(self, job_id: str) -> None:
        """Keep what is here of a job for another while: its coordinator is alive."""
        with self._lock:
            if job_id in self._jobs:
                self._jobs[job_id].touched = self._clock()

    def expire(self, idle: float) -> None:
        """Forget the jobs that nobody has touched for *idle* seconds."""
        oldest = self._clock() - idle
        with self._lock:
            old = [job_id for job_id, job in self._jobs.items() if job.touched < oldest]
        for job_id in old:
            self.release_job(job_id)

    def close(self) -> None:
        """Forget all, and merge nothing any more."""
        self._merger.shutdown(wait=False, cancel_futures=True)
        for job_id in list(self._jobs):
            self.release_job(job_id)

    @property
    def merged_bytes(self) -> int:
        """The bytes of memory that merges take, of those which have ended."""
        with self._lock:
            lists = [each for job in self._jobs.values() for each in job.merged.values()]
            return sum(one.gathered.taken for each in lists for one in each)

    def _give_way(self, count: int, *, urgent: bool) -> None:
        """Drop what is here until *count* bytes of memory are given back, if there are so many.

        What was fetched goes only for what is *urgent*.
        """
        unwanted: list[Fetched | Merged] = []
        with self._lock:
            merged = [each for job in self._jobs.values() for each in job.merged.values()]
            for each in merged:
                while each and count > 0:
                    unwanted.append(each.pop())
                    count -= unwanted[-1].gathered.taken
            for job in self._jobs.values() if urgent else ():
                for partition, fetched in job.fetched.items():
                    for one in fetched:
                        if count > 0 and one.done and one.gathered.taken:
                            count -= one.gathered.taken
                            unwanted.append(one)
                    job.fetched[partition] = [one for one in fetched if one not in unwanted]
        _drop(unwanted)


def _drop(unwanted: Iterable[Fetched | Merged]) -> None:
    for one in unwanted:
        one.drop()
