"""The runs that a reduce task has gathered, and the memory that they may take."""

from __future__ import annotations

import threading
from collections.abc import Sequence, Set

from hadoopless.data.runs.runs import Run
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.shuffle.budget import MemoryBudget
from hadoopless.job import Sum


class Gathered:
    """All runs of one partition, in the order of the map tasks; close() gives their memory back."""

    def __init__(
        self,
        budget: MemoryBudget,
        spill_directory: str,
        expected: Sum | None = None,
        *,
        urgent: bool = True,
    ) -> None:
        """*expected* is what the map outputs hold of the partition, if that is known.

        What is not *urgent* leaves the memory to what is.
        """
        self.expected = expected
        self._urgent = urgent
        self._budget = budget
        self._directory = spill_directory
        self._taken = 0
        self._lock = threading.Lock()
        self._files: list[SpillFile] = []
        #: Bytes of runs of other workers: sent by them, or read in their files.
        self.fetched_bytes = 0
        #: CPU seconds of threads that have fetched, other than the task's own.
        self.cpu_seconds = 0.0
        self.runs: list[Run] = []
        #: The runs that are from other workers: URL, map task id, run.
        self.received: list[tuple[str, str, Run]] = []

    @property
    def memory(self) -> int:
        """The bytes that all partitions which are gathered here may take."""
        return self._budget.limit

    def note(self, url: str, map_task_id: str, runs: Sequence[Run]) -> None:
        """Remember that *runs* are of the worker at *url*."""
        with self._lock:
            self.received += [(url, map_task_id, run) for run in runs]

    def add_fetched(self, count: int) -> None:
        """Count bytes of runs of another worker."""
        with self._lock:
            self.fetched_bytes += count

    def add_cpu(self, seconds: float) -> None:
        """Count CPU seconds of a thread that has fetched."""
        with self._lock:
            self.cpu_seconds += seconds

    @property
    def spilled_bytes(self) -> int:
        """The bytes that did not fit the memory."""
        return sum(file.size for file in self._files)

    @property
    def sum(self) -> Sum:
        """All that the runs hold."""
        return Sum.of(run.sum for run in self.runs)

    def take(self, count: int) -> bool:
        """Take memory for *count* more bytes; False: there is none left."""
        if not self._budget.take(count, urgent=self._urgent):
            return False
        with self._lock:
            self._taken += count
        return True

    def take_of_half(self, count: int) -> bool:
        """Take memory for *count* more bytes, if no more than half of all is then taken."""
        return 2 * (self._budget.used + count) <= self._budget.limit and self.take(count)

    def give(self, count: int) -> None:
        """Give memory of *count* bytes back, of runs that are of no use."""
        self._budget.give(count)
        with self._lock:
            self._taken -= count

    def new_file(self) -> SpillFile:
        """A file in which one thread may put runs that do not fit the memory."""
        file = SpillFile(self._directory)
        with self._lock:
            self._files.append(file)
        return file

    def adopt(self, other: Gathered, map_task_ids: Set[str]) -> None:
        """Take over the memory, the files and the counts of *other*, which nobody uses any more.

        Only what was sent for *map_task_ids* is of use.
        """
        received = [one for one in other.received if one[1] in map_task_ids]
        with self._lock:
            self._taken += other._taken
            self._files += other._files
            self.fetched_bytes += other.fetched_bytes
            self.cpu_seconds += other.cpu_seconds
            self.received += received
        other._taken = 0

    @property
    def taken(self) -> int:
        """The bytes of memory that it has taken."""
        return self._taken

    def close(self) -> None:
        """Forget the runs, and give their memory and their disk space back."""
        self.runs = []
        self.received = []
        self._files = []
        self._budget.give(self._taken)
        self._taken = 0
