"""The log of workers: no control characters, no lines that strangers make up, and few of theirs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from hadoopless.entry.log_lines import visible_handler

#: The loggers whose lines any caller can cause.
_OF_CALLERS = ("tornado.general", "tornado.application", "hadoopless.wire.server")
_MOST_LINES = 10
_INTERVAL = 60.0
_LONGEST_LINE = 300


def begin(*, verbose: bool, level: int) -> None:
    """Send the log to stderr from *level* on; with *verbose* all that any caller causes, too."""
    handler = visible_handler("%(asctime)s %(message)s", "%H:%M:%S")
    logging.basicConfig(level=level, handlers=[handler])
    for noisy in ("asyncio", "numba", "tornado.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if not verbose:
        for name in _OF_CALLERS:
            logging.getLogger(name).addFilter(FewLines())


class FewLines(logging.Filter):
    """Lets a few short lines a minute pass, and tells how many it has left out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._began = float("-inf")
        self._count = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Say if *record* is to be logged; it may get a shorter or longer message."""
        now = self._clock()
        told = record.getMessage()
        if len(told) > _LONGEST_LINE:
            told = f"{told[:_LONGEST_LINE]}…"
        if now >= self._began + _INTERVAL:
            left_out = self._count - _MOST_LINES
            if left_out > 0:
                told += f" ({left_out:,} lines like this were left out before)"
            self._began, self._count = now, 0
        self._count += 1
        if self._count == _MOST_LINES:
            told += f" (more lines like this are left out for {_INTERVAL:g} s)"
        record.msg, record.args = told, ()
        return self._count <= _MOST_LINES
