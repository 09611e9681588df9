"""The base of all our HTTP servers: bound sockets, JSON answers and errors, who may call."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import socket
import time
import urllib.parse
from collections.abc import Callable, Collection, Mapping
from typing import Any, cast
from weakref import WeakKeyDictionary

import tornado.netutil
import tornado.web
from msgspec import Struct
from tornado.httputil import HTTPServerRequest

from hadoopless.errors import (
    Cancelled,
    DiskError,
    ForbiddenError,
    MapReduceError,
    PortInUse,
    Unproven,
    UsageError,
    own_trouble,
    trouble_at_border,
)
from hadoopless.wire import proof, tls
from hadoopless.wire.addresses import host_and_port, is_loopback
from hadoopless.wire.keepalive import keep_alive
from hadoopless.wire.limits import BACKLOG
from hadoopless.wire.messages import failures

_log = logging.getLogger(__name__)

#: Seconds that a server without descriptors waits before it tries to take the next call.
_STARVED_PAUSE = 0.02


class _Known(Struct):
    """A connection whose server has proved itself to its caller."""

    line: proof.Line
    #: The number of the last request that was proved.
    last: int = 0
    #: The digest that the body of the current request must have; "" if its headers prove nothing.
    digest: str = ""


class Proofs:
    """The proofs of one server's callers, for as long as their connections last."""

    def __init__(self, token: Callable[[], str]) -> None:
        """*token* gives the token of the server as it is now."""
        self._token = token
        self._known: WeakKeyDictionary[Any, _Known] = WeakKeyDictionary()

    def begin(self, request: HTTPServerRequest, nonce: str) -> dict[str, str]:
        """Our proof for a caller who sends *nonce*; raises UsageError when that is none."""
        if not proof.is_nonce(nonce):
            raise UsageError("nonce must have 32 hexadecimal digits")
        _, port = reached_at(request)
        line = proof.Line(nonce, proof.new_nonce(), port)
        self._known[_stream_of(request)] = _Known(line)
        return {"nonce": line.servers_nonce, "proof": proof.of_server(self._token(), line)}

    def begins(self, request: HTTPServerRequest) -> bool:
        """True if the headers of *request* prove that its caller knows the token.

        To be asked once for each request, before its body comes.
        """
        known = self._known.get(_stream_of(request))
        if known is None:
            return False
        known.digest = ""
        shown = proof.parse_authorization(request.headers.get("Authorization", ""))
        if shown is None or shown[0] <= known.last:
            return False
        digest = request.headers.get(proof.DIGEST_HEADER, "")
        method, target = request.method or "", request.uri or ""
        wanted = proof.of_request(self._token(), known.line, shown[0], method, target, digest)
        if not proof.equal(wanted, shown[1]):
            return False
        known.last, known.digest = shown[0], digest
        return True

    def holds(self, request: HTTPServerRequest) -> bool:
        """True if the whole *request*, the last one on its connection, is as it was proved.

        Once a connection has begun with proofs, each of its requests must be: raises Unproven for
        another one, in which nothing may be believed.
        """
        known = self._known.get(_stream_of(request))
        if known is not None and known.digest != proof.digest_of(request.body):
            raise Unproven(
                "this call does not prove that its caller knows the token: it was damaged on its"
                " way, or the token is another one"
            )
        return known is not None


def _stream_of(request: HTTPServerRequest) -> Any:
    """The stream of bytes under *request*, the same one for all requests of a connection."""
    return cast(Any, request.connection).stream


def reached_at(request: HTTPServerRequest) -> tuple[str, int]:
    """The host and port of ours that *request* came to; Cancelled when its caller is gone."""
    stream = _stream_of(request)
    if stream.closed():  # the last of several requests that came at once
        raise Cancelled("its caller went away")
    host, port = stream.socket.getsockname()[:2]
    return host, port


def refuse_cross_site(request: HTTPServerRequest, host_names: Collection[str]) -> None:
    """Raise ForbiddenError for what a web page of another site could have sent, or UsageError.

    A page can make a browser on this machine call any address, so the name that it called must be
    ours (DNS rebinding), and the page, where the browser tells it, must be too.
    """
    try:
        host = urllib.parse.urlsplit(f"//{request.host}").hostname or ""
    except ValueError as error:  # brackets around what is no address
        raise UsageError(f"Host names no machine: {request.host!r}") from error
    if not is_loopback(host) and host not in host_names:
        raise ForbiddenError(f"this worker does not go by the name {host!r}")
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.protocol}://{request.host}":
        raise ForbiddenError("requests from pages of other sites are refused")
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise ForbiddenError("requests from pages of other sites are refused")


