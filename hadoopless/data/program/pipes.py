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
import time
from collections import deque

from hadoopless import threads
from hadoopless.data.program.reporter import ReporterStream

_PIPE_SIZE = 1 << 20
#: Linux; the constant is in fcntl since Python 3.10 only where the platform has it.
_SET_PIPE_SIZE: int | None = getattr(fcntl, "F_SETPIPE_SZ", None)
_GET_PIPE_SIZE: int | None = getattr(fcntl, "F_GETPIPE_SZ", None)
#: Milliseconds. A program whose speed changes all at once waits for us that long at most.
LONGEST_PAUSE = 16.0
_SHORTEST_PAUSE = 1.0
#: Looks at a pipe that must find a slow program before the first pause; twice as many after each
#: pause that was too long.
_FIRST_LOOKS = 2
_MOST_LOOKS = 256
_PAGE = 1 << 12
_STDERR_KEPT = 16 << 10
_STDERR_LINES = 20
#: Milliseconds after which a thread that reads a silent stderr sees that nobody waits for it.
_STDERR_LOOK = 500.0


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


class Rhythm:
    """The pauses between looks at a pipe, in milliseconds; it knows nothing of time.

    They follow from the share of the pipe that could be moved at each look, never from speeds: a
    program that waits for us is as slow as we are.
    """

    def __init__(self) -> None:
        self.pause = 0.0
        self._slow_looks = 0
        self._needed = _FIRST_LOOKS

    def look(self, share: float) -> None:
        """Learn that *share* of the pipe's bytes can be moved now; sets the next pause."""
        if share >= 3 / 4:  # the program has waited for us, or was about to
            if self.pause:
                self._needed = min(2 * self._needed, _MOST_LOOKS)
            self.pause = 0.0
            self._slow_looks = 0
        elif share >= 1 / 2:
            self.pause = self.pause / 2 if self.pause >= 2 * _SHORTEST_PAUSE else 0.0
        elif share < 1 / 4:
            self._slow_looks += 1
            if self.pause or self._slow_looks >= self._needed:
                self.pause = min(2 * self.pause + _SHORTEST_PAUSE, LONGEST_PAUSE)


class Pace:
    """The pauses between two moves of bytes through *pipe*, an open end of which this process has.

    What is no pipe gets no pauses.
    """

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._capacity = _capacity_of(pipe)
        self._rhythm = Rhythm()
        self._closed = select.poll()
        if self._capacity:
            self._closed.register(pipe, 0)  # whose other end is closed is told all the same

    def wait(self) -> None:
        """Pause, until the other end is closed at most."""
        if self._rhythm.pause:
            self._closed.poll(self._rhythm.pause)

    def before_read(self) -> None:
        """Look at the pipe, from which something can be read now."""
        if self._capacity:
            self._rhythm.look(waiting(self._pipe) / self._capacity)

    def room(self) -> int | None:
        """Look at the pipe; the bytes to write now, at least a page. None: as many as there are.

        While there are pauses, no more are written than the pipe can hold.
        """
        if not self._capacity:
            return None
        free = self._capacity - waiting(self._pipe)
        self._rhythm.look(free / self._capacity)
        return max(_PAGE, free - _PAGE) if self._rhythm.pause else None


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
        #: CPU seconds of the thread, once it has ended.
        self.cpu_seconds = 0.0
        self._left = False
        try:
            self._draining = threads.Work(self._drain, "stderr")
        except BaseException:  # no thread can be started
            os.close(descriptor)
            raise

    def _drain(self) -> None:
        started = time.thread_time()
        ready = select.poll()
        ready.register(self._descriptor, select.POLLIN)
        with os.fdopen(self._descriptor, "rb", buffering=0) as stream:
            while not self._left:
                if not ready.poll(_STDERR_LOOK):
                    continue
                data = stream.read(1 << 16)
                if not data:
                    break
                self.count += len(data)
                self._keep(data if self._reports is None else self._reports.feed(data))
        if self._reports is not None:
            self._keep(self._reports.end())
        self.cpu_seconds = time.thread_time() - started

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
        if not self._draining.join(self._patience):
            self.leave()

    def leave(self) -> None:
        """Read no more: each daemon would keep a thread and a descriptor."""
        self._left = True

    def text(self) -> str:
        """The last lines, once the program has ended."""
        self.wait()
        data = b"".join(list(self._kept))[-_STDERR_KEPT:]
        lines = data.decode("utf-8", "replace").splitlines()
        return "\n".join(lines[-_STDERR_LINES:])
