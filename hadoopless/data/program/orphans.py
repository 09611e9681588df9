"""Finds a program whose spawner has started it and was killed before it could say so (Linux)."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Sequence

from msgspec import Struct

_PROCESSES = "/proc"
#: The time when it began, in ticks since boot, among the words behind the name: proc(5), stat.
_BEGAN = 19
_MARGIN = 0.1


class Signs(Struct, frozen=True):
    """The signs by which a program is known: it began after a time and holds one of some pipes."""

    #: Seconds since boot.
    after: float
    #: The device and inode number of each pipe.
    pipes: frozenset[tuple[int, int]]


def signs_of(descriptors: Sequence[int]) -> Signs | None:
    """The signs of a program that is about to get *descriptors*; None where it could not be found.

    That is so without the files of proc(5), and without a pipe.
    """
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return None
    try:
        states = [os.fstat(descriptor) for descriptor in descriptors]
    except OSError:
        return None  # one of them is closed: nothing will be started with them
    pipes = frozenset((one.st_dev, one.st_ino) for one in states if stat.S_ISFIFO(one.st_mode))
    return Signs(time.clock_gettime(time.CLOCK_BOOTTIME) - _MARGIN, pipes) if pipes else None


def found(signs: Signs) -> Iterator[int]:
    """The process groups of programs with these *signs*, each the leader of a session."""
    try:
        names = os.listdir(_PROCESSES)
    except OSError:
        return
    for name in filter(str.isdecimal, names):
        try:
            if os.getsid(int(name)) == int(name) and _has(name, signs):
                yield int(name)
        except OSError:
            continue  # it has ended, or is another user's


def _has(name: str, signs: Signs) -> bool:
    with open(os.path.join(_PROCESSES, name, "stat"), "rb") as file:
        words = file.read().rpartition(b")")[2].split()
    if int(words[_BEGAN]) / os.sysconf("SC_CLK_TCK") < signs.after:
        return False
    directory = os.path.join(_PROCESSES, name, "fd")
    states = (os.stat(os.path.join(directory, number)) for number in os.listdir(directory))
    return any((one.st_dev, one.st_ino) in signs.pipes for one in states)
