"""Pipes between this process and a program: they are made large, and asked what they hold."""

from __future__ import annotations

import fcntl
import os
import struct
import termios

_PIPE_SIZE = 1 << 20
#: Linux; the constant is in fcntl since Python 3.10 only where the platform has it.
_SET_PIPE_SIZE: int | None = getattr(fcntl, "F_SETPIPE_SZ", None)


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
