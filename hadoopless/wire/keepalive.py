"""Asks the machine at the other end of a silent connection if it is still there.

The caller of a task waits as long as that takes, and its connection says nothing meanwhile. When a
machine vanishes, or the way to it, no packet tells so: without questions of TCP itself [RFC 1122,
4.2.3.6] a worker would run the task of a vanished coordinator to its end, if it has one.
"""

from __future__ import annotations

import socket

from hadoopless.wire.limits import KEEPALIVE_INTERVAL, KEEPALIVE_QUESTIONS

#: The names that systems have for: the silence before the first question, that between questions,
#: and the number of questions without an answer that end the connection.
_OPTIONS = (
    ("TCP_KEEPIDLE", KEEPALIVE_INTERVAL),
    ("TCP_KEEPALIVE", KEEPALIVE_INTERVAL),  # the same on macOS
    ("TCP_KEEPINTVL", KEEPALIVE_INTERVAL),
    ("TCP_KEEPCNT", KEEPALIVE_QUESTIONS),
)
_SETTINGS = tuple(
    (getattr(socket, name), value) for name, value in _OPTIONS if hasattr(socket, name)
)


def keep_alive(one: socket.socket) -> None:
    """Let a TCP connection, or all that a listening socket accepts, notice a vanished machine."""
    one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _SETTINGS:
        one.setsockopt(socket.IPPROTO_TCP, option, value)
