"""The HTTP client: why a call has no answer, and which answers are too much."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from hadoopless.errors import ForbiddenError, WorkerError
from hadoopless.wire import answers, limits
from hadoopless.wire.addresses import Address
from hadoopless.wire.answers import Answer
from hadoopless.wire.caller import JSON, Caller, Cord, Message
from hadoopless.wire.proof import digest_of
from hadoopless.wire.unreachable import Damaged, TooLong, Unreachable
from tests.processes import until

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


#: Listens on a socket, and tells what its first caller says.
_LISTENING = """
import os, socket, sys
os.setuid(65534)
with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(sys.argv[1])
    listener.listen()
    print("listening", flush=True)
    print("heard", listener.accept()[0].recv(100))
"""


class Server:
    """Gives an answer to each call; ``calls`` holds what was asked, a list for each connection.

    ``closed`` counts the connections that it has closed.
    """

    def __init__(self, listener: socket.socket, answer: bytes, *, hang_up: bool) -> None:
        self.listener = listener
        self.answer = answer
        self.hang_up = hang_up
        self.calls: list[list[bytes]] = []
        self.closed = threading.Semaphore(0)

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return  # the test has ended
            with connection:
                calls: list[bytes] = []
                self.calls.append(calls)
                while asked := connection.recv(1 << 16):
                    if asked.startswith((b"GET", b"POST")):
                        calls.append(asked)
                    # The body of a POST may come with its head, or behind it.
                    if not (asked.startswith(b"POST") and asked.endswith(b"\r\n\r\n")):
                        connection.sendall(self.answer)
                        if self.hang_up:
                            break
            self.closed.release()


@contextmanager
def serving(
    answer: bytes, *, hang_up: bool = False, path: Path | None = None
) -> Iterator[tuple[Server, Address]]:
    family = socket.AF_UNIX if path is not None else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.bind(str(path) if path is not None else ("127.0.0.1", 0))
        listener.listen()
        server = Server(listener, answer, hang_up=hang_up)
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        if path is not None:
            yield server, Address(path=str(path))
        else:
            yield server, Address(url=f"http://127.0.0.1:{listener.getsockname()[1]}")
        listener.shutdown(socket.SHUT_RDWR)


def called(client: Caller, message: Message | None = None, timeout: float = 20.0) -> Answer:
    return client.call("/x", message, connect_timeout=timeout, answer_timeout=timeout)


def called_once(address: Address) -> Answer:
    client = Caller(address)
    client.close()  # it keeps no connection
    return called(client)


def test_a_connection_is_used_again():
    with serving(OK) as (server, address):
        client = Caller(address)
        assert called(client).body == b"ok"
        assert called(client, Message("{}", JSON)).status == 200
        client.close()
    (calls,) = server.calls
    assert [call.split()[0] for call in calls] == [b"GET", b"POST"]


def test_a_connection_that_the_server_has_closed_is_not():
    with serving(OK, hang_up=True) as (server, address):
        client = Caller(address)
        assert called(client).body == b"ok"
        assert server.closed.acquire(timeout=20)
        assert called(client).body == b"ok"
        client.close()
    assert len(server.calls) == 2


def test_a_connection_that_was_idle_for_long_is_not(monkeypatch: pytest.MonkeyPatch):
    """Its server may be about to close it."""
    monkeypatch.setattr(limits, "LONGEST_IDLE", -1.0)
    with serving(OK) as (server, address):
        client = Caller(address)
        called(client)
        called(client)
        client.close()
    assert len(server.calls) == 2


def test_after_close_no_connection_is_kept():
    with serving(OK) as (server, address):
        client = Caller(address)
        client.close()
        called(client)
        called(client)
    assert len(server.calls) == 2


def test_a_unix_socket(tmp_path: Path):
    with serving(OK, path=tmp_path / "socket") as (_, address):
        client = Caller(address)
        assert called(client).body == b"ok"
        client.close()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
@pytest.mark.skipif(
    not hasattr(socket, "SO_PEERCRED"), reason="the system does not tell whose it is"
)
def test_a_unix_socket_of_another_user(tmp_path: Path):
    """Nothing is said to it."""
    with tempfile.TemporaryDirectory() as directory:
        os.chown(directory, 65534, -1)
        path = f"{directory}/socket"
        with subprocess.Popen(
            [sys.executable, "-c", _LISTENING, path], stdout=subprocess.PIPE
        ) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"listening\n"
            with pytest.raises(ForbiddenError, match=f"another user listens on {path}"):
                called(Caller(Address(path=path)))
            assert other.stdout.read() == b"heard b''\n"


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as one:
        address = Address(url=f"http://127.0.0.1:{one.getsockname()[1]}")
    with pytest.raises(Unreachable, match="the connection was refused") as caught:
        called(Caller(address))
    assert caught.value.unheard


def test_a_server_that_hangs_up_before_its_proof_has_not_heard_the_call():
    with (
        serving(b"", hang_up=True) as (_, address),
        pytest.raises(Unreachable, match="the connection broke") as caught,
    ):
        called(Caller(address, lambda: "token"))
    assert caught.value.unheard


def test_nobody_answers():
    with serving(b"") as (_, address), pytest.raises(Unreachable, match="not answer") as caught:
        called(Caller(address), timeout=0.05)
    assert not caught.value.unheard


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n"


@pytest.mark.parametrize("at_once", [b"", HEAD], ids=["head", "body"])
def test_an_answer_that_drips(at_once: bytes, monkeypatch: pytest.MonkeyPatch):
    """Its time does not start anew with each byte: here each is there when the next is wanted."""
    clock = count(step=0.5)
    monkeypatch.setattr(answers, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener, at_once))
        thread.start()
        client = Caller(Address(url=f"http://127.0.0.1:{listener.getsockname()[1]}"))
        with pytest.raises(Unreachable, match="it does not answer"):
            called(client, timeout=10.0)
        thread.join(20)


def drip(listener: socket.socket, at_once: bytes) -> None:
    """Answer one call with *at_once*, and then byte by byte without an end."""
    with listener.accept()[0] as connection, suppress(OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.recv(1 << 16)
        connection.sendall(at_once)
        while True:
            connection.sendall(b"x")
            threading.Event().wait(0.001)


def test_an_answer_that_breaks_off():
    with (
        serving(OK[:-1], hang_up=True) as (_, address),
        pytest.raises(Unreachable, match="the connection broke") as caught,
    ):
        called(Caller(address))
    assert not caught.value.unheard


LARGE = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % 1000 + b"x" * 1000,
    b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 1000,
]


@pytest.mark.parametrize("answer", LARGE, ids=["length", "chunks", "to the end"])
def test_answers_are_bounded(answer: bytes):
    with (
        serving(answer, hang_up=True) as (_, address),
        pytest.raises(TooLong, match="more than 100 bytes"),
    ):
        Caller(address).call("/x", connect_timeout=20, answer_timeout=20, largest=100)


DIGEST = "Content-Digest: %s\r\n"


@pytest.mark.parametrize("header", [DIGEST, DIGEST.lower(), "X: %s\r\n", ""])
def test_an_answer_that_was_damaged(header: str):
    """Any flipped bit is noticed, or does no harm."""
    right = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n%bX: y\r\n\r\n" % (
        header.replace("%s", digest_of(b"ok")).encode()
    )
    for byte, bit in ((1, 0), (1, 3), (0, 7)):
        wrong = bytearray(b"ok")
        wrong[byte] ^= 1 << bit
        with serving(right + wrong) as (_, address):
            if "digest" in header.lower():
                with pytest.raises(Damaged):
                    called_once(address)
            else:
                assert called_once(address).body == wrong
    with serving(right + b"ok") as (_, address):
        assert called_once(address).body == b"ok"


@pytest.mark.parametrize("digest", ["sha-512=:abc=:", "sha-256=:abc=:, sha-512=:abc=:", "", "\xff"])
def test_digests_of_other_servers_are_not_looked_at(digest: str):
    head = f"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Digest: {digest}\r\n\r\n"
    with serving(head.encode("latin-1") + b"ok") as (_, address):
        assert called_once(address).body == b"ok"


def test_a_call_is_cut():
    """The connection lives on, and no answer comes."""
    with serving(b"") as (server, address):
        cord = Cord()
        found: list[BaseException] = []

        def call() -> None:
            try:
                Caller(address).call("/x", connect_timeout=20, answer_timeout=None, cord=cord)
            except WorkerError as error:
                found.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        until(lambda: server.calls and server.calls[0], lambda: server.calls)
        cord.cut(WorkerError("its answer is lost"))
        thread.join(20)
    assert [str(error) for error in found] == ["its answer is lost"]


def test_a_call_that_has_ended_is_not_cut():
    with serving(OK) as (server, address):
        client, cord = Caller(address), Cord()
        client.call("/x", connect_timeout=20, answer_timeout=20, cord=cord)
        cord.cut(WorkerError("too late"))
        assert called(client).body == b"ok"
        client.close()
    assert len(server.calls) == 1


def test_no_descriptor_is_left():
    """That is our own trouble: whoever is called has no part in it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open(os.devnull, os.O_RDONLY)
    with serving(OK) as (_, address):
        free = os.dup(lowest)
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
        try:
            with pytest.raises(WorkerError, match="ulimit -n"):
                called(Caller(address))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            os.close(lowest)


def test_a_stream_that_breaks_off():
    with serving(OK[:-1], hang_up=True) as (_, address):
        client = Caller(address)
        with (
            pytest.raises(Unreachable, match="the connection broke"),
            client.stream("/x", connect_timeout=20, answer_timeout=20) as response,
        ):
            response.read()


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"7", b"[" * 99999])
def test_bodies_without_a_json_object(body: bytes):
    assert Answer(200, body).json() is None
