"""Looks at processes from outside, and waits for what must come true."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple, TypeVar

import pytest

T = TypeVar("T")

DEADLINE = 20.0  # seconds; generous, because the machine may be busy
_PAUSE = 0.02


class Process(NamedTuple):
    """One line of ``ps``."""

    pid: int
    parent: int
    state: str
    command: str

    @property
    def running(self) -> bool:
        """True if the process still runs; a zombie does not."""
        return not self.state.startswith("Z")


def until(come_true: Callable[[], T], state: Callable[[], object], deadline: float = DEADLINE) -> T:
    """Look until *come_true* gives something true, and give that; show *state* when it does not."""
    end = time.monotonic() + deadline
    while not (result := come_true()):
        if time.monotonic() > end:
            pytest.fail(f"it did not come true within {deadline:g} s; the state:\n{state()}")
        time.sleep(_PAUSE)
    return result


def table() -> dict[int, Process]:
    """All processes of this machine."""
    lines = subprocess.run(
        ["ps", "-axww", "-o", "pid=,ppid=,stat=,args="], stdout=subprocess.PIPE, check=True
    ).stdout.decode(errors="replace")
    found = {}
    for line in lines.splitlines():
        pid, parent, state, *command = line.split(None, 3)
        found[int(pid)] = Process(int(pid), int(parent), state, *command or [""])
    return found


def tree(pid: int) -> list[int]:
    """*pid* and all that descend from it."""
    processes = table()
    found = [pid]
    for one in found:
        found += [other.pid for other in processes.values() if other.parent == one]
    return found


def children(pid: int) -> list[int]:
    """The processes that *pid* started itself."""
    return [process.pid for process in table().values() if process.parent == pid]


def running(pids: Iterable[int]) -> list[Process]:
    """Those of *pids* that have not ended."""
    processes = table()
    return [processes[pid] for pid in pids if pid in processes and processes[pid].running]


def until_gone(pids: Iterable[int]) -> None:
    """Wait until all of *pids* have ended."""
    wanted = list(pids)
    until(lambda: not running(wanted), lambda: "\n".join(map(str, running(wanted))))


@contextmanager
def standing_still(pids: list[int]) -> Iterator[None]:
    """Stop all processes *pids*, and let them go on in the end."""
    for pid in pids:
        with suppress(ProcessLookupError):  # it may have ended since it was seen
            os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextmanager
def forked_child() -> Iterator[None]:
    """A child that this process has forked, as multiprocessing does, while the block lasts."""
    ours, its = socket.socketpair()
    if (child := os.fork()) == 0:
        ours.close()
        its.send(b"it runs")
        its.recv(1)
        os._exit(0)
    its.close()
    try:
        assert ours.recv(10) == b"it runs"
        yield
    finally:
        ours.close()
        os.waitpid(child, 0)
