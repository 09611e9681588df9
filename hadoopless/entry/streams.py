"""Standard streams that end no program: closed ones, and those whose reader or disk is gone.

The files of a job are its result; that nobody reads its log is no reason to fail, and no reason to
tell of it on a stream that is in the same state.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from typing import IO, Any, cast


class _Forgiving(io.FileIO):
    """A descriptor that takes all data, and drops what cannot be written."""

    #: The first error of the descriptor.
    lost: OSError | None = None

    def write(self, data: Any) -> int:
        """Write all of *data*, or drop what is left of it; returns the number of its bytes."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        while rest:
            try:
                done = super().write(rest)
            except OSError as error:
                self.lost = self.lost or error
                break
            if done is None:
                self._wait()
            else:
                rest = rest[done:]
        return size

    def _wait(self) -> None:
        """Wait for room: another program of the terminal has switched it to not waiting."""
        room = select.poll()
        room.register(self, select.POLLOUT)
        room.poll()


def prepare() -> None:
    """Open the standard streams that our parent has closed, and let no write to them fail.

    No other file or socket may get the number of a closed one: what is meant for a user would
    be written to it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream: IO[str] | None = getattr(sys, name)
        if stream is None:
            stream = _opened(number)
            setattr(sys, name, stream)
        if number and isinstance(stream, io.TextIOWrapper):
            setattr(sys, name, _forgiving(stream))


def _opened(number: int) -> IO[str]:
    descriptor = os.open(os.devnull, os.O_RDWR)
    if descriptor != number:
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.set_inheritable(number, True)
    return os.fdopen(number, "w" if number else "r", closefd=False)


def _forgiving(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """A stream like *stream*, on the same descriptor."""
    raw = _Forgiving(stream.fileno(), "w", closefd=False)
    # PYTHONUNBUFFERED means that nothing waits, in whatever layer.
    buffer = cast(IO[bytes], raw) if stream.write_through else io.BufferedWriter(raw)
    return io.TextIOWrapper(
        buffer,
        stream.encoding,
        stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def lost(stream: IO[str]) -> str:
    """The reason why some of what was written to *stream* is lost; "" if its reader has gone."""
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    error = raw.lost if isinstance(raw, _Forgiving) else None
    return "" if error is None or error.errno == errno.EPIPE else error.strerror or str(error)
