"""Keeps callers from filling the log with what Tornado says of their requests."""

from __future__ import annotations

import logging

from hadoopless.wire.limits import CALLERS_LINES, LONGEST_CALLERS_LINE, TELL_AGAIN


class FewLines(logging.Filter):
    """Lets so many short lines a minute pass; the next one afterwards tells how many were left out.

    Errors pass as they are: they are ours.
    """

    def __init__(self) -> None:
        super().__init__()
        self._until = 0.0
        self._lines = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """True if the log takes *record*, which may be shortened."""
        if record.levelno >= logging.ERROR:
            return True
        if record.created >= self._until:
            left_out = max(0, self._lines - CALLERS_LINES)
            self._until, self._lines = record.created + TELL_AGAIN, 0
            if left_out:
                logging.getLogger(__name__).warning("%d lines like the next are left out", left_out)
        self._lines += 1
        text = record.getMessage()
        if len(text) > LONGEST_CALLERS_LINE:
            record.msg, record.args = f"{text[:LONGEST_CALLERS_LINE]}…", ()
        return self._lines <= CALLERS_LINES


def keep_short() -> None:
    """Bound what Tornado logs of the requests of all servers of this process."""
    log = logging.getLogger("tornado.general")
    if not any(isinstance(one, FewLines) for one in log.filters):
        log.addFilter(FewLines())
