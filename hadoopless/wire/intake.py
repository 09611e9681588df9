"""The bounds of all our HTTP servers: connections, bytes of a request, and time to send it."""

from __future__ import annotations

import asyncio
import logging
import resource
import time
from collections.abc import Iterable, Sequence
from socket import socket
from typing import Any, cast

import tornado.httpserver
import tornado.web
from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPInputError, HTTPServerRequest
from tornado.ioloop import IOLoop

from hadoopless.wire import callers_log, freed_memory
from hadoopless.wire.limits import (
    GIVE_BACK_AFTER,
    GIVE_BACK_EACH,
    IDLE_TIMEOUT,
    LARGEST_BODY,
    LARGEST_HEADER,
    MOST_CONNECTIONS,
    MOST_HEADERS,
    REQUEST_TIMEOUT,
    STRANGERS_BODY,
    TELL_AGAIN,
)
from hadoopless.wire.server import Listener, Proofs

_log = logging.getLogger(__name__)


class Application(tornado.web.Application):
    """Routes requests, and lets only callers who have proved themselves send large bodies."""

    def __init__(self, routes: Sequence[Any], proofs: Proofs | None, **settings: Any) -> None:
        """Without *proofs*, all callers are the user's own."""
        super().__init__(list(routes), **settings)
        self._proofs = proofs

    def find_handler(self, request: HTTPServerRequest, **more: Any) -> Any:
        """The handler of *request*, of which only the headers are here as yet."""
        if self._proofs is None or self._proofs.begins(request):
            cast(HTTP1Connection, request.connection).set_max_body_size(LARGEST_BODY)
            # The bound on headers costs each request a turn of the loop.
            vars(cast(Any, request.connection).stream).pop("read_until_regex", None)
        return super().find_handler(request, **more)


class Server(tornado.httpserver.HTTPServer):
    """An HTTP server that has only so many connections at once; further callers wait."""

    def initialize(self, *arguments: Any, **options: Any) -> None:
        """Tornado calls this with the arguments of the constructor, those of HTTPServer."""
        bounds = {
            "max_header_size": LARGEST_HEADER,
            "max_body_size": STRANGERS_BODY,
            "max_buffer_size": LARGEST_BODY + LARGEST_HEADER,
            "idle_connection_timeout": IDLE_TIMEOUT,
            "body_timeout": REQUEST_TIMEOUT,
        }
        super().initialize(*arguments, **(bounds | options))
        callers_log.keep_short()
        self._most = most_connections()
        self._open = 0
        self._listeners: list[Listener] = []
        #: The time when the log may tell again that callers have to wait.
        self._silent_until = 0.0
        #: Connections that have ended since freed memory was given back.
        self._ended = 0

    def add_sockets(self, sockets: Iterable[socket]) -> None:
        """Begin to take connections from *sockets*, which :func:`bind` has made."""
        listeners = [cast(Listener, one) for one in sockets]
        self._listeners += listeners
        super().add_sockets(listeners)

    def stop(self) -> None:
        """Take no more connections."""
        self._listeners.clear()
        super().stop()

    def handle_stream(self, stream: Any, address: Any) -> None:
        """Serve a new connection; if it is the last one that there is room for, others wait."""
        self._open += 1
        _bound_headers(stream)
        super().handle_stream(stream, address)
        if self._open >= self._most:
            self._let_wait(True)
            if time.monotonic() >= self._silent_until:
                self._silent_until = time.monotonic() + TELL_AGAIN
                _log.warning("further calls have to wait: %d connections are open", self._open)

    def on_close(self, server_conn: object) -> None:
        """Tornado calls this when a connection has ended."""
        super().on_close(server_conn)
        self._open -= 1
        self._let_wait(False)
        self._ended += 1
        if self._ended == GIVE_BACK_EACH:
            IOLoop.current().call_later(GIVE_BACK_AFTER, self._give_back)

    def _give_back(self) -> None:
        self._ended = 0
        freed_memory.give_back()

    def _let_wait(self, waiting: bool) -> None:
        for listener in self._listeners:
            if listener.callers_wait != waiting:
                listener.callers_wait = waiting
                IOLoop.current().update_handler(listener, 0 if waiting else IOLoop.READ)


def _bound_headers(stream: Any) -> None:
    """Refuse requests of very many headers on *stream*: one alone would take the loop a second."""
    read_until_regex = stream.read_until_regex

    def read_head(regex: bytes, max_bytes: int | None = None) -> asyncio.Future[bytes]:
        reading: asyncio.Future[bytes] = read_until_regex(regex, max_bytes)
        checked: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def check(read: asyncio.Future[bytes]) -> None:
            if checked.done():  # nobody waits any more
                return
            error = read.exception()
            if error is not None:
                checked.set_exception(error)
            elif read.result().count(b"\n") > MOST_HEADERS:
                checked.set_exception(HTTPInputError(f"more than {MOST_HEADERS} headers"))
            else:
                checked.set_result(read.result())

        reading.add_done_callback(check)
        return checked

    stream.read_until_regex = read_head


def most_connections() -> int:
    """The connections that a server of this process may have: tasks need descriptors, too."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if soft < 0 else max(1, min(MOST_CONNECTIONS, soft // 2))
