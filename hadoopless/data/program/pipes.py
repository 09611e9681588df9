"""Pipes between this process and a program: they are made large, and that of stderr is drained."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
import threading
from collections import deque

from hadoopless.data.program.reporter import ReporterStream

_PIPE_SIZE = 1 << 20
#: Linux; the constant is in fcntl since Python 3.10 only where the platform has it.
_SET_PIPE_SIZE: int | None = getattr(fcntl, "F_SETPIPE_SZ", None)
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
