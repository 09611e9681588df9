"""The HTTP client of all our processes: kept connections, whole or streamed answers, bounded sizes.

It stands on the standard library's client: ``requests`` takes longer to import than a small job
takes to run, and four times the CPU for each call.
"""

from __future__ import annotations

import http.client
import json
import os
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hadoopless.errors import ForbiddenError, MapReduceError, own_trouble
from hadoopless.wire import limits, tokens
from hadoopless.wire.addresses import Address, host_and_port

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
_FORBIDDEN = 403

#: The user at the other end of a UNIX socket: struct ucred of socket(7).
_PEER = (socket.SOL_SOCKET, getattr(socket, "SO_PEERCRED", 0))
_PEER_SIZE = struct.calcsize("3i")


class Unreachable(Exception):
    """The server did not answer; ``unheard``: it cannot have heard the call either."""

    def __init__(self, why: str, *, unheard: bool = False) -> None:
        super().__init__(why)
        self.unheard = unheard


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any] | None:
        """The JSON object in the body, if there is one."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


@dataclass(frozen=True, slots=True)
class Message:
    """The body of a POST."""

    body: str | bytes
    content_type: str


class Caller:
    """Makes calls to the server at *address*. Thread-safe: each call takes a connection of its own.

    *headers* gives those of a new connection; without it, they show the token of *address*.
    """

    def __init__(
        self, address: Address, headers: Callable[[], Mapping[str, str]] | None = None
    ) -> None:
        self._address = address
        self._new_headers = headers or (lambda: _token_headers(address))
        self._headers: Mapping[str, str] = {}
        self._idle: list[http.client.HTTPConnection] = []
        self._closed = False
        self._lock = threading.Lock()

    def call(
        self,
        path: str,
        message: Message | None = None,
        *,
        connect_timeout: float,
        answer_timeout: float | None,
    ) -> Answer:
        """The answer to a GET, or to a POST of *message*; raises Unreachable, WorkerError.

        A call that is refused is made once more when the token has changed meanwhile: the server
        was started anew.
        """
        answer = self._call(path, message, connect_timeout, answer_timeout)
        if answer.status == _FORBIDDEN and self.renew():
            answer = self._call(path, message, connect_timeout, answer_timeout)
        return answer

    def renew(self) -> bool:
        """Say if the token has changed; then the next call shows the new one."""
        changed = self._new_headers() != self._headers
        if changed:
            self.close_idle()
        return changed

    def _call(
        self,
        path: str,
        message: Message | None,
        connect_timeout: float,
        answer_timeout: float | None,
    ) -> Answer:
        connection = self._idle_connection() or self._connect(connect_timeout)
        try:
            connection.sock.settimeout(answer_timeout)
            answer = _whole(self._send(connection, path, message))
        except BaseException as error:
            connection.close()
            if isinstance(error, (OSError, http.client.HTTPException)):
                raise _failed(error) from error
            raise
        self._keep(connection)
        return answer

    @contextmanager
    def stream(
        self, path: str, message: Message | None = None, *, timeout: float
    ) -> Iterator[http.client.HTTPResponse]:
        """The same answer while it comes, over a connection that is closed afterwards.

        Whatever breaks while the body is read is Unreachable, too.
        """
        connection = self._connect(timeout)
        try:
            with self._send(connection, path, message) as response:
                yield response
        except (OSError, http.client.HTTPException) as error:
            raise _failed(error) from error
        finally:
            connection.close()

    def close(self) -> None:
        """Close the idle connections, and from now on each one after its call."""
        with self._lock:
            self._closed = True
        self.close_idle()

    def close_idle(self) -> None:
        """Close the idle connections; the next call opens another."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _idle_connection(self) -> http.client.HTTPConnection | None:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            # An idle connection that can be read has ended.
            if connection is None or not _is_readable(connection.sock):
                return connection
            connection.close()

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        connection = _connection(self._address, timeout)
        try:
            connection.connect()
            # A server that was started anew has a new token, and takes only new connections.
            self._headers = self._new_headers()
        except OSError as error:
            connection.close()
            raise _refused(error) from error
        return connection

    def _send(
        self, connection: http.client.HTTPConnection, path: str, message: Message | None
    ) -> http.client.HTTPResponse:
        if message is None:
            connection.request("GET", path, headers=dict(self._headers))
        else:
            headers = {**self._headers, "Content-Type": message.content_type}
            connection.request("POST", path, message.body, headers)
        return connection.getresponse()

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        if connection.sock is None:
            return  # the server closes after each answer
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over the UNIX socket at *path*."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Open the connection; OSError, ForbiddenError for a stranger's socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
        if hasattr(socket, "SO_PEERCRED"):  # Linux
            _, owner, _ = struct.unpack("3i", self.sock.getsockopt(*_PEER, _PEER_SIZE))
            if owner not in (os.getuid(), 0):
                self.close()
                raise ForbiddenError(f"another user listens on {self._path}")


def _connection(address: Address, timeout: float) -> http.client.HTTPConnection:
    if address.path is not None:
        return _UnixConnection(address.path, timeout)
    host, port = host_and_port(address.url or "")
    return http.client.HTTPConnection(host, port, timeout=timeout)


def _token_headers(address: Address) -> Mapping[str, str]:
    """The token, where the file system does not say who may call."""
    return tokens.headers(tokens.read(address.url)) if address.url else {}


def _is_readable(one: socket.socket) -> bool:
    waiting = select.poll()  # select() knows no descriptors above 1023
    waiting.register(one, select.POLLIN)
    return bool(waiting.poll(0))


def _whole(response: http.client.HTTPResponse) -> Answer:
    """The whole answer; HTTPException when it breaks off."""
    length, told = response.length, _tells_its_end(response)
    # With a length, only read() without one complains of an answer that breaks off.
    body = response.read(limits.LARGEST_ANSWER + 1) if length is None else b""
    if max(length or 0, len(body)) > limits.LARGEST_ANSWER:
        raise Unreachable(f"its answer has more than {limits.LARGEST_ANSWER:,} bytes")
    if length is not None:
        body = response.read()
    if not body and not told:
        raise http.client.IncompleteRead(body)
    return Answer(response.status, body)


def _tells_its_end(response: http.client.HTTPResponse) -> bool:
    """True if the answer may be empty: an empty one by HTTP/1.1 says so.

    Otherwise the connection ended within the head, which http.client takes for the end of that.
    """
    told = response.chunked or response.getheader("Content-Length") or response.status == 204
    return bool(told) or response.version != 11


def _failed(error: OSError | http.client.HTTPException) -> Unreachable | MapReduceError:
    """The error of a call that was begun and has no answer."""
    silent = isinstance(error, TimeoutError)
    return own_trouble(error) or Unreachable(
        "it does not answer" if silent else "the connection broke"
    )


def _refused(error: OSError) -> Unreachable | MapReduceError:
    """The error of a call for which there is no connection."""
    if isinstance(error, TimeoutError):
        why = "it does not accept connections"
    elif isinstance(error, (ConnectionRefusedError, FileNotFoundError)):
        why = "the connection was refused"
    else:
        why = f"no connection: {error.strerror or error}"
    return own_trouble(error) or Unreachable(why, unheard=True)
