"""A small process that starts the users' programs and makes sure that none outlives its worker.

Run by :mod:`hadoopless.data.program.process`, as a fork of a worker that has just begun, or as a
program; it imports nothing of the project. A worker has many threads later, so it should not fork
then; and a worker that is killed cannot clean up. The spawner has one thread. It is the parent of
every program, starts each in a session (and so a process group) of its own, and kills all groups
when the worker's end of the socket closes, however the worker ended. If the spawner goes first, the
worker kills them, also one of which it has not heard yet (:mod:`hadoopless.data.program.orphans`).
Nothing is done in the child before its program starts (such as a parent-death signal), because then
Python must fork instead of vfork, which takes three times as long. A directory that it is given at
its start goes with the worker as well.

Messages are JSON objects, one a line. From the worker::

    {"do": "start", "id": 7, "argv": [...], "cwd": "...", "env": {...} or null}   + 3 descriptors;
                                  with "traceable": true, the spawner's processes may look into it
    {"do": "finish", "id": 7}     tell when it has ended; what is left of its group is killed
    {"do": "kill", "id": 7}       SIGTERM to its group, SIGKILL after a grace

To the worker: ``{"id": 7, "pid": 123}`` or ``{"id": 7, "errno": 2}`` after start, and
``{"id": 7, "exit": -9, "cpu": 0.25, "memory": 90177536}`` after finish (negative: killed by that
signal; seconds; bytes at most at any time).
"""

from __future__ import annotations

import errno
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

#: Seconds between SIGTERM and SIGKILL.
KILL_GRACE = 1.0
#: The unit of ru_maxrss in bytes.
_MEMORY_UNIT = 1 if sys.platform == "darwin" else 1 << 10
#: The spawner itself may grow by so many bytes after it has looked how large it is.
_GROWTH = 1 << 20


_PR_SET_PTRACER = 0x59616D61


class Deadlines:
    """The times when groups that got SIGTERM get SIGKILL. Knows numbers and times alone."""

    def __init__(self, grace: float = KILL_GRACE) -> None:
        self._grace = grace
        self._times: dict[int, float] = {}

    def begin(self, number: int, now: float) -> bool:
        """Give *number* its grace; False: it was given before, and does not become longer."""
        if number in self._times:
            return False
        self._times[number] = now + self._grace
        return True

    def drop(self, number: int) -> None:
        """*number* has ended."""
        self._times.pop(number, None)

    def seconds_left(self, now: float) -> float | None:
        """The seconds until the first deadline; None: there is none."""
        return max(0.0, min(self._times.values()) - now) if self._times else None

    def take_overdue(self, now: float) -> list[int]:
        """Take out the numbers whose time has come."""
        overdue = [number for number, when in self._times.items() if when <= now]
        for number in overdue:
            del self._times[number]
        return overdue


