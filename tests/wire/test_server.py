"""Servers in a process that has no descriptors left, and servers that stop."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import tornado.httpserver
import tornado.web

from hadoopless.errors import DiskError
from hadoopless.wire.server import JsonHandler, Listener, bind, bind_unix


@contextmanager
def no_descriptors() -> Iterator[None]:
    """This process can open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(params=["tcp", "unix"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Listener]:
    path = str(tmp_path / "s")
    made = bind("http://127.0.0.1:0") if request.param == "tcp" else bind_unix(path)
    with made:
        yield made


def test_callers_wait_while_there_are_no_descriptors(
    listener: Listener, caplog: pytest.LogCaptureFixture
):
    with socket.socket(listener.family) as caller:
        caller.connect(listener.getsockname())
        with no_descriptors():
            for _ in range(3):
                with pytest.raises(BlockingIOError):
                    listener.accept()
        assert [record.getMessage() for record in caplog.records] == [
            "calls have to wait: Too many open files; a higher limit may help (ulimit -n)"
        ]
        listener.setblocking(True)
        connection, _ = listener.accept()
        with connection:
            caller.sendall(b"x")
            assert connection.recv(1) == b"x"


def test_nobody_calls(listener: Listener):
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_other_errors_stay():
    listener = bind("http://127.0.0.1:0")
    listener.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        listener.accept()


def test_a_server_that_stops_answers_nothing():
    """An answer now would tell of an error of the call, where the whole server is gone."""
    listener = bind("http://127.0.0.1:0")
    address = listener.getsockname()
    answers: list[bytes] = []

    def call() -> None:
        with socket.create_connection(address, 20) as caller:
            caller.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answers.append(caller.recv(1 << 16))

    async def serve() -> None:
        called = asyncio.Event()

        class Waiting(JsonHandler):
            async def get(self) -> None:
                called.set()
                await asyncio.Event().wait()

        server = tornado.httpserver.HTTPServer(tornado.web.Application([("/", Waiting)]))
        server.add_socket(listener)
        await called.wait()
        server.stop()

    caller = threading.Thread(target=call)
    caller.start()
    asyncio.run(serve())
    caller.join()
    assert answers == [b""]


def test_a_unix_socket_is_for_its_user_alone(tmp_path: Path):
    with bind_unix(str(tmp_path / "socket")):
        assert (tmp_path / "socket").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("has_begun", [False, True])
def test_an_error_is_told_in_the_log_where_the_caller_cannot_be_told(
    has_begun: bool, caplog: pytest.LogCaptureFixture
):
    class Broken(JsonHandler):
        async def get(self) -> None:
            if has_begun:
                self.set_header("Content-Length", "9")
                self.write(b"half")
                await self.flush()
            raise DiskError("cannot read what was spilled to /spill: Input/output error")

    listener = bind("http://127.0.0.1:0")

    async def answered() -> bytes:
        server = tornado.httpserver.HTTPServer(tornado.web.Application([("/", Broken)]))
        server.add_socket(listener)
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = await reader.read()
        writer.close()
        server.stop()
        return received

    answer = asyncio.run(answered())
    told = [each.getMessage() for each in caplog.records if each.name.startswith("hadoopless")]
    if has_begun:
        assert answer.endswith(b"\r\n\r\nhalf")
        assert told == ["GET /: cannot read what was spilled to /spill: Input/output error"]
    else:
        assert b"cannot read what was spilled" in answer
        assert told == []
    assert "Traceback" not in caplog.text
