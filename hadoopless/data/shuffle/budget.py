"""A number of bytes that many threads share; a thread that gets none must use the disk."""

from __future__ import annotations

import threading
from typing import Protocol


class Relief(Protocol):
    """Gives memory back that may be done without."""

    def __call__(self, count: int, *, urgent: bool) -> None:
        """Give *count* bytes back, if there are so many; how many depends on who wants them."""


class MemoryBudget:
    """*limit* bytes to take from and give back to. Thread-safe; never blocks."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        #: Asked to give back so many bytes, of what may be done without, when too few are left.
        self.relief: Relief | None = None
        self._used = 0
        self._lock = threading.Lock()

    def take(self, count: int, *, urgent: bool = True) -> bool:
        """Take *count* bytes if so many are left; what is *urgent* comes before what is not."""
        if self._take(count):
            return True
        if self.relief is None:
            return False
        self.relief(count, urgent=urgent)
        return self._take(count)

    def _take(self, count: int) -> bool:
        with self._lock:
            if self._used + count > self.limit:
                return False
            self._used += count
            return True

    def give(self, count: int) -> None:
        """Give back *count* bytes."""
        with self._lock:
            self._used -= count

    @property
    def used(self) -> int:
        """Bytes taken and not given back."""
        return self._used
