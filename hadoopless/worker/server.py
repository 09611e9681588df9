"""One worker process: an HTTP server on bound sockets, until the process is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence

import tornado.web

from hadoopless.data.program.process import SpawnerGone
from hadoopless.entry import event_loop, startup
from hadoopless.wire import freed_memory, proof, tls, tokens
from hadoopless.wire.addresses import Address
from hadoopless.wire.intake import Application, Server
from hadoopless.wire.limits import LEAVE_PATIENCE
from hadoopless.wire.metrics import scraping
from hadoopless.worker.control import (
    CancelHandler,
    FetchAheadHandler,
    HealthHandler,
    HeldHandler,
    ReleaseHandler,
)
from hadoopless.worker.handlers import BaseHandler, NotFoundHandler, ProveHandler, TaskRunner
from hadoopless.worker.idle import Idleness, when_idle
from hadoopless.worker.join import JoinedWorker
from hadoopless.worker.metrics import MetricsHandler
from hadoopless.worker.services import Services, Settings
from hadoopless.worker.session import JobSecret

_log = logging.getLogger(__name__)

_EXPIRY_INTERVAL = 30.0
_SPAWNER_INTERVAL = 0.5
#: A job that follows within this time finds the memory of the last one still there.
_IDLE_INTERVAL = 5.0

Routes = Sequence[tuple[str, type[BaseHandler]]]


def make_app(services: Services, routes: Routes) -> Application:
    """The application of one worker: *routes* and the calls of this project's coordinator."""
    shared = {"services": services, "runner": TaskRunner()}
    ours: Routes = [
        (proof.PATH, ProveHandler),
        (r"/health", HealthHandler),
        (r"/cancel", CancelHandler),
        (r"/held", HeldHandler),
        (r"/release", ReleaseHandler),
        (r"/fetchAhead", FetchAheadHandler),
        (scraping.PATH, MetricsHandler),
    ]
    return Application(
        [(path, handler, shared) for path, handler in (*routes, *ours)],
        services.proofs,
        default_handler_class=NotFoundHandler,
        default_handler_args=shared,
        log_function=_log_request,
    )


def _log_request(handler: tornado.web.RequestHandler) -> None:
    request = handler.request
    _log.debug("%d %s %s", handler.get_status(), request.method, request.path)


def serve(
    sockets: list[socket.socket], url: str, settings: Settings, routes: Routes, lifeline: int
) -> None:
    """Serve until SIGTERM comes or the *lifeline* (the read end of a pipe) closes."""

    def token_of(other: str) -> str | None:
        return settings.token if other in settings.inventory else tokens.read(other)

    services = Services(settings, url, lambda: settings.token, token_of)
    try:
        event_loop.run(_serve(sockets, services, routes, lifeline))
    finally:
        services.close()


def serve_joined(
    listener: socket.socket,
    url: str,
    settings: Settings,
    routes: Routes,
    address: Address,
    worker: int,
    *,
    once: bool,
) -> None:
    """Serve map outputs while working for the coordinator at *address*; until SIGTERM or SIGINT.

    With *once* until the end of a job. Raises the error of a coordinator that refuses the worker.
    """
    peers = JobSecret()
    services = Services(settings, url, lambda: peers.token_of(url), peers.token_of)
    joined = JoinedWorker(address, worker, services, peers, once=once)
    ended, end = os.pipe()
    failed: list[Exception] = []

    def work() -> None:
        try:
            joined.run()
        except Exception as error:  # of any kind: the main thread raises it again
            failed.append(error)
        finally:
            os.close(end)

    working = threading.Thread(target=work, name="joined", daemon=True)
    try:
        event_loop.run(_serve([listener], services, routes, ended, working.start))
        joined.stop()
        working.join(LEAVE_PATIENCE)
        if not failed and not services.spawner.alive:
            failed.append(SpawnerGone())
    finally:
        services.close()
    if failed:
        raise failed[0]


async def _serve(
    sockets: list[socket.socket],
    services: Services,
    routes: Routes,
    lifeline: int,
    begin: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM, SIGINT or the end of the *lifeline*.

    Signals are expected when *begin* is called, which may tell the user that the worker runs.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        loop.add_signal_handler(signal.SIGINT, stopped.set)
    if startup.was_interrupted():
        stopped.set()
    loop.add_reader(lifeline, stopped.set)
    server = Server(make_app(services, routes), ssl_options=tls.context_of_servers())
    server.add_sockets(sockets)
    _log.info("worker %s is ready (process %d)", services.url, os.getpid())
    idleness = Idleness(services.tally, services.store)
    chores = [
        asyncio.create_task(_expire(services)),
        asyncio.create_task(when_idle(idleness.has_begun, _IDLE_INTERVAL, freed_memory.give_back)),
        asyncio.create_task(_watch_spawner(services, stopped)),
    ]
    begin()
    await stopped.wait()
    for number in (signal.SIGTERM, signal.SIGINT):
        # The second one, of a pool whose whole process group was told to stop, changes nothing.
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)
    for chore in chores:
        chore.cancel()
    server.stop()


async def _watch_spawner(services: Services, stopped: asyncio.Event) -> None:
    """Stop the worker when its spawner is gone: the parent starts another worker."""
    while services.spawner.alive:  # noqa: ASYNC110  # the end of a process is no event
        await asyncio.sleep(_SPAWNER_INTERVAL)
    _log.error("worker %s: the process that starts programs is gone", services.url)
    stopped.set()


async def _expire(services: Services) -> None:
    """Forget the map outputs of coordinators that have vanished."""
    idle = services.settings.keep_outputs
    while True:
        await asyncio.sleep(min(_EXPIRY_INTERVAL, max(_SPAWNER_INTERVAL, idle / 2)))
        services.fetched_ahead.expire(idle)
        expired = services.store.expire(idle)
        if expired:
            _log.info("forgot %d map output(s) that nobody fetched or released", len(expired))
