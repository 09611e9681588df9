"""The open calls of attempts to one worker, each of which waits for its attempt to end.

The answer may get lost on its way while the connection and the worker live on: then nobody would
ever hear of the end. So the worker tells which attempts it runs whenever it tells its health.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hadoopless.errors import WorkerError
from hadoopless.wire.caller import Cord, Unreachable


@dataclass(eq=False)
class _Call:
    attempt: str
    cord: Cord = field(default_factory=Cord)
    #: The time since which the worker has not named the attempt; None: it has, or was not asked.
    missing_since: float | None = None


class OpenCalls:
    """The open calls to one worker; *clock* gives seconds. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._calls: set[_Call] = set()
        self._lock = threading.Lock()

    @contextmanager
    def begin(self, attempt: str) -> Iterator[Cord]:
        """The cord of a call that runs *attempt*, for as long as the call lasts."""
        call = _Call(attempt)
        with self._lock:
            self._calls.add(call)
        try:
            yield call.cord
        finally:
            with self._lock:
                self._calls.remove(call)

    def heard(self, running: Collection[str], patience: float) -> None:
        """The worker says that it is *running* these attempts; no call waits for others.

        A call may still be on its way to the worker, and an answer on its way back: so an attempt
        must have been missing for *patience* seconds.
        """
        now = self._clock()
        with self._lock:
            for call in self._calls:
                if call.attempt in running:
                    call.missing_since = None
                elif call.missing_since is None:
                    call.missing_since = now
                elif now - call.missing_since > patience:
                    call.cord.cut(WorkerError(_LOST_ANSWER))

    def hang_up(self, why: str) -> None:
        """The worker is lost: no call waits for it any more."""
        with self._lock:
            for call in self._calls:
                call.cord.cut(Unreachable(why))


_LOST_ANSWER = "it does not run the attempt (any more), and no answer has come: the answer is lost"
