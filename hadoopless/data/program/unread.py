"""The input that a program may leave unread: Hadoop forgives what its own buffers would hold."""

from __future__ import annotations

#: Bytes that Hadoop collects before it writes [PipeMapRed.BUFFER_SIZE].
_BUFFER = 128 << 10
#: Bytes that a pipe holds, if nobody changes it.
_PIPE = 64 << 10
#: The most unread bytes that may be forgiven.
MOST_FORGIVEN = _BUFFER + _PIPE


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
