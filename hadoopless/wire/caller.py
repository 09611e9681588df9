"""The HTTP client of all our processes: kept connections, calls that prove themselves.

It stands on the standard library's client: ``requests`` takes longer to import than a small job
takes to run, and four times the CPU for each call.
"""

from __future__ import annotations

import http.client
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from msgspec import Struct

from hadoopless.errors import ForbiddenError
from hadoopless.wire import limits, proof, tls, tokens
from hadoopless.wire.addresses import Address, host_and_port
from hadoopless.wire.answers import Answer, expect_answer, response_of, whole
from hadoopless.wire.keepalive import keep_alive
from hadoopless.wire.unreachable import NotInOurTls, NotOurs, failed, refused, unproven

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

#: The user at the other end of a UNIX socket: struct ucred of socket(7).
_PEER = (socket.SOL_SOCKET, getattr(socket, "SO_PEERCRED", 0))
_PEER_SIZE = struct.calcsize("3i")


class Message(Struct, frozen=True):
    """The body of a POST."""

    body: str | bytes
    content_type: str


class Cord:
    """Lets another thread end a call whose answer will never come. Thread-safe."""

    __slots__ = ("_lock", "_socket", "error")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        #: The error of the call, once it was cut.
        self.error: Exception | None = None

    def hold(self, one: socket.socket) -> None:
        """The call goes by the socket *one* from now on; raises the error of an earlier cut."""
        with self._lock:
            if self.error is not None:
                raise self.error
            self._socket = one

    def release(self) -> None:
        """The call has ended: its connection is not cut any more."""
        with self._lock:
            self._socket = None

    def cut(self, error: Exception) -> None:
        """Let the call raise *error*, if it has not ended."""
        with self._lock:
            self.error = error
            if self._socket is not None:
                with suppress(OSError):
                    # That of the base class: one in TLS would forget its state, which is in use.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class Caller:
    """Makes calls to the server at *address*. Thread-safe: each call takes a connection of its own.

    Over TCP the server proves that it knows the token, and so does each call (:mod:`.proof`). Where
    we have no token, or the server knows no proofs, calls are made as anybody makes them; not so
    with *only_proven*.
    """

    def __init__(
        self,
        address: Address,
        token: Callable[[], str | None] | None = None,
        *,
        only_proven: bool = False,
    ) -> None:
        """*token* gives the token for a new connection; without it, that of *address*."""
        self._address = address
        self._token = token or (lambda: tokens.read(address.url) if address.url else None)
        self._only_proven = only_proven
        self._idle: list[_Line] = []
        self._closed = False
        self._lock = threading.Lock()
        #: The token with which the last connection was made.
        self.token: str | None = None
        #: True once a server here has proved that it knows our token; from then on each one must.
        self.proven = False

    def call(
        self,
        path: str,
        message: Message | None = None,
        *,
        connect_timeout: float,
        answer_timeout: float | None,
        largest: int = limits.SHORT_ANSWER,
        cord: Cord | None = None,
    ) -> Answer:
        """The answer to a GET, or to a POST of *message*; raises Unreachable, WorkerError.

        The answer must be whole *answer_timeout* seconds after the call was made. NotOurs is raised
        where the server does not know our token, TooLong for an answer of more than *largest*
        bytes, and the error of a *cord* that was cut.
        """
        line = self._idle_line() or self._connect(connect_timeout)
        try:
            line.connection.sock.settimeout(answer_timeout)
            expect_answer(line.connection, answer_timeout)
            if cord is not None:
                cord.hold(line.connection.sock)
            answer = whole(line.send(path, message), largest)
        except BaseException as error:
            line.connection.close()
            if cord is not None and cord.error is not None:
                raise cord.error from error
            if isinstance(error, (OSError, http.client.HTTPException)):
                raise failed(error) from error
            raise
        finally:
            if cord is not None:
                cord.release()
        self._keep(line)
        return answer

    @contextmanager
    def stream(
        self,
        path: str,
        message: Message | None = None,
        *,
        connect_timeout: float,
        answer_timeout: float,
    ) -> Iterator[http.client.HTTPResponse]:
        """The same answer while it comes, over a connection that is closed afterwards.

        Whatever breaks while the body is read is Unreachable, too.
        """
        line = self._connect(connect_timeout)
        try:
            line.connection.sock.settimeout(answer_timeout)
            with line.send(path, message) as response:
                yield response
        except (OSError, http.client.HTTPException) as error:
            raise failed(error) from error
        finally:
            line.connection.close()

    def renew(self) -> bool:
        """Say if the token has changed; then the next call is made with the new one."""
        changed = self._token_now() != self.token
        if changed:
            self.close_idle()
        return changed

    def close(self) -> None:
        """Close the idle connections, and from now on each one after its call."""
        with self._lock:
            self._closed = True
        self.close_idle()

    def close_idle(self) -> None:
        """Close the idle connections; the next call opens another."""
        with self._lock:
            idle, self._idle = self._idle, []
        for line in idle:
            line.connection.close()

    def _idle_line(self) -> _Line | None:
        while True:
            with self._lock:
                line = self._idle.pop() if self._idle else None
            if line is None:
                return None
            is_old = time.monotonic() - line.idle_since > limits.LONGEST_IDLE
            # An idle connection that can be read has ended.
            if not is_old and not _is_readable(line.connection.sock):
                return line
            line.connection.close()

    def _connect(self, timeout: float) -> _Line:
        """A new connection whose server has proved itself, if there is a token for it."""
        token = None
        while True:
            connection = _connection(self._address, timeout)
            try:
                connection.connect()
                if self._address.url is not None:
                    keep_alive(connection.sock)
            except OSError as error:
                connection.close()
                raise refused(error) from error
            try:
                # A server that was started anew has a new token.
                before, token = token, self._token_now()
                self.token = token
                return self._prove(connection, token)
            except BaseException as error:
                connection.close()
                if isinstance(error, (OSError, http.client.HTTPException)):
                    raise unproven(error) from error
                # Perhaps the server has a new token since we have read ours.
                if not isinstance(error, NotOurs) or token in (None, before, self._token_now()):
                    raise

    def _token_now(self) -> str | None:
        """The token as it is now; WorkerError when its file cannot be opened for lack of means."""
        try:
            return self._token()
        except OSError as error:
            raise failed(error) from error

    def _prove(self, connection: http.client.HTTPConnection, token: str | None) -> _Line:
        """Let the server prove that it knows *token*; raises NotOurs, OSError, HTTPException."""
        if self._address.path is not None:  # the system tells whose it is
            return _Line(connection)
        must = self._only_proven or self.proven
        if token is None:
            if must:
                raise NotOurs(
                    f"there is no token for {self._address}: give the one of its coordinator or"
                    f" pool in {tokens.ENVIRONMENT}"
                )
            return _Line(connection)
        nonce = proof.new_nonce()
        expect_answer(connection, connection.timeout)
        connection.request("GET", f"{proof.PATH}?nonce={nonce}")
        answer = whole(response_of(connection), limits.SHORT_ANSWER)
        told = answer.json() or {}
        theirs, shown = told.get("nonce"), told.get("proof")
        if answer.status == 200 and isinstance(theirs, str) and isinstance(shown, str):
            line = proof.Line(nonce, theirs, connection.port)
            if proof.is_nonce(theirs) and proof.equal(proof.of_server(token, line), shown):
                if connection.sock is None:
                    raise NotOurs(f"the server at {self._address} keeps no connection open")
                self.proven = True
                return _Line(connection, token, line)
            raise NotOurs(f"the server at {self._address} does not know our token")
        if must:
            raise NotOurs(f"the server at {self._address} cannot prove that it knows our token")
        if connection.sock is None:  # it closes after each answer
            connection.connect()
        return _Line(connection)

    def _keep(self, line: _Line) -> None:
        if line.connection.sock is None:
            return  # the server closes after each answer
        line.idle_since = time.monotonic()
        with self._lock:
            if not self._closed:
                self._idle.append(line)
                return
        line.connection.close()


