"""A worker that joins a coordinator (SPEC part B): registers, pings, asks, runs, submits.

Three threads: the event loop serves map outputs to other workers; one asks for tasks and runs
them; one pings, and carries out what the answers order. When the coordinator is gone, so is its
running task; finished map outputs stay, because a resumed coordinator may want them.
"""

from __future__ import annotations

import http.client
import logging
import threading
from collections.abc import Mapping
from typing import Any

from mapreduce import rpc, tokens, wire
from mapreduce.data.commands import Place
from mapreduce.data.program import Cancellation, timed_out
from mapreduce.errors import (
    Cancelled,
    ForbiddenError,
    MapReduceError,
    UnknownSession,
    UsageError,
)
from mapreduce.worker.map_task import run_map_task
from mapreduce.worker.reduce_task import run_reduce_task
from mapreduce.worker.services import Services

_log = logging.getLogger(__name__)

#: A call that takes longer than this has no one at the other end.
_PATIENCE = 10.0
_RETRY = 0.25

_NOBODY = (OSError, http.client.HTTPException)


class PeerTokens:
    """The secrets of the other workers' data servers, as the coordinator tells them."""

    def __init__(self) -> None:
        self._known: Mapping[str, str] = {}

    def learn(self, known: Mapping[str, str]) -> None:
        """Take over what came with a task."""
        self._known = known

    def headers(self, url: str) -> dict[str, str]:
        """The request headers for a worker's URL."""
        return tokens.headers(self._known.get(url))


class JoinedWorker:
    """One worker of whatever coordinator listens at *address*."""

    def __init__(
        self,
        address: rpc.Address,
        worker: int,
        services: Services,
        peers: PeerTokens,
        *,
        once: bool,
    ) -> None:
        self._address = address
        self._worker = worker
        self._services = services
        self._peers = peers
        self._once = once
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        #: The task that runs, and its name.
        self._running: tuple[str, Cancellation] | None = None

    def run(self) -> None:
        """Work for one coordinator after the other, until stopped or, with *once*, one job's end.

        Raises the error of a coordinator that refuses this worker.
        """
        told = False
        while not self._stopped.is_set():
            caller = rpc.Caller(self._address, _PATIENCE)
            try:
                welcome = self._register(caller)
                told = False
                if self._work(caller, welcome) and self._once:
                    return
            except (UsageError, ForbiddenError):
                raise
            except MapReduceError as error:
                _log.warning("%s", error)
            except _NOBODY:
                if not told:
                    _log.info("waiting for a coordinator at %s", self._address)
                    told = True
            finally:
                caller.close()
            self._stopped.wait(_RETRY)

    def stop(self) -> None:
        """Stop what runs, take leave, and let :meth:`run` return."""
        self._stopped.set()
        self._cancel_running(Cancelled("the worker was stopped"))

    def _register(self, caller: rpc.Caller) -> rpc.Welcome:
        store = self._services.store
        held = [name for job in store.job_ids() for name in store.held(job)]
        settings = self._services.settings
        hello = rpc.Hello(self._worker, self._services.url, settings.token, tuple(held))
        try:
            welcome = rpc.parse_welcome(caller.call("/register", rpc.hello_message(hello)))
        except (KeyError, ValueError, TypeError) as error:
            raise UsageError(f"nobody who speaks our protocol is at {self._address}") from error
        _log.info("joined the coordinator at %s as worker %d", self._address, self._worker)
        for job in store.job_ids() - {welcome.job_id}:
            store.release_job(job)
        return welcome

    def _work(self, caller: rpc.Caller, welcome: rpc.Welcome) -> bool:
        """Run tasks until the job is over (True) or the coordinator is gone."""
        session = {"session": welcome.session}
        lost = threading.Event()
        pings = threading.Thread(
            target=self._keep_pinging, args=(session, welcome.ping_interval, lost), daemon=True
        )
        pings.start()
        try:
            while not self._stopped.is_set():
                if lost.is_set():
                    raise UnknownSession("the coordinator does not hear this worker any more")
                assignment = rpc.parse_assignment(caller.call("/ask", session))
                self._obey(assignment.orders)
                if assignment.what == rpc.END:
                    _log.info("the job is over")
                    self._services.store.release_job(welcome.job_id)
                    return True
                if assignment.what in (rpc.MAP, rpc.REDUCE):
                    reply = self._run(assignment)
                    name = assignment.parameters.get("attempt", "")
                    report = session | {"attempt": name, "reply": reply}
                    self._obey(rpc.parse_orders(caller.call("/submit", report)))
            caller.call("/leave", session)
            return False
        finally:
            lost.set()
            pings.join()

    def _keep_pinging(
        self, session: dict[str, str], interval: float, lost: threading.Event
    ) -> None:
        """Ping until *lost*; when nobody answers for long, stop what runs and set it."""
        caller = rpc.Caller(self._address, _PATIENCE)
        try:
            while not lost.wait(interval):
                self._obey(rpc.parse_orders(caller.call("/ping", session)))
        except (*_NOBODY, MapReduceError) as error:
            lost.set()
            self._cancel_running(Cancelled(f"its coordinator is gone: {error}"))
        finally:
            caller.close()

    def _obey(self, orders: rpc.Orders) -> None:
        self._services.store.discard(orders.release)
        with self._lock:
            running = self._running
        if running is not None and running[0] in orders.cancel:
            running[1].cancel(Cancelled("cancelled by its coordinator"))

    def _cancel_running(self, error: Cancelled) -> None:
        with self._lock:
            running = self._running
        if running is not None:
            running[1].cancel(error)

    def _run(self, assignment: rpc.Assignment) -> dict[str, Any]:
        """Run one task; the reply to submit, good or bad."""
        get = assignment.parameters.get
        cancellation = Cancellation()
        alarm: threading.Timer | None = None
        with self._lock:
            self._running = (get("attempt") or "", cancellation)
        try:
            if assignment.what == rpc.MAP:
                request = wire.parse_map(get)
                alarm = _alarm(request.context, cancellation)
                place = Place(request.context.cwd or "/")
                return wire.map_reply(*run_map_task(request, place, self._services, cancellation))
            reduce = wire.parse_reduce(get)
            alarm = _alarm(reduce.context, cancellation)
            self._peers.learn(assignment.tokens)
            name = get("submitAs") or ""
            report = run_reduce_task(
                reduce,
                Place(reduce.context.cwd or "/"),
                self._services,
                cancellation,
                commit=lambda output: output.hand_over(name),
            )
            return wire.reduce_reply(report)
        except MapReduceError as error:
            return wire.error_reply(error)
        finally:
            if alarm is not None:
                alarm.cancel()
            with self._lock:
                self._running = None


def _alarm(context: wire.TaskContext, cancellation: Cancellation) -> threading.Timer | None:
    if context.timeout is None:
        return None
    error = timed_out(context.timeout)
    alarm = threading.Timer(context.timeout, cancellation.cancel, (error,))
    alarm.daemon = True
    alarm.start()
    return alarm
