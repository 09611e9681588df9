"""HTTP peers for the tests of the shuffle: they answer as they are told."""

from __future__ import annotations

import json
import socket
import struct
import threading
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from hadoopless.data.runs.runs import Run
from hadoopless.data.shuffle.same_machine import machine
from hadoopless.data.shuffle.sending import SegmentsAnswer
from hadoopless.errors import UnknownMapOutput
from hadoopless.wire.messages import failures
from hadoopless.wire.messages import segments as segment_messages
from tests.data.samples import joined


class Request:
    """A call that a peer has got: one of ``/segments`` when ``ids`` is there."""

    def __init__(self, path: str, body: bytes, headers: dict[str, str]) -> None:
        self.path = urllib.parse.urlsplit(path).path
        self.query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(path).query))
        self.body = body
        self.headers = headers


Reply = tuple[int, bytes]
Answer = Callable[[Request], Reply]


class Server(ThreadingHTTPServer):
    """A peer that answers as it is told, keeps what it was asked, and may break off."""

    daemon_threads = False
    answer: Answer
    asked: list[Request]
    #: Close the connection after so many bytes of a body; None: never.
    cut: int | None = None
    #: The bytes after which the next answers to ``/segments`` stop, with their connections open.
    stalls: list[int]
    ended: threading.Event
    #: End it as a process does that is killed: what was sent last may never arrive.
    reset = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = Request(self.path, body, dict(self.headers))
        self.server.asked.append(request)
        status, reply = self.server.answer(request)
        self.send_response(status)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        if self.server.stalls and request.path == "/segments":
            self.wfile.write(reply[: self.server.stalls.pop(0)])
            self.server.ended.wait()
            return
        self.wfile.write(reply[: self.server.cut])
        if self.server.cut is not None and self.server.reset:
            linger = struct.pack("ii", 1, 0)  # on, no seconds: close() sends a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()

    do_POST = do_GET  # noqa: N815  # the name that http.server looks for

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet."""


Outputs = Mapping[str, Sequence[Run]]


def segments(outputs: Outputs) -> Answer:
    """A peer of ours that holds *outputs*."""

    def answer(request: Request) -> Reply:
        if request.path != "/segments":
            return 404, b"not in this test"
        _, ids, caller = segment_messages.parse_body(request.body)
        missing = [one for one in ids if one not in outputs]
        if missing:
            error = UnknownMapOutput(f"no map output {missing[0]!r} here")
            return error.http_status, json.dumps(failures.error_reply(error)).encode()
        return 200, answer_of([outputs[one] for one in ids], in_place=caller == machine())

    return answer


def answer_of(runs: Sequence[Sequence[Run]], *, in_place: bool = False) -> bytes:
    return joined(SegmentsAnswer(runs, in_place=in_place).pieces())


@contextmanager
def serving(answer: Answer) -> Iterator[Server]:
    with Server(("127.0.0.1", 0), _Handler) as server:
        server.answer = answer
        server.asked, server.stalls, server.ended = [], [], threading.Event()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()
