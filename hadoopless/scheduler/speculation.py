"""Finds running attempts that are stragglers and deserve a backup. Knows no workers, no queues.

The idea is from the MapReduce paper (Dean and Ghemawat 2004, section 3.6): near the end of a phase
the remaining running tasks are started once more, and whichever copy is first counts. *How* slow
is slow is Spark's rule (``spark.speculation.multiplier``: 1.5 times the median of the finished
tasks, from a ``quantile`` of finished tasks on); how many backups there may be is Hadoop's
(``mapreduce.job.speculative.speculative-cap-running-tasks``: 0.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappush, heappushpop

from hadoopless.scheduler.tasks import Attempt, Stage

#: The share of a phase that must be done. Spark waits for 0.75; with one machine's handful of
#: tasks that would mean the very last one, and the idle workers cost nothing.
DONE_SHARE = 0.5
#: An attempt that takes longer than this many medians is slow.
SLOWNESS = 1.5
#: Seconds that no attempt is too slow for: starting a copy of a short task is pure cost.
FLOOR = 2.0
#: The share of a phase's tasks that may have a backup at a time (but one always may).
BACKUP_SHARE = 0.1


class RunningMedian:
    """The median of numbers that come one by one, in two heaps: O(log n) for each."""

    __slots__ = ("_high", "_low")

    def __init__(self) -> None:
        #: The smaller half, negated, and the larger half; low has as many or one more.
        self._low: list[float] = []
        self._high: list[float] = []

    def add(self, value: float) -> None:
        """Take in one more number."""
        if len(self._low) > len(self._high):
            heappush(self._high, -heappushpop(self._low, -value))
        else:
            heappush(self._low, -heappushpop(self._high, value))

    def median(self) -> float | None:
        """The lower median; None before the first number."""
        return -self._low[0] if self._low else None


def stragglers(stage: Stage, median: float | None, now: float) -> Iterator[Attempt]:
    """The attempts that deserve a backup now, the slowest first, while the limits allow more.

    The caller may start a backup between two items. A task never has more than two attempts.
    """
    total = len(stage.tasks)
    limit = max(1, int(total * BACKUP_SHARE))
    if median is None or stage.done < total * DONE_SHARE or stage.backups >= limit:
        return
    slow = max(SLOWNESS * median, FLOOR)
    for attempt in list(stage.running):  # in the order of starting
        if now - attempt.since <= slow or stage.backups >= limit:
            return
        if len(stage.tasks[attempt.id.task.index].running) == 1:
            yield attempt
