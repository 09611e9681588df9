"""The queues of waiting tasks: the first plan, stealing, and the place of a retry.

The first plan is round-robin: task i is in the queue of worker i mod W. A worker takes from its
own queue; with that empty it steals. Retries wait in no worker's queue but go to whoever is free
first, before anything new: a broken program is then found out early, and a lost map output is
what everybody waits for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence, Set
from enum import Enum


class Stealing(Enum):
    """The queues from which a worker may take a task when its own is empty."""

    FROM_ALL = "all"
    FROM_UNABLE = "unable"
    NEVER = "never"


class TaskQueues:
    """The waiting tasks of one phase, by index.

    ``sizes`` (of reduces: bytes of the partition) puts the biggest first, in each queue, and
    where that is left to all also between the queues: a worker takes what is bigger than all of
    its own from a queue whose owner is busy. Starting the longest task first is the LPT rule,
    whose makespan is at most 4/3 of the best (Graham 1969), while the plan's order bounds it by 2.
    Without sizes a thief takes what the owner of the longest queue would take last, so that the
    two meet as late as possible and the plan holds as long as it can.

    ``pinned``: a retry goes back to the front of its own queue, whoever failed on it.
    """

    def __init__(
        self,
        indices: Iterable[int],
        workers: Sequence[str],
        *,
        stealing: Stealing,
        pinned: bool,
        sizes: Sequence[int] | None = None,
    ) -> None:
        self.pinned = pinned
        self.waiting = 0
        self._workers = workers
        self._stealing = stealing
        self._sizes = sizes
        #: Never an empty queue in here.
        self._planned: dict[str, deque[int]] = {}
        #: Retries by the workers that they avoid; never an empty queue either.
        self._retries: dict[frozenset[str], deque[int]] = {}
        for index in sorted(indices, key=self._biggest_first):
            self._planned.setdefault(self.home(index), deque()).append(index)
            self.waiting += 1

    def home(self, index: int) -> str:
        """The worker that round-robin gives task *index*."""
        return self._workers[index % len(self._workers)]

    def put_back(self, index: int, avoid: frozenset[str]) -> None:
        """Let a task that ran, or was done, wait again, but not for the workers in *avoid*."""
        if self.pinned:
            self._planned.setdefault(self.home(index), deque()).appendleft(index)
        else:
            self._retries.setdefault(avoid, deque()).append(index)
        self.waiting += 1

    def take(self, worker: str, usable: Set[str], idle: Set[str]) -> int | None:
        """Take out a retry or else the next task for a worker; None: its own queue is empty.

        A retry that avoids *worker* is for it only if that avoids all *usable* workers. Nothing is
        taken from the queues of other *idle* workers.
        """
        for avoid, indices in self._retries.items():
            if worker not in avoid or usable <= avoid:
                index = indices.popleft()
                if not indices:
                    del self._retries[avoid]
                self.waiting -= 1
                return index
        if worker not in self._planned:
            return None
        owner = worker
        if self._sizes is not None and self._stealing is Stealing.FROM_ALL and not self.pinned:
            owner = min(
                (other for other in self._planned if other == worker or other not in idle),
                key=lambda other: (self._size(self._planned[other][0]), other != worker),
            )
        return self._pop(owner, first=True)

    def steal(self, able: Set[str]) -> int | None:
        """Take a task out of somebody's queue; *able* workers are neither lost nor in trouble."""
        if self._stealing is Stealing.NEVER:
            return None
        # Linear in the workers, but only for a worker that has nothing of its own left to do.
        victims = [
            (queue, owner)
            for owner, queue in self._planned.items()
            if self._stealing is Stealing.FROM_ALL or owner not in able
        ]
        if not victims:
            return None
        if self._sizes is None:
            return self._pop(max(victims, key=lambda v: len(v[0]))[1], first=False)
        # Each queue has its biggest in front, so the biggest of all is one of these.
        return self._pop(min(victims, key=lambda v: self._biggest_first(v[0][0]))[1], first=True)

    def all(self) -> list[int]:
        """All waiting tasks, in no useful order."""
        queues = [*self._planned.values(), *self._retries.values()]
        return [index for queue in queues for index in queue]

    @property
    def has_retries(self) -> bool:
        """True if a retry waits for whoever is free first."""
        return bool(self._retries)

    def waits_for(self, worker: str) -> bool:
        """True if a task is in the own queue of *worker*."""
        return worker in self._planned

    def _pop(self, owner: str, *, first: bool) -> int:
        queue = self._planned[owner]
        index = queue.popleft() if first else queue.pop()
        if not queue:
            del self._planned[owner]
        self.waiting -= 1
        return index

    def _biggest_first(self, index: int) -> tuple[int, int]:
        return self._size(index), index

    def _size(self, index: int) -> int:
        """Less for a bigger task."""
        return -self._sizes[index] if self._sizes else 0
