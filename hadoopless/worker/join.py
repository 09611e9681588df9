"""A worker that joins a coordinator (docs/pull.md): it registers, pings, asks, runs, submits.

Three threads: the event loop serves map outputs to other workers; one asks for tasks and runs
them; one pings, and carries out what the answers order. When the coordinator is gone, so is its
running task; finished map outputs stay, because a resumed coordinator may want them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from hadoopless.data.program.cancellation import Cancellation, timed_out
from hadoopless.data.program.commands import Root
from hadoopless.data.program.process import SpawnerGone
from hadoopless.errors import Cancelled, ForbiddenError, MapReduceError, UnknownSession, UsageError
from hadoopless.wire import failures, joining, replies, tasks, tokens
from hadoopless.wire.addresses import Address
from hadoopless.wire.caller import Unreachable
from hadoopless.wire.limits import JOINED_RETRY
from hadoopless.worker.border import own_errors
from hadoopless.worker.services import Services
from hadoopless.worker.tasks.map_task import run_map_task
from hadoopless.worker.tasks.reduce_task import run_reduce_task

_log = logging.getLogger(__name__)

Parsed = TypeVar("Parsed")


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
        address: Address,
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
        #: Attempts of this session that shall not run; the order may be here before the attempt.
        self._cancelled: set[str] = set()
        self._told = ""

    def run(self) -> None:
        """Work for one coordinator after the other, until stopped or, with *once*, one job's end.

        Raises the error of a coordinator that refuses this worker.
        """
        refused = False
        while not self._stopped.is_set():
            caller = joining.CoordinatorClient(self._address)
            try:
                welcome = self._register(caller)
                refused = False
                if self._work(caller, welcome) and self._once:
                    return
            except (UsageError, SpawnerGone):
                raise
            except ForbiddenError:
                # It may have written its token between our look at it and our call.
                if refused:
                    raise
                refused = True
            except MapReduceError as error:
                self._tell(str(error))
            except Unreachable:
                self._tell(f"waiting for a coordinator at {self._address}")
            finally:
                caller.close()
            self._stopped.wait(JOINED_RETRY)

    def stop(self) -> None:
        """Stop what runs, take leave, and let :meth:`run` return."""
        self._stopped.set()
        self._cancel_running(Cancelled("the worker was stopped"))

    def _tell(self, text: str) -> None:
        """Log *text*, once for as long as it holds."""
        if text != self._told:
            _log.info("%s", text)
            self._told = text

    def _register(self, caller: joining.CoordinatorClient) -> joining.Welcome:
        store = self._services.store
        held = [name for job in store.job_ids() for name in store.held(job)]
        settings = self._services.settings
        hello = joining.Hello(self._worker, self._services.url, settings.token, tuple(held))
        answer = caller.call("/register", joining.hello_message(hello))
        welcome = self._understood(joining.parse_welcome, answer)
        self._cancelled = set()
        self._tell(f"joined the coordinator at {self._address} as worker {self._worker}")
        self._told = ""
        for job in store.job_ids() - {welcome.job_id}:
            store.release_job(job)
        return welcome

    def _understood(self, parse: Callable[[joining.Json], Parsed], answer: joining.Json) -> Parsed:
        """What *parse* makes of an *answer*; UsageError when it makes no sense."""
        try:
            return parse(answer)
        except ValueError as error:
            raise UsageError(
                f"nobody who speaks our protocol is at {self._address}: {error}"
            ) from error

    def _work(self, caller: joining.CoordinatorClient, welcome: joining.Welcome) -> bool:
        """Run tasks until the job is over (True) or the coordinator is gone."""
        session = {"session": welcome.session}
        lost = threading.Event()
        pings = threading.Thread(
            target=self._keep_pinging, args=(session, welcome, lost), daemon=True
        )
        pings.start()
        try:
            while not self._stopped.is_set():
                if lost.is_set():
                    raise UnknownSession("the coordinator does not hear this worker any more")
                answer = caller.call("/ask", session)
                assignment = self._understood(joining.parse_assignment, answer)
                self._obey(assignment.orders)
                if assignment.what == joining.END:
                    self._tell("the job is over")
                    self._services.store.release_job(welcome.job_id)
                    return True
                if assignment.what in (joining.MAP, joining.REDUCE):
                    caller.close()  # a server closes what was idle for as long as a task may take
                    reply = self._run(assignment, lost)
                    self._submit(caller, session, assignment, reply)
            caller.call("/leave", session)
            return False
        except SpawnerGone:
            caller.call("/leave", session)
            raise
        finally:
            lost.set()
            pings.join()

    def _submit(
        self,
        caller: joining.CoordinatorClient,
        session: dict[str, str],
        assignment: joining.Assignment,
        reply: dict[str, Any],
    ) -> None:
        name = assignment.parameters.get("attempt", "")
        report = session | {"attempt": name, "reply": reply}
        try:
            answer = caller.call("/submit", report)
        except (UnknownSession, Unreachable) as error:
            if isinstance(error, UnknownSession) or error.unheard:
                # For sure nobody has heard it, so nobody else will remove the file.
                _withdraw(assignment)
            raise
        self._obey(self._understood(joining.parse_orders, answer))

    def _keep_pinging(
        self, session: dict[str, str], welcome: joining.Welcome, lost: threading.Event
    ) -> None:
        """Ping until *lost*; when nobody answers for long, stop what runs and set it."""
        caller = joining.CoordinatorClient(self._address)
        try:
            while not lost.wait(welcome.ping_interval):
                answer = caller.call("/ping", session)
                self._obey(self._understood(joining.parse_orders, answer))
                # Its coordinator lives: map outputs may not expire.
                self._services.store.touch_job(welcome.job_id)
        except (Unreachable, MapReduceError) as error:
            with self._lock:
                lost.set()
            self._cancel_running(Cancelled(f"its coordinator is gone: {error}"))
        finally:
            caller.close()

    def _obey(self, orders: joining.Orders) -> None:
        self._services.store.discard(orders.release)
        with self._lock:
            self._cancelled.update(orders.cancel)
            running = self._running
        if running is not None and running[0] in orders.cancel:
            running[1].cancel(Cancelled("cancelled by its coordinator"))

    def _cancel_running(self, error: Cancelled) -> None:
        with self._lock:
            running = self._running
        if running is not None:
            running[1].cancel(error)

    def _begin(self, name: str, lost: threading.Event) -> Cancellation:
        """Let the attempt *name* be cancelled from now on, or cancel it if that was wanted."""
        cancellation = Cancellation()
        with self._lock:
            self._running = (name, cancellation)
            unwanted = name in self._cancelled or lost.is_set() or self._stopped.is_set()
        if unwanted:
            cancellation.cancel(Cancelled("cancelled before it began"))
        return cancellation

    def _run(self, assignment: joining.Assignment, lost: threading.Event) -> dict[str, Any]:
        """Run one task; the reply to submit, good or bad."""
        name = assignment.parameters.get("attempt") or ""
        cancellation = self._begin(name, lost)
        run = self._run_map if assignment.what == joining.MAP else self._run_reduce
        try:
            with own_errors(name):
                return run(assignment, cancellation)
        except SpawnerGone:
            raise
        except MapReduceError as error:
            return failures.error_reply(error)
        finally:
            with self._lock:
                self._running = None

    def _run_map(
        self, assignment: joining.Assignment, cancellation: Cancellation
    ) -> dict[str, Any]:
        request = tasks.parse_map(assignment.parameters.get)
        root = Root(request.context.cwd or "/")
        with _time_limit(request.context, cancellation):
            return replies.map_reply(*run_map_task(request, root, self._services, cancellation))

    def _run_reduce(
        self, assignment: joining.Assignment, cancellation: Cancellation
    ) -> dict[str, Any]:
        get = assignment.parameters.get
        request = tasks.parse_reduce(get)
        root = Root(request.context.cwd or "/")
        name = get("submitAs") or ""
        self._peers.learn(assignment.tokens)
        with _time_limit(request.context, cancellation):
            report = run_reduce_task(
                request,
                root,
                self._services,
                cancellation,
                commit=lambda output: output.hand_over(name),
            )
        return replies.reduce_reply(report)


def _withdraw(assignment: joining.Assignment) -> None:
    """Remove the output that a reduce task has left for its coordinator."""
    get = assignment.parameters.get
    name = get("submitAs")
    if name:
        directory = Root(get("cwd") or "/").path(get("jobPath") or "")
        (directory / name).unlink(missing_ok=True)


@contextmanager
def _time_limit(context: tasks.TaskContext, cancellation: Cancellation) -> Iterator[None]:
    """Cancel what runs longer than its job allows."""
    if context.timeout is None:
        yield
        return
    error = timed_out(context.timeout)
    alarm = threading.Timer(context.timeout, cancellation.cancel, (error,))
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()
