"""The server of the pages: on loopback, for the browser of one user, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

import tornado.web
from msgspec import Struct

from hadoopless.entry import startup
from hadoopless.page import handlers
from hadoopless.page.entrance import Entrance, OpenHandler
from hadoopless.page.hub import Hub
from hadoopless.page.jobs import Jobs
from hadoopless.wire.intake import Server
from hadoopless.wire.limits import JOINED_HEADER

_log = logging.getLogger(__name__)

_KEY = r"jobs/([^/]{1,300})/"
_CHORE_INTERVAL = 0.5


class Ending(Struct, frozen=True):
    """When a server ends by itself: never, by default."""

    #: Seconds after the end of the job and the last look at it.
    linger: float | None = None
    #: True as long as what the server was started for goes on.
    goes_on: Callable[[], bool] = lambda: False
    #: The read end of a pipe that closes with the process for which the server was started.
    lifeline: int | None = None


def make_app(entrance: Entrance, jobs: Jobs, hub: Hub) -> tornado.web.Application:
    """The application: all paths but the link's lie below a random one."""
    shown = {"entrance": entrance, "jobs": jobs, "hub": hub}
    root = entrance.root
    routes: list[Any] = [
        (r"/open", OpenHandler, {"entrance": entrance}),
        (rf"{root}", handlers.ListHandler, shown),
        (rf"{root}{_KEY}", handlers.JobHandler, shown),
        (rf"{root}{_KEY}data", handlers.DataHandler, shown),
        (rf"{root}{_KEY}events", handlers.EventsHandler, shown),
        (rf"{root}{_KEY}compare", handlers.CompareHandler, shown),
        (rf"{root}{_KEY}what-if", handlers.WhatIfHandler, shown),
    ]
    return tornado.web.Application(
        routes,
        default_handler_class=handlers.NotFoundHandler,
        default_handler_args={"entrance": entrance},
        log_function=_log_request,
    )


def _log_request(handler: tornado.web.RequestHandler) -> None:
    # Without the query: that of the link has the token.
    _log.debug("%d %s", handler.get_status(), handler.request.path)


async def serve(listener: socket.socket, entrance: Entrance, jobs: Jobs, ending: Ending) -> None:
    """Serve until SIGTERM or SIGINT comes, or until *ending* says so."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stopped.set)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        loop.add_signal_handler(signal.SIGINT, stopped.set)
    if startup.was_interrupted():
        stopped.set()
    if ending.lifeline is not None:
        loop.add_reader(ending.lifeline, stopped.set)
    hub = Hub()
    server = Server(make_app(entrance, jobs, hub), max_header_size=JOINED_HEADER)
    server.add_sockets([listener])
    chores = [asyncio.create_task(hub.run())]
    if ending.linger is not None:
        chores.append(asyncio.create_task(_linger(hub, ending, stopped)))
    await stopped.wait()
    for chore in chores:
        chore.cancel()
    server.stop()
    hub.close()


async def _linger(hub: Hub, ending: Ending, stopped: asyncio.Event) -> None:
    """Stop some time after all has ended and nobody looks."""
    linger = ending.linger or 0.0
    while ending.goes_on() or time.monotonic() < hub.last_asked + linger:
        if ending.goes_on():
            hub.last_asked = time.monotonic()
        await asyncio.sleep(_CHORE_INTERVAL)
    stopped.set()
