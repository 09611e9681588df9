"""Connections over TCP ask if the other machine is there; tests/network has it at work."""

from __future__ import annotations

import socket

import pytest

from hadoopless.wire.caller import Caller
from hadoopless.wire.keepalive import keep_alive
from hadoopless.wire.limits import KEEPALIVE_INTERVAL, KEEPALIVE_QUESTIONS
from hadoopless.wire.server import bind
from tests.wire.test_caller import OK, called, serving

linux = pytest.mark.skipif(
    not hasattr(socket, "TCP_KEEPIDLE"), reason="this system names the options otherwise"
)


def options_of(one: socket.socket) -> list[int]:
    names = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
    return [
        one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        *(one.getsockopt(socket.IPPROTO_TCP, name) for name in names),
    ]


EXPECTED = [1, KEEPALIVE_INTERVAL, KEEPALIVE_INTERVAL, KEEPALIVE_QUESTIONS]


@linux
def test_connections_of_servers():
    with bind("http://127.0.0.1:0") as listener, socket.socket() as peer:
        listener.setblocking(True)
        peer.connect(listener.getsockname())
        connection, _ = listener.accept()
        with connection:
            assert options_of(connection) == EXPECTED


@linux
def test_connections_of_callers(monkeypatch: pytest.MonkeyPatch):
    asked: list[list[int]] = []

    def keep_and_look(one: socket.socket) -> None:
        keep_alive(one)
        asked.append(options_of(one))

    monkeypatch.setattr("hadoopless.wire.caller.keep_alive", keep_and_look)
    with serving(OK) as (_, address):
        client = Caller(address)
        assert called(client).status == 200
        client.close()
    assert asked == [EXPECTED]