class JsonHandler(tornado.web.RequestHandler):
    """Answers, well or badly, with a JSON object."""

    def set_default_headers(self) -> None:
        """A GET runs a task or hands out data of one: no answer is good for a second time."""
        self.set_header("Cache-Control", "no-store")

    def compute_etag(self) -> None:
        """None, so that no answer is left out because the caller had one like it."""

    def write_json(self, reply: Mapping[str, Any]) -> None:
        """Answer with a JSON object; bytes that are no UTF-8 stay lone surrogates."""
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        body = json.dumps(reply).encode()
        self.set_header(proof.DIGEST_HEADER, proof.digest_of(body))
        self.finish(body)

    def send_error(self, status_code: int = 500, **details: Any) -> None:
        """Answer with an error; close the connection where that is too late, or the server stops.

        Then the caller sees that it has no whole answer, or that we are gone. Tornado would try to
        end an answer that has begun, and answer 500 for what it cancels.
        """
        task = asyncio.current_task()
        if self._headers_written or (task is not None and task.cancelling()):
            cast(Any, self.request.connection).stream.close()
            return
        super().send_error(status_code, **details)

    def write_error(self, status_code: int, **details: Any) -> None:
        """Every error is a JSON object with status and message."""
        error = details.get("exc_info", (None, None, None))[1]
        error = trouble_at_border(error) or error
        if isinstance(error, MapReduceError):
            self.set_status(error.http_status)
            self.write_json(failures.error_reply(error))
            return
        reason = self._reason
        if isinstance(error, tornado.web.HTTPError):
            reason = error.log_message % error.args if error.log_message else reason
        self.write_json({"status": "error", "message": reason})

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        """Errors that have a kind are told to the caller; only our own get a trace in the log.

        Where an answer has begun, and the caller cannot be told any more, the log tells them.
        """
        known = error if isinstance(error, MapReduceError) else None
        if known and not self._headers_written:
            _log.debug("%s %s: %s", self.request.method, self.request.path, known)
        elif trouble := known or trouble_at_border(error):
            _log.warning("%s %s: %s", self.request.method, self.request.path, trouble)
        else:
            super().log_exception(kind, error, trace)


class Listener(socket.socket):
    """A listening socket whose callers wait as long as the process has no descriptors left.

    Otherwise the event loop would try again at once, with a traceback in the log each time.
    """

    #: True if callers in TLS are to be told that they are wrong here.
    refuses_tls = False
    #: True while the server has no room for more connections.
    callers_wait = False
    _has_told = False

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection, or BlockingIOError."""
        if self.callers_wait:
            raise BlockingIOError
        try:
            connection, peer = super().accept()
            if not self.refuses_tls:
                return connection, peer
            plain = tls.PlainSocket(self.family, self.type, self.proto, connection.detach())
            return plain, peer
        except OSError as error:
            trouble = own_trouble(error)
            if trouble is None:
                raise
            if not self._has_told:
                self._has_told = True
                _log.warning("calls have to wait: %s", trouble)
            time.sleep(_STARVED_PAUSE)  # the connection stays in the queue: nothing else would
            raise BlockingIOError(error.errno, error.strerror) from error


def bind(url: str, address: str | None = None, *, option: str = "") -> Listener:
    """A listening socket for *url*, on its host or on *address*; raises PortInUse, UsageError.

    *option* chooses the port; without one it is that of a worker.
    """
    host, port = host_and_port(url)
    host = address or ("127.0.0.1" if host == "localhost" else host)
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = Listener(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            keep_alive(listener)
            listener.bind(where)
            listener.listen(BACKLOG)
            listener.setblocking(False)
            listener.refuses_tls = not tls.in_use()
        except OSError:
            listener.close()
            raise
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            usual = ", maybe by another pool; stop it, or choose another port (in inventory.py,"
            advice = f"; choose another one by {option}" if option else f"{usual} or by --workers)"
            raise PortInUse(f"port {port} of {host} is in use{advice}") from error
        raise UsageError(f"cannot listen on {url}: {error.strerror or error}") from error
    return listener


def bind_unix(path: str) -> Listener:
    """A listening UNIX socket that only its user may open; raises PortInUse, DiskError.

    The socket of a server that is gone is replaced.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.connect(path)
    except (FileNotFoundError, ConnectionRefusedError):
        pass
    except OSError as error:
        raise DiskError(f"cannot use the socket {path}: {error.strerror}") from error
    else:
        raise PortInUse(f"somebody listens on {path} already; stop it, or choose another path")
    try:
        bound = tornado.netutil.bind_unix_socket(path, mode=0o600, backlog=BACKLOG)
        return Listener(fileno=bound.detach())
    except (OSError, ValueError) as error:
        raise DiskError(f"cannot make the socket {path}: {error}") from error
