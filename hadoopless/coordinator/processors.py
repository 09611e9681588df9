"""Tells how long the processors of this machine have worked, whoever they worked for."""

from __future__ import annotations

import os
from pathlib import Path

STAT = Path("/proc/stat")
#: The places of idle time and of waiting for disks among the figures of the first line.
_IDLE = (3, 4)
#: user, nice, system, idle, iowait, irq, softirq, steal. Guests are in user already.
_FIGURES = 8


def busy_seconds() -> float:
    """CPU seconds since the machine has started, of all processors; 0 where no system tells it."""
    try:
        with STAT.open("rb") as file:
            return busy_in(file.readline()) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):
        return 0.0


def busy_in(line: bytes) -> int:
    """The ticks in the first *line* of /proc/stat; raises ValueError if it is another one."""
    name, *figures = line.split()
    if name != b"cpu":
        raise ValueError(line)
    ticks = list(map(int, figures[:_FIGURES]))
    return sum(count for place, count in enumerate(ticks) if place not in _IDLE)
