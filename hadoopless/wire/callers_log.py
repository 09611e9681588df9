"""Keeps callers from filling the log with what is said there of their requests."""

from __future__ import annotations

import logging

from hadoopless.wire.limits import CALLERS_LINES, LONGEST_CALLERS_LINE, TELL_AGAIN

#: The loggers whose lines any caller can cause: Tornado's, and that of our errors in answers.
_OF_REQUESTS = ("tornado.general", "hadoopless.wire.server")


class FewLines(logging.Filter):
    """Lets so many short lines a minute pass; the next one afterwards tells how many were left out.

    Errors pass as they are, because they are ours, and so does what only --verbose shows.
    """

    def __init__(self) -> None:
        super().__init__()
        self._until = 0.0
        self._lines = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """True if the log takes *record*, which may be shortened."""
        if record.levelno >= logging.ERROR or record.levelno <= logging.DEBUG:
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
    """Bound what is logged of the requests of all servers of this process."""
    for name in _OF_REQUESTS:
        log = logging.getLogger(name)
        if not any(isinstance(one, FewLines) for one in log.filters):
            log.addFilter(FewLines())