class Spawner:
    """The programs of one worker and the socket to it."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._unread = b""
        self._descriptors: list[int] = []
        self._programs: dict[int, subprocess.Popen[bytes]] = {}
        #: Programs whose end the worker waits for.
        self._awaited: set[int] = set()
        self._deadlines = Deadlines()
        #: Programs that have no more memory than this are told to have none.
        self._least_memory: int | None = None

    def run(self) -> None:
        """Serve until the worker is gone, then kill everything."""
        wake_read, wake_write = socket.socketpair()
        wake_write.setblocking(False)
        wake_read.setblocking(False)
        signal.set_wakeup_fd(wake_write.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # The worker decides. Not SIG_IGN: the programs would inherit that.
            signal.signal(sent, lambda *_: None)
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel, selectors.EVENT_READ)
            selector.register(wake_read, selectors.EVENT_READ)
            alive = True
            while alive:
                for key, _ in selector.select(self._deadlines.seconds_left(time.monotonic())):
                    if key.fileobj is wake_read:
                        wake_read.recv(4096)
                    else:
                        alive = self._receive()
                self._kill_overdue()
                self._report_ended()
        signal.set_wakeup_fd(-1)  # signals may still come
        wake_read.close()
        wake_write.close()
        for number, program in self._programs.items():
            self._signal(number, signal.SIGKILL)
            program.returncode = -signal.SIGKILL  # nobody waits for it, and no warning tells so

    def _receive(self) -> bool:
        """Read and carry out what the worker sent; False when it is gone."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self._channel, 1 << 16, 64)
        except OSError:
            return False
        if not data:
            return False
        self._descriptors += descriptors
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            self._carry_out(json.loads(line))
        return True

    def _carry_out(self, message: dict[str, Any]) -> None:
        number = message["id"]
        if message["do"] == "start":
            descriptors, self._descriptors = self._descriptors[:3], self._descriptors[3:]
            self._send(self._start(number, message, descriptors))
        elif number in self._programs:
            if message["do"] == "finish":
                self._awaited.add(number)
            elif self._deadlines.begin(number, time.monotonic()):
                self._signal(number, signal.SIGTERM)

    def _start(
        self, number: int, message: dict[str, Any], descriptors: list[int]
    ) -> dict[str, int]:
        stdin, stdout, stderr = descriptors
        try:
            self._programs[number] = subprocess.Popen(
                message["argv"],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd=message["cwd"],
                env=message["env"],
                start_new_session=True,
                preexec_fn=_admit_siblings() if message.get("traceable") else None,
            )
        except OSError as error:
            return {"id": number, "errno": error.errno or 0}
        except ValueError:  # a NUL byte, a name with "=", what no encoding knows
            return {"id": number, "errno": errno.EINVAL}
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return {"id": number, "pid": self._programs[number].pid}

    def _signal(self, number: int, sent: signal.Signals) -> None:
        # The leader is not reaped before its group is done with, so the id cannot be another's.
        try:
            os.killpg(self._programs[number].pid, sent)
        except (ProcessLookupError, PermissionError):
            pass

    def _kill_overdue(self) -> None:
        for number in self._deadlines.take_overdue(time.monotonic()):
            if number in self._programs:
                self._signal(number, signal.SIGKILL)

    def _report_ended(self) -> None:
        for number in list(self._awaited):
            program = self._programs[number]
            ended = self._reap(number)
            if ended is None:
                continue
            program.returncode, cpu, memory = ended
            self._awaited.discard(number)
            self._deadlines.drop(number)
            del self._programs[number]
            told = {"exit": program.returncode, "cpu": cpu, "memory": self._told_memory(memory)}
            self._send({"id": number, **told})

    def _told_memory(self, memory: int) -> int:
        """The memory of a program; 0 if it may be that of the spawner.

        A program begins as a copy of the spawner, and the system counts that as its own memory.
        """
        if self._least_memory is None:
            self._least_memory = own_memory() + _GROWTH
        return memory if memory > self._least_memory else 0

    def _reap(self, number: int) -> tuple[int, float, int] | None:
        """(exit code, CPU seconds, memory) of a program that has ended; its group is killed."""
        pid = self._programs[number].pid
        if hasattr(os, "waitid"):
            # As long as the leader is a zombie, nobody else gets its id, the id of the group.
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                return None
            self._signal(number, signal.SIGKILL)
        reaped, status, usage = os.wait4(pid, os.WNOHANG)
        if not reaped:
            return None
        cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _MEMORY_UNIT
        return os.waitstatus_to_exitcode(status), cpu, memory

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._channel.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            pass  # the worker is gone; the next read says so


def _admit_siblings() -> Callable[[], None]:
    """A function that a program calls before it begins: this process's children may trace it.

    Where Yama is in the kernel with level 1, only ancestors may, if they are not named so.
    [prctl(2), PR_SET_PTRACER]
    """
    import ctypes  # only here: few programs are traced

    prctl = ctypes.CDLL(None).prctl
    spawner = os.getpid()

    def admit() -> None:
        prctl(_PR_SET_PTRACER, ctypes.c_ulong(spawner), 0, 0, 0)  # an error where there is no Yama

    return admit


def own_memory() -> int:
    """The most memory that this process has had, in bytes; 0 where Linux's /proc is not there."""
    try:
        with open("/proc/self/status", "rb") as status:
            peak = next(line for line in status if line.startswith(b"VmHWM:"))
        return int(peak.split()[1]) << 10
    except (OSError, StopIteration, ValueError, IndexError):
        return 0


def main(channel: int, remove_at_end: Sequence[str]) -> None:
    """Be the spawner of the worker at the other end of *channel*, a socket."""
    with socket.socket(fileno=channel) as worker:
        Spawner(worker).run()
    for directory in remove_at_end:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
