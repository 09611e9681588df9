"""The feeds of all jobs that somebody looks at: advanced four times a second, closed when idle."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hadoopless.errors import InputError, MapReduceError
from hadoopless.page.feed import Feed

_log = logging.getLogger(__name__)

#: Seconds between two looks at a log.
INTERVAL = 0.25
#: A feed that nobody looks at is kept for so many seconds; so many are kept at all.
_IDLE = 60.0
MOST_FEEDS = 8


class Watched:
    """A feed, and those who look at it."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.viewers = 0
        self.asked = time.monotonic()
        #: The error that has ended the feed.
        self.error: MapReduceError | None = None
        self._news = asyncio.Event()

    def tell(self) -> None:
        """Wake all who wait for news."""
        self._news.set()
        self._news = asyncio.Event()

    async def news(self, patience: float) -> bool:
        """Wait for the next change, at most so many seconds; False if none has come."""
        try:
            await asyncio.wait_for(self._news.wait(), patience)
        except TimeoutError:
            return False
        return True

    async def caught_up(self, patience: float) -> bool:
        """Wait until all of the log has been read; False if that takes longer."""
        until = time.monotonic() + patience
        while self.feed.is_behind and self.error is None:
            if not await self.news(max(0.0, until - time.monotonic())):
                return False
        return True

    @contextmanager
    def viewer(self) -> Iterator[None]:
        """Somebody looks at the feed within the block."""
        self.viewers += 1
        try:
            yield
        finally:
            self.viewers -= 1
            self.asked = time.monotonic()


class Hub:
    """All feeds, by the keys of their jobs."""

    def __init__(self) -> None:
        self._watched: dict[str, Watched] = {}
        #: The time when somebody has last looked, or asked.
        self.last_asked = time.monotonic()

    @property
    def viewers(self) -> int:
        """The number of those who look at any job."""
        return sum(one.viewers for one in self._watched.values())

    def watch(self, key: str, path: Path) -> Watched:
        """The feed of the log at *path*; raises InputError."""
        found = self._watched.get(key)
        if found is None:
            self._make_room()
            feed = Feed(path)
            try:
                feed.advance()
            except InputError:
                feed.close()
                raise
            found = self._watched[key] = Watched(feed)
        found.asked = self.last_asked = time.monotonic()
        return found

    def _make_room(self) -> None:
        idle = [key for key, one in self._watched.items() if not one.viewers]
        if len(self._watched) >= MOST_FEEDS:
            if not idle:
                raise InputError(f"more than {MOST_FEEDS} jobs at a time are not shown")
            self._drop(min(idle, key=lambda key: self._watched[key].asked))

    def _drop(self, key: str) -> None:
        self._watched.pop(key).feed.close()

    async def run(self) -> None:
        """Advance all feeds, until this is cancelled."""
        while True:
            behind = [self._advance(key) for key in list(self._watched)]
            # While a long log is read, others get their turn at once.
            await asyncio.sleep(0.001 if any(behind) else INTERVAL)

    def _advance(self, key: str) -> bool:
        """Let the feed of *key* read on; True if it has more to read."""
        watched = self._watched[key]
        now = time.monotonic()
        if watched.viewers:
            self.last_asked = now
        elif now > watched.asked + _IDLE:
            self._drop(key)
            return False
        try:
            was_behind = watched.feed.is_behind
            if watched.feed.advance() or (was_behind and not watched.feed.is_behind):
                watched.tell()
        except MapReduceError as error:
            _log.info("job %s is shown no more: %s", key, error)
            watched.error = error
            self._drop(key)
            watched.tell()
            return False
        return watched.feed.is_behind

    def close(self) -> None:
        """Close all feeds."""
        for key in list(self._watched):
            self._drop(key)
