"""Finds a program whose spawner has started it and was killed before it could say so (Linux)."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Sequence

_PROCESSES = "/proc"
#: The time when it began, in ticks since boot, among the words behind the name: proc(5), stat.
_BEGAN = 19
_MARGIN = 0.1

#: The device and inode number of a pipe.
_Pipe = tuple[int, int]


def found(states: Sequence[os.stat_result], asked: float) -> Iterator[int]:
    """The process groups of programs that may have been started with some descriptors.

    Each is the leader of a session, holds a pipe of *states*, which are those of the descriptors,
    and has begun after *asked*, a time of ``time.monotonic``. Without the files of proc(5) there
    are none.
    """
    pipes = {(one.st_dev, one.st_ino) for one in states if stat.S_ISFIFO(one.st_mode)}
    if not pipes or not hasattr(time, "CLOCK_BOOTTIME"):
        return
    age = time.monotonic() - asked + _MARGIN
    after = time.clock_gettime(time.CLOCK_BOOTTIME) - age
    for name in filter(str.isdecimal, os.listdir(_PROCESSES)):
        try:
            if os.getsid(int(name)) == int(name) and _began(name) >= after and _holds(name, pipes):
                yield int(name)
        except OSError:
            continue  # it has ended, or is another user's


def _began(name: str) -> float:
    """The time when a process began, in seconds since boot."""
    with open(os.path.join(_PROCESSES, name, "stat"), "rb") as file:
        words = file.read().rpartition(b")")[2].split()
    return int(words[_BEGAN]) / os.sysconf("SC_CLK_TCK")


def _holds(name: str, pipes: set[_Pipe]) -> bool:
    directory = os.path.join(_PROCESSES, name, "fd")
    states = (os.stat(os.path.join(directory, number)) for number in os.listdir(directory))
    return any((one.st_dev, one.st_ino) in pipes for one in states)
