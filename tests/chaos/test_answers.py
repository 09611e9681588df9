"""An answer that breaks off, wherever, is no answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from hadoopless.coordinator.push.client import Stranger, WorkerClient
from hadoopless.wire.unreachable import Unreachable

_BODY = b'{"status": "success", "protocol": 3, "instance": "x", "pid": 7}'
_HEAD = b"HTTP/1.1 200 OK\r\nServer: any\r\nContent-Length: %d\r\nEtag: any\r\n\r\n" % len(_BODY)


@contextmanager
def answering(answers: list[bytes]) -> Iterator[str]:
    """The address of a server that gives each of *answers* to one connection and closes it."""

    def serve() -> None:
        for answer in answers:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(20)


def test_any_part_of_an_answer_is_no_answer():
    """It is taken for no answer at all, and so not for that of a plain worker either."""
    whole = _HEAD + _BODY
    parts = [whole[:end] for end in range(len(whole))]
    with answering([*parts, whole, whole]) as url:
        client = WorkerClient(url)
        for _ in parts:
            with pytest.raises(Unreachable):
                client.meet(20, plain=False, any_pool=False)
        with pytest.raises(Stranger, match="belongs to another user"):
            client.meet(20, plain=False, any_pool=False)
        client.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\n\r\n",
        b"HTTP/1.0 404 Not Found\r\n\r\nno such thing",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nalive",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"[" * 99999,
    ],
    ids=lambda answer: repr(answer[9:60]),
)
def test_answers_of_plain_workers_count(answer: bytes):
    with answering([answer]) as url:
        client = WorkerClient(url)
        assert client.health("", 20) == ""
        assert not client.ours
        client.close()