class _Line:
    """A connection, and what proves each request on it."""

    def __init__(
        self,
        connection: http.client.HTTPConnection,
        token: str = "",
        nonces: proof.Line | None = None,
    ) -> None:
        """Without *nonces* requests carry no proof."""
        #: The time at which the last answer had come.
        self.idle_since = 0.0
        self.connection = connection
        self._token = token
        self._nonces = nonces
        self._number = 0

    def send(self, path: str, message: Message | None) -> http.client.HTTPResponse:
        """Send a GET, or a POST of *message*; returns the answer."""
        method = "GET" if message is None else "POST"
        headers, body = {}, b""
        if message is not None:
            headers["Content-Type"] = message.content_type
            body = message.body.encode() if isinstance(message.body, str) else message.body
        if self._nonces is not None:
            self._number += 1
            digest = headers[proof.DIGEST_HEADER] = proof.digest_of(body)
            shown = proof.of_request(self._token, self._nonces, self._number, method, path, digest)
            headers["Authorization"] = proof.authorization(self._number, shown)
        self.connection.request(method, path, None if message is None else body, headers)
        return response_of(self.connection)


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
    url = address.url or ""
    host, port = host_and_port(url)
    if not url.startswith("https:"):
        return http.client.HTTPConnection(host, port, timeout=timeout)
    context = tls.context_of_calls()
    if context is None:
        raise NotInOurTls(f"its URL is one of TLS, which needs {tls.NEEDED}")
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)


def _is_readable(one: socket.socket) -> bool:
    waiting = select.poll()  # select() knows no descriptors above 1023
    waiting.register(one, select.POLLIN)
    return bool(waiting.poll(0))
