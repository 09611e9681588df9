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
from typing import IO, Any


class _Forgiving(io.FileIO):
    """A descriptor that takes all data, and drops what cannot be written."""

    #: The first error of the descriptor.
    lost: OSError | None = None

    def write(self, data: Any) -> int:
        """Write some of *data*; returns how many bytes are done with."""
        while True:
            try:
                done = super().write(data)
            except OSError as error:
                self.lost = self.lost or error
                return memoryview(data).nbytes
            if done is not None:
                return done
            # The other programs of a terminal share its mode, and one of them wants not to wait.
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
    return io.TextIOWrapper(
        io.BufferedWriter(_Forgiving(stream.fileno(), "w", closefd=False)),
        stream.encoding,
        stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def lost(stream: IO[str]) -> str:
    """The reason why some of what was written to *stream* is lost; "" if its reader has gone."""
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    error = raw.lost if isinstance(raw, _Forgiving) else None
    return "" if error is None or error.errno == errno.EPIPE else error.strerror or str(error)
