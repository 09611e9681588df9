"""Notices programs that do nothing for too long; one thread watches all programs of a worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

#: Seconds between two looks at most.
_LONGEST_PAUSE = 10.0
_SHORTEST_PAUSE = 0.01


class IdleWatch:
    """Calls *expire* once when *signs* has returned the same value for *seconds*.

    None counts as a change. Both are called by :meth:`look` alone.
    """

    def __init__(
        self,
        seconds: float,
        signs: Callable[[], object | None],
        expire: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._signs = signs
        self._expire = expire
        self._clock = clock
        #: Seconds between two looks.
        self.pause = max(_SHORTEST_PAUSE, min(_LONGEST_PAUSE, seconds / 8))
        self._last: object | None = None
        self._looked = clock()
        self._idle = 0.0

    def look(self) -> None:
        """Look for a change; the watching thread calls it."""
        now = self._clock()
        # This process may have been stopped or the machine asleep, and the programs with them.
        passed = min(now - self._looked, 2 * self.pause)
        self._looked = now
        signs = self._signs()
        if signs is None or signs != self._last:
            self._last = signs
            self._idle = 0.0
            return
        self._idle += passed
        if self._idle >= self._seconds:
            self._seconds = float("inf")
            self._expire()


class Watcher:
    """Looks at all watches that were added, in a thread of its own."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._watches: set[IdleWatch] = set()
        self._pause = 0.0
        self._thread: threading.Thread | None = None

    def add(self, watch: IdleWatch) -> None:
        """Look at *watch* from now on."""
        with self._condition:
            self._watches.add(watch)
            if self._thread is None:
                self._pause = watch.pause
                self._thread = threading.Thread(target=self._run, name="idle-watch", daemon=True)
                self._thread.start()
            elif watch.pause < self._pause:
                self._condition.notify()

    def remove(self, watch: IdleWatch) -> None:
        """Look at *watch* no more once this has returned; one that is not there is no error."""
        with self._condition:
            self._watches.discard(watch)

    def _run(self) -> None:
        with self._condition:
            while True:
                # The thread also wakes up now and then when idle: short tasks need not notify it.
                self._pause = min((w.pause for w in self._watches), default=_LONGEST_PAUSE)
                self._condition.wait(self._pause)
                for watch in list(self._watches):
                    watch.look()


#: The one watcher of this process.
watcher = Watcher()
