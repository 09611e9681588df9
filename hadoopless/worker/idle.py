"""Says when a worker has become idle, so that it can give its memory back to the system.

The C library keeps what a job has freed, up to all of ``--memory``, for as long as nobody asks for
it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from hadoopless.data.shuffle.store import MapOutputStore
from hadoopless.worker.tally import Tally


class Idleness:
    """The stretches in which a worker has nothing to do; asked every few seconds."""

    def __init__(self, tally: Tally, store: MapOutputStore) -> None:
        self._tally = tally
        self._store = store
        #: The attempts that have ended and the map outputs that are held: at the last question,
        #: and when it was told last.
        self._seen = self._told = 0, 0

    def has_begun(self) -> bool:
        """True once in each stretch without work: nothing has ended since the last question."""
        before, self._seen = self._seen, (self._tally.figures.count, len(self._store))
        if self._seen != before or self._seen == self._told:
            return False
        if any(self._tally.running.values()):
            return False
        self._told = self._seen
        return True


async def when_idle(
    has_begun: Callable[[], bool], interval: float, give_back: Callable[[], None]
) -> None:
    """Call *give_back* in a thread each time that *has_begun*, asked every *interval* seconds."""
    while True:
        await asyncio.sleep(interval)
        if has_begun():
            with suppress(RuntimeError):  # the user may have no more threads
                await asyncio.to_thread(give_back)
