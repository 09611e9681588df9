"""Input that a program has not read: how much it was, and how much of it Hadoop forgives."""

from __future__ import annotations

import os
from collections.abc import Callable

#: What Hadoop collects before it writes [PipeMapRed.BUFFER_SIZE].
_BUFFER = 128 << 10
#: What a pipe holds, if nobody changes it.
_PIPE = 64 << 10
#: More than this is never forgiven.
MOST_FORGIVEN = _BUFFER + _PIPE


def drain(descriptor: int, limit: int | None, check: Callable[[], None]) -> int:
    """Read and forget what is in a pipe; bytes, up to the first piece that exceeds *limit*.

    *check* is called between pieces, and may raise.
    """
    count = 0
    while limit is None or count <= limit:
        check()
        data = os.read(descriptor, 1 << 18)
        if not data:
            break
        count += len(data)
    return count


def is_broken_pipe(unread: int, total: int) -> bool:
    """Say if Hadoop would have failed to write to a program that left *unread* of *total* bytes.

    Hadoop writes when its buffer is full, and ignores an error of the last write, at the end of the
    input. So all is well when no write is due behind what the program has read and its pipe can
    hold. Of more than MOST_FORGIVEN bytes *total* need not be known.
    """
    if unread > MOST_FORGIVEN:
        return True
    accepted = total - unread + _PIPE
    next_write = (accepted // _BUFFER + 1) * _BUFFER
    return total > next_write
