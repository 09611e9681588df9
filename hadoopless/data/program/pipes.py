"""Pipes between this process and a program, and how bytes go through them in few large steps.

Many programs read and write 4 to 8 KB at a time. A blocking call at the other end of such a pipe
wakes up for each of these, and the processor changes from one process to the other and back. So a
pipe is made large, and that of a program that takes its time is looked at again only when a good
part of it may have been filled or emptied. The pipe of stderr is drained by a thread.
"""

from __future__ import annotations

import fcntl
import os
import select
import struct
import termios
import threading
import time
from collections import deque

from hadoopless.data.program.reporter import ReporterStream

_PIPE_SIZE = 1 << 20
#: Linux; the constant is in fcntl since Python 3.10 only where the platform has it.
_SET_PIPE_SIZE: int | None = getattr(fcntl, "F_SETPIPE_SZ", None)
_GET_PIPE_SIZE: int | None = getattr(fcntl, "F_GETPIPE_SZ", None)
#: Milliseconds. A program whose speed changes all at once waits for us that long at most.
LONGEST_PAUSE = 16.0
_SHORTEST_PAUSE = 1.0
#: The part of a pipe that is to be filled or emptied during a pause.
_PART = 1 / 4
_PAGE = 1 << 12
_STDERR_KEPT = 16 << 10
_STDERR_LINES = 20


def open_pipe() -> tuple[int, int]:
    """A large pipe: the end to read from, and the one to write to."""
    read_end, write_end = os.pipe()
    if _SET_PIPE_SIZE is not None:
        try:
            fcntl.fcntl(write_end, _SET_PIPE_SIZE, _PIPE_SIZE)
        except OSError:
            pass  # over the user's limit for pipe memory: the usual 64 KiB will do
    return read_end, write_end


def waiting(descriptor: int) -> int:
    """Bytes in a pipe that nobody has read."""
    count: int = struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4))[0]
    return count


def pause_for(capacity: int, moved: int, seconds: float) -> float:
    """The milliseconds in which a part of a pipe of *capacity* bytes is filled or emptied.

    The program has last written or read *moved* bytes in *seconds*. 0: the pause is not worth it.
    """
    if moved <= 0:
        return 0.0
    pause = 1000 * seconds * _PART * capacity / moved
    return min(pause, LONGEST_PAUSE) if pause >= _SHORTEST_PAUSE else 0.0


class Pace:
    """The pauses between two moves of bytes through *pipe*, an open end of which this process has.

    What is no pipe gets no pauses.
    """

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._capacity = _capacity_of(pipe)
        #: The time of the last move; None before the first one, for which a program may take long.
        self._moved: float | None = None
        self._pause = 0.0
        self._closed = select.poll()
        if self._capacity:
            self._closed.register(pipe, 0)  # whose other end is closed is told all the same

    def wait(self) -> bool:
        """Pause, until the other end is closed at most; False if there was no need to."""
        if not self._pause:
            return False
        self._closed.poll(self._pause)
        return True

    def room(self) -> int:
        """Bytes that can be written without waiting for the program, and at least one page."""
        return max(_PAGE, self._capacity - waiting(self._pipe) - _PAGE)

    def moved(self, count: int) -> None:
        """Note that *count* bytes have been moved just now.

        A pause grows step by step: a fast program is not always given a processor at once.
        """
        now = time.monotonic()
        if self._moved is not None:
            pause = pause_for(self._capacity, count, now - self._moved)
            self._pause = min(pause, 2 * self._pause + _SHORTEST_PAUSE)
        self._moved = now


def _capacity_of(pipe: int) -> int:
    """The bytes that fit into *pipe*; 0 if the system does not tell, or it is no pipe."""
    if _GET_PIPE_SIZE is None:
        return 0
    try:
        return fcntl.fcntl(pipe, _GET_PIPE_SIZE)
    except OSError:
        return 0


class StderrTail:
    """Reads stderr to its end in a thread of its own and keeps the last of it."""

    def __init__(self, descriptor: int, reports: ReporterStream | None, patience: float) -> None:
        """*patience*: seconds for the rest of stderr after the end of a program and its group."""
        self._kept: deque[bytes] = deque()
        self._size = 0
        self._descriptor = descriptor
        self._reports = reports
        self._patience = patience
        #: Bytes that have come.
        self.count = 0
        self._thread = threading.Thread(target=self._drain, name="stderr", daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        with os.fdopen(self._descriptor, "rb", buffering=0) as stream:
            while data := stream.read(1 << 16):
                self.count += len(data)
                self._keep(data if self._reports is None else self._reports.feed(data))
        if self._reports is not None:
            self._keep(self._reports.end())

    def _keep(self, data: bytes) -> None:
        if not data:
            return
        self._kept.append(data)
        self._size += len(data)
        while self._size - len(self._kept[0]) >= _STDERR_KEPT:
            self._size -= len(self._kept.popleft())

    def wait(self) -> None:
        """Wait for the rest of stderr, once the program has ended."""
        # A daemon that the program started in a session of its own may hold the pipe for ever.
        self._thread.join(self._patience)

    def text(self) -> str:
        """The last lines, once the program has ended."""
        self.wait()
        data = b"".join(list(self._kept))[-_STDERR_KEPT:]
        lines = data.decode("utf-8", "replace").splitlines()
        return "\n".join(lines[-_STDERR_LINES:])
