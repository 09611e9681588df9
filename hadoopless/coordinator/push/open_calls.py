"""The open calls of attempts to one worker, each of which waits for its attempt to end.

The answer may get lost on its way while the connection and the worker live on: then nobody would
ever hear of the end. So the worker tells which attempts it runs whenever it tells its health.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection

from hadoopless.errors import WorkerError
from hadoopless.wire.caller import Cord
from hadoopless.wire.limits import TELL_AFTER
from hadoopless.wire.unreachable import Unreachable

_log = logging.getLogger(__name__)
_LOST_ANSWER = "it does not run the attempt (any more), and no answer has come: the answer is lost"


class OpenCalls:
    """The open calls to the worker at *url*; *clock* gives seconds. Thread-safe."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        #: The calls of whose long wait the log tells.
        self._told: set[Cord] = set()
        #: The attempt of each call.
        self._attempts: dict[Cord, str] = {}
        #: The calls whose attempts the worker does not name, and since when.
        self._missing: dict[Cord, float] = {}
        self._lock = threading.Lock()

    def begin(self, attempt: str) -> Cord:
        """The cord of a new call that runs *attempt*."""
        cord = Cord()
        with self._lock:
            self._attempts[cord] = attempt
        return cord

    def end(self, cord: Cord) -> None:
        """The call with that *cord* has ended."""
        with self._lock:
            del self._attempts[cord]
            self._missing.pop(cord, None)
            self._told.discard(cord)

    def heard(self, running: Collection[str], patience: float) -> None:
        """The worker says that it is *running* these attempts; no call waits for others.

        A call may still be on its way to the worker, and an answer on its way back: so an attempt
        must have been missing for *patience* seconds.
        """
        now = self._clock()
        with self._lock:
            self._missing = {
                cord: self._missing.get(cord, now)
                for cord, attempt in self._attempts.items()
                if attempt not in running
            }
            for cord, since in self._missing.items():
                if now - since > patience:
                    cord.cut(WorkerError(_LOST_ANSWER))
                elif now - since > TELL_AFTER and cord not in self._told:
                    self._told.add(cord)
                    _log.warning(
                        "worker %s does not run %s, and no answer has come; the job waits %.0f s"
                        " more for it",
                        *(self._url, self._attempts[cord], patience - (now - since)),
                    )

    def hang_up(self, why: str) -> None:
        """The worker is lost: no call waits for it any more."""
        with self._lock:
            for cord in self._attempts:
                cord.cut(Unreachable(why))
