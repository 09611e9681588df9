"""Permits to run programs: an attempt that was given ahead waits until another has given one back.

An attempt has its permit while its programs may run. It may give it back before it has ended, so
that the next program starts while the output of the last one is sorted.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager

from hadoopless.data.program.cancellation import Cancellation


class Permit:
    """The permit of one attempt, from the time when it is asked for. Thread-safe."""

    def __init__(self, permits: Permits, job_id: str, most: int) -> None:
        self._permits = permits
        self.job_id = job_id
        self.most = most
        #: Set when there is nothing to wait for any more.
        self.granted = threading.Event()

    def give_back(self) -> None:
        """The attempt runs no program any more, and will run none; only the first call counts."""
        self._permits.take_back(self)

    def kill(self) -> None:
        """Stop waiting: the attempt is cancelled, and its slot counts as free from now on."""
        self.give_back()
        self.granted.set()


class Permits:
    """The permits of all attempts in one worker process. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: set[Permit] = set()
        self._counts: Counter[str] = Counter()
        self._waiting: deque[Permit] = deque()

    @contextmanager
    def permit(self, job_id: str, most: int, cancellation: Cancellation) -> Iterator[Permit]:
        """The permit of an attempt of a job; given back at the end of the block at the latest.

        With *most* it is waited for until fewer other attempts of the job have one. Raises the
        error of the *cancellation*.
        """
        permit = Permit(self, job_id, most)
        with self._lock:
            self._waiting.append(permit)
            if not most or self._counts[job_id] < most:
                self._grant(permit)
        cancellation.watch(permit)
        try:
            permit.granted.wait()
            cancellation.check()
            yield permit
        finally:
            cancellation.forget(permit)
            permit.give_back()

    def take_back(self, permit: Permit) -> None:
        """*permit* is held, or waited for, no more."""
        with self._lock:
            if permit in self._held:
                self._held.remove(permit)
                self._counts[permit.job_id] -= 1
                if not self._counts[permit.job_id]:
                    del self._counts[permit.job_id]
                self._grant_waiting()
            elif permit in self._waiting:
                self._waiting.remove(permit)

    def _grant_waiting(self) -> None:
        for permit in list(self._waiting):
            if self._counts[permit.job_id] < permit.most:
                self._grant(permit)

    def _grant(self, permit: Permit) -> None:
        self._waiting.remove(permit)
        self._held.add(permit)
        self._counts[permit.job_id] += 1
        permit.granted.set()
