"""The push driver: calls the workers of a pool over HTTP, a thread for each attempt in flight.

Each worker is also watched by a thread of its own. What the threads learn goes into the queue as
events; the scheduler draws the conclusions.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from hadoopless import threads
from hadoopless.coordinator.attempts import (
    Explain,
    failed,
    fetch_order,
    map_request,
    map_succeeded,
    reduce_request,
    reduce_succeeded,
    with_reduce_line,
)
from hadoopless.coordinator.loop import Events
from hadoopless.coordinator.push.client import Stranger, WorkerClient
from hadoopless.errors import MapReduceError, WorkerError
from hadoopless.job import JobSpec
from hadoopless.scheduler import (
    Action,
    AttemptFailed,
    AttemptSucceeded,
    CancelAttempt,
    EndReason,
    FetchAhead,
    MapOutputRestored,
    ReleaseOutputs,
    StartAttempt,
    WorkerJoined,
    WorkerLost,
)
from hadoopless.wire.limits import CHORE_TIMEOUT, TELL_AFTER
from hadoopless.wire.unreachable import Silent, Unreachable

if TYPE_CHECKING:
    from hadoopless.coordinator.journal import Past

_log = logging.getLogger(__name__)


class _Watch:
    """The known life of one worker; its lock makes each change one event."""

    def __init__(self, client: WorkerClient) -> None:
        self.client = client
        self.lock = threading.Lock()
        self.instance: str | None = None
        self.heard = time.monotonic()


class PushDriver:
    """Drives one job on *clients*; see :class:`hadoopless.coordinator.loop.Driver`."""

    def __init__(
        self,
        spec: JobSpec,
        clients: Sequence[WorkerClient],
        events: Events,
        *,
        slots: int,
        worker_timeout: float,
        explain: Explain = with_reduce_line,
    ) -> None:
        self._spec = spec
        self._events = events
        self._slots = slots
        self._timeout = worker_timeout
        self._explain = explain
        self._watches = {client.url: _Watch(client) for client in clients}
        self._stopped = threading.Event()
        self._chores = ThreadPoolExecutor(max(1, len(clients)), "chores")

    def start(self) -> None:
        """Begin to watch the workers; each joins when it answers for the first time."""
        for watch in self._watches.values():
            self._hear(watch, self._timeout)
            threading.Thread(target=self._keep_watching, args=(watch,), daemon=True).start()

    def restore(self, past: Past) -> None:
        """Tell the scheduler which map outputs of an earlier coordinator the workers still hold."""
        for url, watch in self._watches.items():
            of_worker = [(i, done) for i, done in past.maps.items() if done.worker == url]
            if of_worker and watch.instance is not None:
                try:
                    held = watch.client.held(past.job_id, self._timeout)
                except Unreachable:
                    continue
                for index, done in of_worker:
                    if done.output.map_task_id in held:
                        self._events.put(MapOutputRestored(index, url, done.output, done.report))

    def stop(self) -> None:
        """Stop watching; the workers forget the job, and what late attempts have left."""
        self._stopped.set()
        self._chores.shutdown(wait=True)
        clients = [watch.client for watch in self._watches.values() if watch.instance is not None]
        with ThreadPoolExecutor(max(1, len(clients))) as callers:
            for client in clients:
                callers.submit(client.release_job, self._spec.job_id, CHORE_TIMEOUT)

    def carry_out(self, action: Action) -> None:
        """Start what *action* asks for."""
        match action:
            case StartAttempt():
                work = self._reduce if action.attempt.task.is_reduce else self._map
                threads.run(partial(self._attempt, action, work), "attempt")
            case CancelAttempt(attempt, worker):
                job_id = self._spec.job_id
                self._chore(
                    lambda: self._client(worker).cancel(job_id, attempt.name, CHORE_TIMEOUT)
                )
            case ReleaseOutputs(worker, ids):
                self._chore(lambda: self._client(worker).release(ids, CHORE_TIMEOUT))
            case FetchAhead():
                self._chore(partial(self._fetch_ahead, action))
            case _:
                pass  # CommitOutput: our workers and the plain ones commit before they answer

    def loads(self) -> list[tuple[str, int, float]]:
        """The workers that have told their load, each with it."""
        clients = (watch.client for watch in self._watches.values())
        return [(client.url, *client.load) for client in clients if client.load[0]]

    def _client(self, worker: str) -> WorkerClient:
        return self._watches[worker].client

    def _chore(self, work: Callable[[], None]) -> None:
        def do() -> None:
            try:
                work()
            except Unreachable as error:
                _log.debug("a call that nobody waits for failed: %s", error)

        self._chores.submit(do)

    def _fetch_ahead(self, action: FetchAhead) -> None:
        order = fetch_order(self._spec, action)
        self._client(action.worker).fetch_ahead(order, CHORE_TIMEOUT)

    # Attempts ---------------------------------------------------------------------------------

    def _attempt(
        self, action: StartAttempt, work: Callable[[StartAttempt], AttemptSucceeded]
    ) -> None:
        """One attempt from start to report, in a thread of its own."""
        attempt, worker = action.attempt, action.worker
        try:
            self._events.put(work(action))
            return
        except Unreachable as error:
            # The worker's process may be a new one by now, which holds none of the outputs.
            self._hear(self._watches[worker], self._timeout)
            lost = MapReduceError(str(error))
            self._events.put(AttemptFailed(attempt, worker, EndReason.WORKER_LOST, lost))
            return
        except MapReduceError as error:
            broken = error
        except (ValueError, TypeError) as error:
            broken = WorkerError(f"its answer makes no sense: {error}")
        if not self._stopped.is_set():  # a worker that stops with its job is in no trouble
            self._events.put(failed(attempt, worker, broken, self._spec, self._explain))

    def _map(self, action: StartAttempt) -> AttemptSucceeded:
        request = map_request(self._spec, action.attempt, self._slots if action.ahead else 0)
        output, report = self._client(action.worker).map(request, self._timeout)
        return map_succeeded(action.attempt, action.worker, output, report, self._spec)

    def _reduce(self, action: StartAttempt) -> AttemptSucceeded:
        request = reduce_request(self._spec, action.attempt, action.map_outputs)
        report = self._client(action.worker).reduce(request, self._timeout)
        return reduce_succeeded(action.attempt, action.worker, report, request.expected)

    # Life of workers --------------------------------------------------------------------------

    def _keep_watching(self, watch: _Watch) -> None:
        while not self._stopped.wait(min(1.0, self._timeout / 4)):
            self._hear(watch, self._timeout)

    def _hear(self, watch: _Watch, patience: float) -> None:
        """Ask a worker whether it lives, and tell the scheduler what has changed."""
        with watch.lock:
            try:
                instance = self._health(watch, patience)
            except Stranger as error:
                self._lost(watch, f"it {error.why}")
                return
            except (Unreachable, MapReduceError) as error:
                # One of the two of us can open nothing more, say: that passes, and costs no output.
                passing = isinstance(error, WorkerError)
                if not passing or time.monotonic() - watch.heard > max(patience, self._timeout):
                    self._lost(watch, str(error))
                return
            watch.heard = time.monotonic()
            if watch.instance is not None and watch.instance != instance:
                self._lost(watch, "it was started anew")
            if watch.instance is None:
                watch.instance = instance
                client = watch.client
                self._events.put(WorkerJoined(client.url, self._slots, client.takes_ahead))

    def _health(self, watch: _Watch, patience: float) -> str:
        """The answer of a worker that may take *patience* seconds; the log tells of a long wait."""
        job_id, client = self._spec.job_id, watch.client
        if watch.instance is None or patience <= TELL_AFTER:
            return client.health(job_id, patience)
        try:
            return client.health(job_id, TELL_AFTER, patience)
        except Silent:
            left = patience - TELL_AFTER
            if not self._stopped.is_set():
                _log.warning(
                    "worker %s has not answered for %.0f s; it is taken for lost in %.0f s",
                    *(client.url, TELL_AFTER, left),
                )
            return client.health(job_id, left, patience)

    def _lost(self, watch: _Watch, why: str) -> None:
        if watch.instance is not None and not self._stopped.is_set():
            _log.warning("lost worker %s: %s", watch.client.url, why)
            watch.instance = None
            watch.client.hang_up(f"it is lost: {why}")
            self._events.put(WorkerLost(watch.client.url))
