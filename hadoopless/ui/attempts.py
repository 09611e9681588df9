"""Tells what the programs of attempts that ended well have written to stderr."""

from __future__ import annotations

import logging

from hadoopless.scheduler import AttemptSucceeded, Event
from hadoopless.visible import visible

_log = logging.getLogger(__name__)


def tell_of_stderr(event: Event) -> None:
    """Log the end of the stderr of an attempt for those who want to know of each."""
    if isinstance(event, AttemptSucceeded) and event.report.stderr_tail:
        lines = visible(event.report.stderr_tail).splitlines()
        told = "".join(f"\n    {line}" for line in lines)
        _log.debug("%s, which succeeded, wrote to stderr:%s", event.attempt, told)
