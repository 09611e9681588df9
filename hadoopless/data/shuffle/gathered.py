"""The runs that a reduce task has gathered, and the memory that they may take."""

from __future__ import annotations

import threading

from hadoopless.data.runs.runs import Run
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.shuffle.budget import MemoryBudget
from hadoopless.job import Sum


class Gathered:
    """All runs of one partition, in the order of the map tasks; close() gives their memory back."""

    def __init__(self, budget: MemoryBudget, spill_directory: str) -> None:
        self._budget = budget
        self._directory = spill_directory
        self._taken = 0
        self._lock = threading.Lock()
        self.runs: list[Run] = []

    @property
    def sum(self) -> Sum:
        """All that the runs hold."""
        return Sum(sum(run.records for run in self.runs), sum(run.length for run in self.runs))

    def take(self, count: int) -> bool:
        """Take memory for *count* more bytes; False: there is none left."""
        if not self._budget.take(count):
            return False
        with self._lock:
            self._taken += count
        return True

    def new_file(self) -> SpillFile:
        """A file in which one thread may put runs that do not fit the memory."""
        return SpillFile(self._directory)

    def close(self) -> None:
        """Forget the runs and give their memory back."""
        self.runs = []
        self._budget.give(self._taken)
        self._taken = 0
