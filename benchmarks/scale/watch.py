"""Watches the memory of a program that somebody else of this process starts and waits for."""

from __future__ import annotations

import threading
from pathlib import Path

from benchmarks.measure import BenchmarkError, peak_memory

_SECONDS = 0.01


class Watch:
    """The most memory of the programs that this thread starts within ``with``, as bytes in *peak*.

    The kernel keeps a peak for each process, so the last look before the end tells it. Its other
    figure, the peak that wait4 tells, begins with that of the process that has started the program.
    """

    def __init__(self, but: int) -> None:
        self.peak = 0
        self._but = but
        self._children = Path(f"/proc/self/task/{threading.get_native_id()}/children")
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        """Look at all programs but one, the pool, time and again.

        A program has the memory of this process until it is loaded: the first look does not count.
        """
        seen: set[int] = set()
        while not self._end.wait(_SECONDS):
            now = set(map(int, self._children.read_text().split())) - {self._but}
            self.peak = max([self.peak, *map(peak_of, now & seen)])
            seen |= now


def peak_of(pid: int) -> int:
    """The most bytes that a process has had in memory; 0 when it has just ended."""
    try:
        return peak_memory(pid)
    except (OSError, BenchmarkError):
        return 0
