"""Measures processes from outside: descriptors, threads and memory."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Figures(NamedTuple):
    """The size of one process; ``memory`` is its bytes that are in RAM."""

    descriptors: int
    threads: int
    memory: int


def figures(pid: int) -> Figures:
    """The figures of a running process (Linux)."""
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )
    count = len(os.listdir(f"/proc/{pid}/fd"))
    return Figures(count, int(status["Threads"]), int(status["VmRSS"].split()[0]) << 10)


def all_figures(pids: Iterable[int]) -> dict[int, Figures]:
    """The figures of each process."""
    return {pid: figures(pid) for pid in pids}


def descriptors(pid: int) -> list[str]:
    """The names of what a process has open."""
    directory = Path(f"/proc/{pid}/fd")
    return sorted(os.readlink(one) for one in directory.iterdir())
