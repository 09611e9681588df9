"""Lines that a client has collected for stderr before anything runs."""

from __future__ import annotations

from typing import NamedTuple

#: The class whose name stands before most log lines.
STREAM_JOB = "streaming.StreamJob"


class Notice(NamedTuple):
    """A line for stderr: printed as it is, or as a log record when it has a *level*."""

    text: str
    level: str = ""
    logger: str = STREAM_JOB


def warning(text: str, logger: str = STREAM_JOB) -> Notice:
    """A log record of level WARN."""
    return Notice(text, "WARN", logger)


def error(text: str, logger: str = STREAM_JOB) -> Notice:
    """A log record of level ERROR."""
    return Notice(text, "ERROR", logger)
