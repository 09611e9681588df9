"""A description of the machine, the project and the day, for reports of figures."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from pathlib import Path

from benchmarks.measure import ROOT


def machine() -> dict[str, str]:
    """Facts of this machine, by their names for people."""
    return {
        "processor": processor(Path("/proc/cpuinfo").read_text()),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "commit": commit(),
    }


def processor(text: str) -> str:
    """The model in the text of /proc/cpuinfo; some architectures do not tell it there."""
    for line in text.splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def commit() -> str:
    """The commit of the project that runs, for those who have it from git."""
    argv = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    try:
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"


def today() -> str:
    """The date as YYYY-MM-DD."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()
