"""Servers that have only so many connections, and only so much patience."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import Callable

import pytest

from hadoopless.wire import intake
from hadoopless.wire.intake import Application, Server, most_connections
from hadoopless.wire.server import JsonHandler, Listener, Proofs, bind

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Handler(JsonHandler):
    def get(self) -> None:
        self.write_json({})

    post = get


def serve(callers: Callable[[tuple[str, int]], object], **options: float) -> None:
    """Run *callers* in a thread, with the address of a server."""

    async def run() -> None:
        proofs = Proofs(lambda: "t")
        app = Application([("/", Handler)], proofs, log_function=lambda handler: None)
        server = Server(app, **options)
        listener = bind("http://127.0.0.1:0")
        server.add_sockets([listener])
        await asyncio.get_running_loop().run_in_executor(None, callers, listener.getsockname())
        server.stop()
        await server.close_all_connections()

    asyncio.run(run())


def asked(connection: socket.socket) -> bool:
    connection.sendall(REQUEST)
    return connection.recv(1 << 16).startswith(b"HTTP/1.1 200 ")


def test_callers_wait_for_a_free_connection(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """The server does not even look at them meanwhile, and tells it once."""
    monkeypatch.setattr(intake, "MOST_CONNECTIONS", 3)
    looks = 0
    accept = Listener.accept

    def counted(self: Listener) -> object:
        nonlocal looks
        looks += 1
        return accept(self)

    monkeypatch.setattr(Listener, "accept", counted)

    def callers(address: tuple[str, int]) -> None:
        open_ones = [socket.create_connection(address, 20) for _ in range(3)]
        assert all(map(asked, open_ones))
        before = looks
        for _ in range(4):
            waiting = socket.create_connection(address, 20)
            waiting.sendall(REQUEST)
            waiting.settimeout(0.1)
            with pytest.raises(TimeoutError):
                waiting.recv(1)
            assert looks == before
            open_ones.pop(0).close()
            waiting.settimeout(20)
            assert waiting.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
            before = looks
            open_ones.append(waiting)
        for connection in open_ones:
            connection.close()

    serve(callers)
    assert [record.getMessage() for record in caplog.records] == [
        "further calls have to wait: 3 connections are open"
    ]


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET", REQUEST, b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nx"],
    ids=["nothing", "half a request", "nothing more", "half a body"],
)
def test_who_keeps_the_server_waiting_is_left(sent: bytes):
    def caller(address: tuple[str, int]) -> None:
        with socket.create_connection(address, 20) as connection:
            connection.sendall(sent)
            while connection.recv(1 << 16):
                pass

    serve(caller, idle_connection_timeout=0.05, body_timeout=0.05)


@pytest.mark.parametrize(
    ("limit", "most"), [(resource.RLIM_INFINITY, 256), (1 << 16, 256), (128, 64), (1, 1)]
)
def test_connections_leave_descriptors_for_tasks(
    limit: int, most: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(resource, "getrlimit", lambda which: (limit, limit))
    assert most_connections() == most
