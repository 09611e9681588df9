"""Feeds one job to all who look at it: tails its log, keeps the sheet, and makes what is new.

The log is the only thing that a feed touches, and it only reads: looking never slows a job. All
viewers of a job share one feed, and each change is encoded once for all of them.
"""

from __future__ import annotations

import gzip
import json
import os
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hadoopless.errors import InputError
from hadoopless.history import events as ev
from hadoopless.history.reading import Tail
from hadoopless.history.store import runs
from hadoopless.page.columns import pack, pack_texts
from hadoopless.page.html.document import clock, data_parts, html_parts, loads, workers
from hadoopless.page.html.views import status_of
from hadoopless.page.sheet import Sheet

#: A longer log is not shown: a million attempts take less.
LARGEST_LOG = 1 << 30
#: Seconds for which one turn of reading may keep the server from all else.
_TURN = 0.02
#: A change of more attempts is not sent: whoever looks gets the whole sheet anew.
MOST_ROWS = 5000
#: Changes that are kept for viewers who are a little late: their number and their bytes.
_KEPT = 64
_KEPT_BYTES = 4 << 20
#: Parts that are made of all attempts: at most once in so many seconds, and for a large job so
#: much more seldom that making them takes a twentieth of the time.
_SLOW_PARTS = frozenset(("tiles", "verdict", "keys", "failures", "loads"))
_SLOW_PAUSE = 0.5
_SLOW_SHARE = 20


class Change:
    """The news since the change before it, as all viewers get them."""

    __slots__ = ("data", "number")

    def __init__(self, number: int, data: bytes) -> None:
        self.number = number
        self.data = data


class Feed:
    """The course of the job whose log is at *path*, and its changes by their numbers."""

    def __init__(self, path: Path) -> None:
        """Raises InputError for what is no log, or too large."""
        self.path = path
        #: The number of the last change.
        self.number = 0
        self._changes: deque[Change] = deque()
        self._kept_bytes = 0
        #: The number of times that the log was another one than before; then nothing fits any more.
        self.edition = 0
        self._begin()

    def _begin(self) -> None:
        self._tail = Tail(self.path)
        try:
            self._identity = _identity(self.path)
        except OSError as error:
            self._tail.close()
            raise InputError(f"cannot read {self.path}: {error.strerror}") from error
        self._size = 0
        self._reading: Iterator[ev.Event] | None = None
        self.sheet = Sheet()
        self.status = "running"
        self._slow: set[str] = set()
        self._slow_from = 0.0
        self._last_event = time.monotonic()

    def close(self) -> None:
        """Read no more."""
        self._tail.close()

    @property
    def is_behind(self) -> bool:
        """True if there is more in the log than was read."""
        return self._reading is not None

    def advance(self) -> bool:
        """Read on, for a short time; True if there is a new change. Raises InputError."""
        self._check_file()
        if self._reading is None:
            self._reading = self._tail.events()
        until = time.monotonic() + _TURN
        took = False
        for event in self._reading:
            self.sheet.take(event)
            took = True
            if time.monotonic() > until:
                break
        else:
            self._reading = None
        if took:
            self._last_event = time.monotonic()
        status = "reading" if self.is_behind else status_of(self.sheet.course, self._is_alive())
        if status != self.status:
            self.status = status
            self._slow.add("head")
            took = True
        return self._note_change(took)

    def _is_alive(self) -> bool:
        return self.sheet.course.end is None and runs(self.path)

    def _check_file(self) -> None:
        """Begin anew if another file lies at the path, or if this one has been cut."""
        try:
            identity, size = _identity(self.path), self.path.stat().st_size
        except OSError as error:
            raise InputError(f"cannot read {self.path}: {error.strerror}") from error
        if size > LARGEST_LOG:
            raise InputError(f"{self.path} is larger than 1 GB, which the page does not show")
        if identity != self._identity or size < self._size:
            self.close()
            self._begin()
            self.edition += 1
            self.number += 1
            self._changes.clear()
            self._kept_bytes = 0
        self._size = size

    def _note_change(self, took: bool) -> bool:
        if self.is_behind:
            return False  # whoever looks takes all, once it has been read
        rows, changed = self.sheet.take_changes()
        self._slow |= changed & _SLOW_PARTS
        if took:
            self._slow |= {"tiles", "verdict"}
        quick: set[str] = changed - _SLOW_PARTS
        now = time.monotonic()
        parts: dict[str, Any] = {}
        if self._slow and now >= self._slow_from:
            wanted, self._slow = self._slow, set()
            parts |= self._html(wanted)
            if "loads" in wanted:
                parts["loads"] = loads(self.sheet)
            spent = time.monotonic() - now
            self._slow_from = now + max(_SLOW_PAUSE, _SLOW_SHARE * spent)
        if "workers" in quick:
            parts["workers"] = workers(self.sheet)
        if "job" in quick:
            parts |= self._html({"head", "end", "counters", "settings"})
        if not (rows or parts or took):
            return False
        self.number += 1
        if len(rows) > MOST_ROWS:
            self._changes.clear()  # nobody can go on from before it
            self._kept_bytes = 0
            return True
        told = {"number": self.number, "clock": self._clock(), "parts": parts}
        if rows:
            told["rows"] = self.sheet.rows(rows)
        self._keep(Change(self.number, json.dumps(told, separators=(",", ":")).encode()))
        return True

    def _keep(self, change: Change) -> None:
        self._changes.append(change)
        self._kept_bytes += len(change.data)
        while len(self._changes) > _KEPT or self._kept_bytes > _KEPT_BYTES:
            self._kept_bytes -= len(self._changes.popleft().data)

    def _html(self, wanted: set[str]) -> dict[str, Any]:
        return dict(html_parts(self.sheet, self.status, wanted))

    def _clock(self) -> dict[str, Any]:
        told = clock(self.sheet, self.status)
        if self.status == "running":
            told["now"] += time.monotonic() - self._last_event
        return told

    def since(self, number: int) -> list[Change] | None:
        """The changes after that *number*; None if they are not kept: take all anew."""
        if number == self.number:
            return []
        found = [change for change in self._changes if change.number > number]
        complete = found and found[0].number == number + 1
        return found if complete else None

    def whole(self) -> bytes:
        """All that there is now: the packed columns, with the number of the last change."""
        data = data_parts(self.sheet, self.status) | {"clock": self._clock()}
        parts = data | html_parts(self.sheet, self.status)
        return packed(self.sheet, {"number": self.number, "parts": parts})


def packed(sheet: Sheet, told: dict[str, Any]) -> bytes:
    """The block of all attempts of *sheet*; its head has what is *told*, and the inputs."""
    patterns, texts = pack_texts(sheet.inputs)
    return pack({**sheet.columns, **texts}, {**told, "patterns": patterns})


def compressed(block: bytes, *, small: bool) -> bytes:
    """*block* in gzip; *small*: as small as can be, which takes longer."""
    return gzip.compress(block, 9 if small else 1, mtime=0)


def _identity(path: Path) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino
