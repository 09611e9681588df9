"""The pipes around a program: its stdin is fed and looked at, the end of its stderr is kept."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
import threading
from collections import deque
from collections.abc import Callable, Iterable

from hadoopless.data.program.reporter import ReporterStream
from hadoopless.data.program.unread import drain

_PIPE_SIZE = 1 << 20
_STDERR_KEPT = 16 << 10
_STDERR_LINES = 20
#: Seconds for the rest of stderr after the end of a program and its group.
_STDERR_PATIENCE = 5.0
#: Linux; the constant is in fcntl since Python 3.10 only where the platform has it.
_SET_PIPE_SIZE: int | None = getattr(fcntl, "F_SETPIPE_SZ", None)
#: Bytes at a time that a program is given, so that one that reads slowly is seen to read.
_LONGEST_WRITE = 128 << 10

Feeder = Callable[[int], None]


class _Feeding(threading.local):
    """How much a feeder's thread has written with :func:`write_all`."""

    pipe: StdinPipe | None = None


feeding = _Feeding()


def open_pipe() -> tuple[int, int]:
    """A large pipe: the end to read from, and the one to write to."""
    read_end, write_end = os.pipe()
    if _SET_PIPE_SIZE is not None:
        try:
            fcntl.fcntl(write_end, _SET_PIPE_SIZE, _PIPE_SIZE)
        except OSError:
            pass  # over the user's limit for pipe memory: the usual 64 KiB will do
    return read_end, write_end


def write_all(descriptor: int, pieces: Iterable[memoryview]) -> None:
    """Write *pieces* to *descriptor*, waiting as long as it takes."""
    pipe = feeding.pipe
    for piece in pieces:
        rest = piece
        while rest:
            if pipe is None:
                rest = rest[os.write(descriptor, rest) :]
            else:
                count = os.write(descriptor, rest[:_LONGEST_WRITE])
                pipe.counted += count
                rest = rest[count:]


def waiting(descriptor: int) -> int:
    """Bytes in a pipe that nobody has read."""
    count: int = struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4))[0]
    return count


class StdinPipe:
    """Our own copy of the end from which a program reads, to see how far it has got.

    As long as there is this copy, a write to the pipe waits even if the program has ended.
    """

    def __init__(self, descriptor: int, feeder: Feeder) -> None:
        self._descriptor = descriptor
        self._feeder = feeder
        #: Bytes that :func:`write_all` has written.
        self.counted = 0

    @property
    def written(self) -> int:
        """Bytes that were written, as far as is known: by write_all, or by a feeder that counts."""
        return max(self.counted, getattr(self._feeder, "bytes_written", 0))

    def signs(self) -> tuple[int, int]:
        """What changes when the program reads."""
        return self.written, waiting(self._descriptor)

    def drain(self, limit: int | None, check: Callable[[], None]) -> int:
        """Bytes of the rest of the input, once the program has ended; :func:`drain`."""
        return drain(self._descriptor, limit, check)

    def close(self) -> None:
        """From now on a write fails, unless there are other readers."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class StderrTail:
    """Reads stderr to its end in a thread of its own and keeps the last of it."""

    def __init__(self, descriptor: int, reports: ReporterStream | None) -> None:
        self._kept: deque[bytes] = deque()
        self._size = 0
        self._descriptor = descriptor
        self._reports = reports
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
        """Until all has come, once the program has ended."""
        # A daemon that the program started in a session of its own may hold the pipe for ever.
        self._thread.join(_STDERR_PATIENCE)

    def text(self) -> str:
        """The last lines, once the program has ended."""
        self.wait()
        data = b"".join(list(self._kept))[-_STDERR_KEPT:]
        lines = data.decode("utf-8", "replace").splitlines()
        return "\n".join(lines[-_STDERR_LINES:])
