"""Servers that have only so many connections, and only so much patience."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import threading
import time
from collections.abc import Callable

import pytest

from hadoopless.wire import callers_log, freed_memory, intake
from hadoopless.wire.intake import Application, Server, most_connections
from hadoopless.wire.limits import (
    CALLERS_LINES,
    LONGEST_CALLERS_LINE,
    MOST_HEADERS,
    TELL_AGAIN,
)
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


def test_strange_requests_do_not_fill_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(logging.getLogger("tornado.general"), "filters", [])

    def callers(address: tuple[str, int]) -> None:
        for _ in range(2 * CALLERS_LINES):
            with socket.create_connection(address, 20) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\n" + b"x" * 10_000 + b"\1: y\r\n\r\n")
                while connection.recv(1 << 16):
                    pass

    serve(callers)
    assert 0 < len(caplog.messages) <= CALLERS_LINES
    assert max(map(len, caplog.messages)) <= LONGEST_CALLERS_LINE + 1


@pytest.mark.parametrize("name", ["tornado.general", "hadoopless.wire.server"])
def test_what_was_left_out_of_the_log_is_counted(
    name: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    log = logging.getLogger(name)
    monkeypatch.setattr(log, "filters", [])
    callers_log.keep_short()
    callers_log.keep_short()  # for another server of the process
    now = time.time()
    for later in (0.0, TELL_AGAIN):
        monkeypatch.setattr(time, "time", lambda later=later: now + later)
        for _ in range(CALLERS_LINES + 7):
            log.warning("strange")
    told = "7 lines like the next are left out"
    assert caplog.messages == [*["strange"] * CALLERS_LINES, told, *["strange"] * CALLERS_LINES]
    caplog.clear()
    log.error("ours")
    assert caplog.messages == ["ours"]


@pytest.mark.parametrize("headers", [MOST_HEADERS - 3, MOST_HEADERS + 3])
def test_so_many_headers(headers: int):
    """Few bytes are enough for many headers, and each takes some time and memory."""
    request = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X:y\r\n" * (headers - 3) + b"\r\n"
    status = b"200" if headers < MOST_HEADERS else b"400"

    def callers(address: tuple[str, int]) -> None:
        with socket.create_connection(address, 20) as connection:
            assert asked(connection)
            for piece in (request[:20], request[20:]):
                connection.sendall(piece)
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 %s " % status)

    serve(callers)


def test_freed_memory_is_given_back(monkeypatch: pytest.MonkeyPatch):
    given_back = threading.Event()
    monkeypatch.setattr(intake, "GIVE_BACK_AFTER", 0.0)
    monkeypatch.setattr(intake, "GIVE_BACK_EACH", 2)
    monkeypatch.setattr(freed_memory, "give_back", given_back.set)

    def callers(address: tuple[str, int]) -> None:
        for _ in range(3):
            for _ in range(2):
                assert not given_back.is_set()
                with socket.create_connection(address, 20) as connection:
                    assert asked(connection)
            assert given_back.wait(20)
            given_back.clear()

    serve(callers)
