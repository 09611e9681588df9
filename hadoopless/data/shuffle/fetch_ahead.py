"""Fetches map outputs ahead of the reduce tasks of one worker, while the last maps run.

Nothing depends on it: a reduce task fetches what is missing. So an error is told to the log alone,
and what was fetched goes at once when somebody else needs the memory.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from hadoopless.data.runs.runs import Run
from hadoopless.data.shuffle.budget import MemoryBudget
from hadoopless.data.shuffle.gathered import Gathered
from hadoopless.data.shuffle.peer import Peer, Peers
from hadoopless.errors import Cancelled, FetchError
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
        #: The partitions whose reduce tasks have come: nothing is fetched ahead of these any more.
        self.begun: set[int] = set()


class FetchedAhead:
    """All that one worker process has fetched ahead. Thread-safe; *clock* gives seconds."""

    def __init__(
        self,
        budget: MemoryBudget,
        spill_directory: str,
        peers: Peers,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """It gives way to others who want memory of *budget*."""
        self._budget = budget
        self._directory = spill_directory
        self._peers = peers
        self._clock = clock
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        budget.relief = self._give_way

    def obey(self, order: Order) -> None:
        """Begin to fetch what *order* names, and drop what it does not want any more."""
        unwanted: list[Fetched] = []
        with self._lock:
            job = self._job(order.job_id)
            if order.number <= job.number:
                return
            job.number = order.number
            for partition in job.fetched.keys() - set(order.partitions):
                unwanted += job.fetched.pop(partition)
            for place, partition in enumerate(order.partitions):
                if partition not in job.begun:
                    self._begin(order, place, job.fetched.setdefault(partition, []))
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

    def take(self, job_id: str, partition: int) -> list[Fetched]:
        """All that was fetched for a reduce task which begins now, and which must drop it."""
        with self._lock:
            job = self._job(job_id)
            job.begun.add(partition)  # though its order may come only now
            return job.fetched.pop(partition, [])

    def release_job(self, job_id: str) -> None:
        """Forget all of a job."""
        with self._lock:
            job = self._jobs.pop(job_id, None)
        if job is not None:
            _drop(_all(job))

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

    def _give_way(self, count: int) -> None:
        """Drop what is here until *count* bytes of memory are given back, if there are so many."""
        unwanted: list[Fetched] = []
        with self._lock:
            for job in self._jobs.values():
                for partition, fetched in job.fetched.items():
                    for one in fetched:
                        if count > 0 and one.done and one.gathered.taken:
                            count -= one.gathered.taken
                            unwanted.append(one)
                    job.fetched[partition] = [one for one in fetched if one not in unwanted]
        _drop(unwanted)


def _all(job: _Job) -> Iterator[Fetched]:
    for fetched in job.fetched.values():
        yield from fetched


def _drop(unwanted: Iterable[Fetched]) -> None:
    for one in unwanted:
        one.drop()
