"""The calls of workers that join a coordinator (docs/pull.md), and the addresses they are made to.

Each call is a POST of a JSON object to ``/register``, ``/ping``, ``/ask`` or ``/submit``, over a
UNIX socket or TCP. What a task needs travels as the parameters of ``/map`` and ``/reduce`` (module
``tasks``), its report and its errors as the answers to them (``replies``, ``failures``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from hadoopless.errors import ForbiddenError, UsageError
from hadoopless.wire import addresses, limits, tls
from hadoopless.wire.addresses import Address
from hadoopless.wire.caller import JSON, Caller, Message
from hadoopless.wire.messages import failures, fetch_ahead
from hadoopless.wire.unreachable import Unreachable

#: Raised when a call or its answer changes its meaning; both sides must have the same.
VERSION = 4

#: The possible answers to ``/ask``.
MAP, REDUCE, WAIT, END = "map", "reduce", "wait", "end"

Json = Mapping[str, Any]


class Hello(Struct, frozen=True):
    """``/register``: a worker's id, where its map outputs are served, and those it has.

    ``instance`` changes when the process is a new one.
    """

    worker: int
    url: str
    instance: str
    held: tuple[str, ...] = ()
    version: int = VERSION


class Welcome(Struct, frozen=True):
    """The answer to ``/register``: the session that each further call names, and what is asked.

    ``secret`` is what the workers of the job share. It is told over a UNIX socket alone: over TCP
    it is the coordinator's token, which both sides know.
    """

    session: str
    job_id: str
    ping_interval: float
    secret: str = ""

    def __repr__(self) -> str:
        return f"Welcome({self.session!r}, {self.job_id!r})"  # the secret is told to nobody


class Orders(Struct, frozen=True):
    """Orders that come with each answer to a worker.

    They name attempts to stop, map outputs to forget, and what to fetch ahead.
    """

    cancel: tuple[str, ...] = ()
    release: tuple[str, ...] = ()
    fetch: tuple[fetch_ahead.Order, ...] = ()


class Assignment(Struct, frozen=True):
    """The answer to ``/ask``: what to do next, with which parameters."""

    what: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    orders: Orders = Orders()


def hello_message(hello: Hello) -> dict[str, Any]:
    """The body of ``/register``."""
    return {
        "version": hello.version,
        "worker": hello.worker,
        "url": hello.url,
        "instance": hello.instance,
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
    worker, url, instance = (message.get(name) for name in ("worker", "url", "instance"))
    held = message.get("held", [])
    if type(worker) is not int or worker < 0:
        raise UsageError(f"a worker's id is a whole number from 0, not {worker!r}")
    if not _are_strings([url, instance]) or not _are_strings(held):
        raise UsageError("/register wants version, worker, url, instance, held")
    _check_scheme(str(url))
    return Hello(worker, addresses.parse_url(str(url)), str(instance), tuple(held))


def _check_scheme(url: str) -> None:
    """Raise UsageError where a worker and its coordinator are not both in TLS, or both not."""
    if url.startswith("https:") != tls.in_use():
        sides = ("this coordinator", "the worker")
        with_tls, without = sides if tls.in_use() else reversed(sides)
        raise UsageError(f"{with_tls} uses TLS, {without} does not: give both {tls.NEEDED}")


def _are_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def welcome_message(welcome: Welcome) -> dict[str, Any]:
    """The answer to ``/register``."""
    return {
        "status": "success",
        "session": welcome.session,
        "jobId": welcome.job_id,
        "pingInterval": welcome.ping_interval,
        "secret": welcome.secret,
    }


def parse_welcome(message: Json) -> Welcome:
    """The coordinator's answer to ``/register``; ValueError when it makes no sense."""
    session, job_id, interval = (message.get(n) for n in ("session", "jobId", "pingInterval"))
    secret = message.get("secret", "")
    if not all(isinstance(text, str) for text in (session, job_id, secret)):
        raise ValueError("no session or no job")
    if not isinstance(interval, (int, float)) or not 0 < interval <= limits.LONGEST_PING_INTERVAL:
        raise ValueError(f"no interval: {interval!r}")
    return Welcome(str(session), str(job_id), float(interval), str(secret))


def running_message(running: Sequence[str]) -> dict[str, Any]:
    """The body of ``/ping`` and ``/ask``, but for the session: what the worker is *running*."""
    return {"attempts": list(running)}


def parse_running(message: Json) -> list[str] | None:
    """The attempts that a worker tells; None if it does not tell. UsageError for nonsense."""
    attempts = message.get("attempts")
    if attempts is not None and not _are_strings(attempts):
        raise UsageError("attempts are a list of names")
    return attempts


def orders_message(orders: Orders) -> dict[str, Any]:
    """The answer to ``/ping`` and ``/submit``."""
    return {
        "status": "success",
        "cancel": list(orders.cancel),
        "release": list(orders.release),
        "fetch": [fetch_ahead.message(order) for order in orders.fetch],
    }


def parse_orders(message: Json) -> Orders:
    """The orders in any answer; ValueError when they make no sense."""
    cancel, release = (message.get(name, []) for name in ("cancel", "release"))
    if not _are_strings(cancel) or not _are_strings(release):
        raise ValueError("orders are lists of names")
    fetch = message.get("fetch", [])
    if not isinstance(fetch, list):
        raise ValueError("no list of what to fetch")
    return Orders(tuple(cancel), tuple(release), tuple(map(fetch_ahead.parse, fetch)))


def assignment_message(assignment: Assignment) -> dict[str, Any]:
    """The answer to ``/ask``."""
    return orders_message(assignment.orders) | {
        "task": assignment.what,
        "parameters": dict(assignment.parameters),
    }


def parse_assignment(message: Json) -> Assignment:
    """The coordinator's answer to ``/ask``; ValueError when it makes no sense."""
    what = message.get("task")
    if what not in (MAP, REDUCE, WAIT, END):
        raise ValueError(f"there is no task {what!r}")
    parameters = message.get("parameters", {})
    if not isinstance(parameters, dict) or not _are_strings(list(parameters.values())):
        raise ValueError("parameters are an object of strings")
    return Assignment(str(what), parameters, parse_orders(message))


class CoordinatorClient:
    """The calls of a joined worker to the coordinator at *address*. Thread-safe."""

    def __init__(self, address: Address) -> None:
        self._caller = Caller(address, only_proven=True)

    @property
    def token(self) -> str | None:
        """The token that both sides of the last connection have proved to know; None over UNIX."""
        return self._caller.token

    def call(self, path: str, message: Json) -> Json:
        """POST *message* to *path*; returns the answer.

        Raises the coordinator's error, or Unreachable.
        """
        answer = self._caller.call(
            path,
            Message(json.dumps(message), JSON),
            connect_timeout=limits.JOINED_PATIENCE,
            answer_timeout=limits.JOINED_PATIENCE,
            largest=limits.LARGEST_ORDERS,
        )
        reply = answer.json()
        if reply is None:
            raise Unreachable("its answer is no JSON object")
        if answer.status != 200:
            raise failures.parse_error(reply)
        return reply

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        self._caller.close_idle()
