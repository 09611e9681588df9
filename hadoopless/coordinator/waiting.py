"""Tells that a job waits for workers that are gone: how long yet, and what the user can do."""

from __future__ import annotations

from collections.abc import Callable

from hadoopless.scheduler import Snapshot

#: Seconds of silence: as a rule, a worker that starts anew is back before they are over.
_PATIENCE = 2.0
_INTERVAL = 10.0


class Waiting:
    """Watches the snapshots of one job."""

    def __init__(self, say: Callable[[str], None], grace: float, advice: str) -> None:
        """*grace* is the time for which the job waits, *advice* ends the line that tells so."""
        self._say = say
        self._advice = f"; {advice}" if advice else ""
        #: The job tells of its waiting when no more seconds than these are left.
        self._first = self._next = grace - _PATIENCE

    def show(self, snapshot: Snapshot) -> None:
        """Say something if the job has begun to wait, waits still, or goes on."""
        left = snapshot.grace_left
        if left is None:
            if self._next < self._first and not snapshot.ended:
                self._say("the workers are there again: the job goes on")
            self._next = self._first
        elif left <= self._next:
            who = "some workers do not answer" if snapshot.workers else "no worker answers"
            self._say(f"{who}: the job waits {left:.0f} s more for them{self._advice}")
            self._next = left - _INTERVAL
