"""Counts what a pool and its jobs hold: memory, descriptors, threads, processes, files."""

from __future__ import annotations

import os
import time
from dataclasses import astuple, dataclass
from pathlib import Path

from tests.pools import OurPool
from tests.processes import tree

#: Looks at one moment, of which the least counts: what ends just then is not held.
_LOOKS = 5
_PAUSE = 0.2
#: A pool that holds so much more than it did after its first jobs is not flat: things to count,
#: the part of the memory, and kilobytes.
_MORE_THINGS = 4
_MORE_MEMORY = 0.1
_LITTLE_MEMORY = 8 << 10


@dataclass(frozen=True)
class Sample:
    """All processes of the pool together; memory in kilobytes."""

    memory: int
    descriptors: int
    threads: int
    processes: int
    files: int


def sample(pool: OurPool, *places: Path) -> Sample:
    """The least of several looks; files are those below *places*."""
    looks = []
    for _ in range(_LOOKS):
        time.sleep(_PAUSE)
        looks.append(astuple(_look(pool, places)))
    return Sample(*map(min, zip(*looks, strict=True)))


def _look(pool: OurPool, places: tuple[Path, ...]) -> Sample:
    memory = descriptors = threads = processes = 0
    for pid in tree(pool.process.pid):
        try:
            status = Path(f"/proc/{pid}/status").read_text()
            descriptors += len(os.listdir(f"/proc/{pid}/fd"))
        except OSError:
            continue  # it has just ended
        told = dict(line.split(":", 1) for line in status.splitlines())
        memory += int(told.get("VmRSS", "0 kB").split()[0])
        threads += int(told["Threads"])
        processes += 1
    files = sum(1 for place in places for _ in place.rglob("*"))
    return Sample(memory, descriptors, threads, processes, files)


def grown(first: Sample, last: Sample) -> list[str]:
    """The things that *last* has more of than *first*, by more than chance."""
    found = [
        f"{name}: {getattr(first, name)} -> {getattr(last, name)}"
        for name in ("descriptors", "threads", "processes", "files")
        if getattr(last, name) > getattr(first, name) + _MORE_THINGS
    ]
    if last.memory > first.memory * (1 + _MORE_MEMORY) + _LITTLE_MEMORY:
        found.append(f"memory: {first.memory} KB -> {last.memory} KB")
    return found
