"""The calls of workers that join a coordinator (SPEC part B), and the addresses they are made to.

Each call is a POST of a JSON object to ``/register``, ``/ping``, ``/ask`` or ``/submit``, over a
UNIX socket or TCP. What a task needs travels as the parameters of ``/map`` and ``/reduce`` (module
``tasks``), its report and its errors as the answers to them (``replies``, ``failures``).
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hadoopless.errors import ForbiddenError, UsageError
from hadoopless.wire import addresses, failures, tokens

#: Raised when a call or its answer changes its meaning; both sides must have the same.
VERSION = 1

#: What ``/ask`` may answer.
MAP, REDUCE, WAIT, END = "map", "reduce", "wait", "end"

#: Seconds between two pings; a coordinator that wants fewer has not meant it.
_LONGEST_INTERVAL = 3600.0

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a coordinator listens: a UNIX socket's path, or a host and a port."""

    path: str | None = None
    url: str | None = None

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path is not None else str(self.url)

    @property
    def headers(self) -> dict[str, str]:
        """The token, where the file system does not say who may call."""
        return tokens.headers(tokens.read(self.url)) if self.url else {}


def parse_address(text: str) -> Address:
    """``unix:/path`` or ``http://host:port``; raises UsageError."""
    if text.startswith("unix:"):
        path = text.removeprefix("unix:")
        if not path or len(path.encode()) > 100:  # sun_path holds 108 bytes, on macOS 104
            raise UsageError(f"not a usable socket path: {path!r} (1 to 100 bytes)")
        return Address(path=path)
    return Address(url=addresses.parse_url(text))


@dataclass(frozen=True, slots=True)
class Hello:
    """``/register``: a worker's id, where its map outputs are served, with what token, which."""

    worker: int
    url: str
    token: str
    held: tuple[str, ...] = ()
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Welcome:
    """The answer to ``/register``: the session that each further call names, and what is asked."""

    session: str
    job_id: str
    ping_interval: float


@dataclass(frozen=True, slots=True)
class Orders:
    """What a worker is told with each answer: attempts to stop, map outputs to forget."""

    cancel: tuple[str, ...] = ()
    release: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """The answer to ``/ask``: what to do next, with which parameters.

    ``tokens`` holds the secret of each data server that a reduce task fetches from.
    """

    what: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)
    orders: Orders = Orders()


def hello_message(hello: Hello) -> dict[str, Any]:
    """The body of ``/register``."""
    return {
        "version": hello.version,
        "worker": hello.worker,
        "url": hello.url,
        "token": hello.token,
        "held": list(hello.held),
    }


def parse_hello(message: Json) -> Hello:
    """The call behind a body of ``/register``; UsageError, ForbiddenError for another version."""
    version = message.get("version")
    if type(version) is not int or version != VERSION:
        raise ForbiddenError(
            f"this coordinator speaks version {VERSION} of the protocol, the worker {version!r};"
            " run both from the same release"
        )
    worker, url, token = (message.get(name) for name in ("worker", "url", "token"))
    held = message.get("held", [])
    if type(worker) is not int or worker < 0:
        raise UsageError(f"a worker's id is a whole number from 0, not {worker!r}")
    # The token will be sent in headers.
    if (
        not isinstance(url, str)
        or not (isinstance(token, str) and token.isascii() and token.isprintable())
        or not _are_strings(held)
    ):
        raise UsageError("/register wants version, worker, url, token, held")
    return Hello(worker, addresses.parse_url(url), token, tuple(held))


def _are_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def welcome_message(welcome: Welcome) -> dict[str, Any]:
    """The answer to ``/register``."""
    return {
        "status": "success",
        "session": welcome.session,
        "jobId": welcome.job_id,
        "pingInterval": welcome.ping_interval,
    }


def parse_welcome(message: Json) -> Welcome:
    """What a coordinator answered to ``/register``; ValueError when it makes no sense."""
    session, job_id, interval = (message.get(n) for n in ("session", "jobId", "pingInterval"))
    if not isinstance(session, str) or not isinstance(job_id, str):
        raise ValueError("no session or no job")
    if not isinstance(interval, (int, float)) or not 0 < interval <= _LONGEST_INTERVAL:
        raise ValueError(f"no interval: {interval!r}")
    return Welcome(session, job_id, float(interval))


def orders_message(orders: Orders) -> dict[str, Any]:
    """The answer to ``/ping`` and ``/submit``."""
    return {
        "status": "success",
        "cancel": list(orders.cancel),
        "release": list(orders.release),
    }


def parse_orders(message: Json) -> Orders:
    """The orders in any answer; ValueError when they make no sense."""
    cancel, release = (message.get(name, []) for name in ("cancel", "release"))
    if not _are_strings(cancel) or not _are_strings(release):
        raise ValueError("orders are lists of names")
    return Orders(tuple(cancel), tuple(release))


def assignment_message(assignment: Assignment) -> dict[str, Any]:
    """The answer to ``/ask``."""
    return orders_message(assignment.orders) | {
        "task": assignment.what,
        "parameters": dict(assignment.parameters),
        "tokens": dict(assignment.tokens),
    }


def parse_assignment(message: Json) -> Assignment:
    """What a coordinator answered to ``/ask``; ValueError when it makes no sense."""
    what = message.get("task")
    if what not in (MAP, REDUCE, WAIT, END):
        raise ValueError(f"there is no task {what!r}")
    parameters, secrets = (message.get(name, {}) for name in ("parameters", "tokens"))
    for strings in (parameters, secrets):
        if not isinstance(strings, dict) or not _are_strings(list(strings.values())):
            raise ValueError("parameters and tokens are objects of strings")
    return Assignment(str(what), parameters, secrets, parse_orders(message))


#: Who is at the other end of a UNIX socket: struct ucred of socket(7).
_PEER = (socket.SOL_SOCKET, getattr(socket, "SO_PEERCRED", 0))
_PEER_SIZE = struct.calcsize("3i")


class UnixConnection(http.client.HTTPConnection):
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
                raise ForbiddenError(f"another user listens on {self._path}")


class Caller:
    """Makes calls to the coordinator at *address*, over one kept connection; for one thread."""

    def __init__(self, address: Address, timeout: float) -> None:
        self._address = address
        self._timeout = timeout
        self._connection: http.client.HTTPConnection | None = None

    def call(self, path: str, message: Json) -> Json:
        """POST *message* to *path*; returns the answer.

        Raises the coordinator's error, or OSError or HTTPException when nobody answers.
        """
        if self._connection is None:
            self._connection = self._connect()
        try:
            headers = {"Content-Type": "application/json"} | self._address.headers
            self._connection.request("POST", path, json.dumps(message), headers)
            response = self._connection.getresponse()
            body = response.read()
            reply = json.loads(body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            if isinstance(error, ValueError):
                raise http.client.HTTPException("the answer is no JSON") from error
            raise
        if response.status != 200 or not isinstance(reply, dict):
            raise failures.parse_error(reply if isinstance(reply, dict) else {})
        return reply

    def _connect(self) -> http.client.HTTPConnection:
        if self._address.path is not None:
            return UnixConnection(self._address.path, self._timeout)
        host, port = addresses.host_and_port(self._address.url or "")
        return http.client.HTTPConnection(host, port, timeout=self._timeout)

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
