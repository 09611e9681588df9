"""A description of the machine and of the day, for reports of figures."""

from __future__ import annotations

import datetime
import os
import platform
from pathlib import Path


def machine() -> dict[str, str]:
    """Facts of this machine, by their names for people."""
    return {
        "processor": processor(Path("/proc/cpuinfo").read_text()),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
    }


def processor(text: str) -> str:
    """The model in the text of /proc/cpuinfo; some architectures do not tell it there."""
    for line in text.splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def today() -> str:
    """The date as YYYY-MM-DD."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()
