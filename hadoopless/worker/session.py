"""The session of a joined worker with one coordinator: it asks, runs, submits, and pings.

One thread asks for tasks; each task runs in a thread of its own, which submits its report; another
one pings. All carry out what the answers order. Behind a map that runs the worker asks for one more
task, so that the next program starts while the output of the last one is sorted.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from hadoopless import threads
from hadoopless.data.output.commit import Pending
from hadoopless.data.program.cancellation import Cancellation, timed_out
from hadoopless.data.program.commands import Root
from hadoopless.data.program.process import SpawnerGone
from hadoopless.errors import (
    Cancelled,
    MapReduceError,
    UnknownSession,
    UsageError,
    WorkerError,
)
from hadoopless.hdfs.names import is_hdfs
from hadoopless.wire import proof
from hadoopless.wire.addresses import Address
from hadoopless.wire.limits import JOINED_RETRY
from hadoopless.wire.messages import failures, joining, replies, tasks
from hadoopless.wire.unreachable import Damaged, Unreachable
from hadoopless.worker.border import own_errors
from hadoopless.worker.permits import Permits
from hadoopless.worker.revoked import Revoked
from hadoopless.worker.services import Services
from hadoopless.worker.tasks.counted import count_map_task, count_reduce_task

Parsed = TypeVar("Parsed")

_log = logging.getLogger(__name__)


class JobSecret:
    """The secret that the workers of a job share; their token for each other follows from it."""

    def __init__(self) -> None:
        self.learn(None)

    def learn(self, secret: str | None) -> None:
        """Take the secret of the job that this worker has joined; without one, nobody knows it."""
        self._secret = secret or proof.new_nonce()

    def token_of(self, url: str) -> str:
        """The token of the data server at *url*."""
        return proof.of_data_servers(self._secret)


class Running:
    """The attempts that a session runs, and the orders to cancel attempts. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancellations: dict[str, Cancellation] = {}
        self._revoked = Revoked()
        self._stopped = False

    @contextmanager
    def attempt(self, name: str) -> Iterator[Cancellation]:
        """Let the attempt *name* be cancelled while it runs; it may be cancelled from the start."""
        cancellation = Cancellation()
        with self._lock:
            self._cancellations[name] = cancellation
            unwanted = self._revoked.take(name) or self._stopped
        if unwanted:
            cancellation.cancel(Cancelled("cancelled before it began"))
        try:
            yield cancellation
        finally:
            with self._lock:
                del self._cancellations[name]

    def cancel(self, names: Collection[str]) -> None:
        """Cancel the attempts *names*, now or when they begin."""
        with self._lock:
            found = [self._cancellations[name] for name in names if name in self._cancellations]
            for name in names:
                if name not in self._cancellations:
                    self._revoked.add(name)
        for cancellation in found:
            cancellation.cancel(Cancelled("cancelled by its coordinator"))

    def stop(self, error: Cancelled) -> None:
        """Cancel what runs with *error*, and all that would begin later."""
        with self._lock:
            self._stopped = True
            found = list(self._cancellations.values())
        for cancellation in found:
            cancellation.cancel(error)


class Session:
    """The work of a joined worker for one coordinator, from the registration on."""

    def __init__(
        self,
        address: Address,
        client: joining.CoordinatorClient,
        welcome: joining.Welcome,
        services: Services,
        stopped: threading.Event,
    ) -> None:
        """*client* makes all calls but the pings; *stopped* is set to stop the worker."""
        self._address = address
        self._client = client
        self._welcome = welcome
        self._services = services
        self._stopped = stopped
        #: The field that each call begins with.
        self._id = {"session": welcome.session}
        self._running = Running()
        self._permits = Permits()
        #: The last trouble of this worker that the log tells of.
        self._told = ""
        #: The tasks that were given to this worker and are not submitted yet, by their attempts.
        self._given: dict[str, joining.Assignment] = {}
        #: The error that has ended a thread of an attempt, and with it the session.
        self._error: BaseException | None = None
        #: Guards these two; notified when they change, and when the worker stops.
        self._changed = threading.Condition()
        #: Output files that were submitted by calls which nobody has answered.
        self._doubtful: list[Path] = []
        #: Set when the coordinator is gone, or when the session ends.
        self._over = threading.Event()

    def stop(self) -> None:
        """Cancel what runs: the worker stops."""
        self._running.stop(Cancelled("the worker was stopped"))
        with self._changed:
            self._changed.notify_all()

    def withdraw(self) -> None:
        """Remove the output files of which no coordinator knows: nobody else will."""
        while self._doubtful:
            self._doubtful.pop().unlink(missing_ok=True)  # one that was committed has another name

    def work(self) -> bool:
        """Run tasks until the job is over (True) or the worker is stopped.

        Raises UnknownSession and Unreachable when the coordinator is gone, and what it answers.
        """
        pings = threading.Thread(target=self._keep_pinging, daemon=True)
        pings.start()
        try:
            if self._keep_asking():
                self._wait_for_attempts()
                self.withdraw()  # the coordinator commits nothing more
                self._services.store.release_job(self._welcome.job_id)
                return True
            self._wait_for_attempts()
            self._client.call("/leave", self._id)
            return False
        except SpawnerGone:
            self._client.call("/leave", self._id)
            raise
        finally:
            self._over.set()
            self._running.stop(Cancelled("its coordinator is gone"))
            self._wait_for_attempts()
            pings.join()
            self._services.fetched_ahead.release_job(self._welcome.job_id)

    def _keep_asking(self) -> bool:
        """Ask for tasks and begin them until the job is over (True) or the worker is stopped."""
        while True:
            self._wait_for_place()
            if self._stopped.is_set():
                return False
            if self._error is not None:
                raise self._error
            if self._over.is_set():
                raise UnknownSession("the coordinator does not hear this worker any more")
            answer = self._call("/ask", self._id | joining.running_message(self._attempts()))
            assignment = understood(joining.parse_assignment, answer, self._address)
            self._obey(assignment.orders)
            if assignment.what == joining.END:
                return True
            if assignment.what != joining.WAIT:
                self._begin(assignment)

    def _wait_for_place(self) -> None:
        """Wait until another task may be given: behind one map there is place for one ahead."""
        with self._changed:
            self._changed.wait_for(self._may_ask)

    def _may_ask(self) -> bool:
        whats = [assignment.what for assignment in self._given.values()]
        ends = self._stopped.is_set() or self._over.is_set()
        return ends or not whats or whats == [joining.MAP]

    def _wait_for_attempts(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._given)

    def _attempts(self) -> list[str]:
        with self._changed:
            return list(self._given)

    def _begin(self, assignment: joining.Assignment) -> None:
        """Run the task of *assignment* in a thread of its own, unless it runs already."""
        with self._changed:
            if _attempt_of(assignment) in self._given:
                return
            self._given[_attempt_of(assignment)] = assignment
        work = partial(self._run_and_submit, assignment)
        try:
            threads.run(work, "attempt")
        except RuntimeError:  # the user may have no more threads
            work()

    def _run_and_submit(self, assignment: joining.Assignment) -> None:
        error: BaseException | None = None
        try:
            self._submit(assignment, self._run(assignment))
        except BaseException as caught:
            error = caught
        with self._changed:
            if error is not None:
                self._error = self._error or error
                self._over.set()
            del self._given[_attempt_of(assignment)]
            self._changed.notify_all()

    def _call(self, path: str, message: joining.Json) -> joining.Json:
        """The coordinator's answer; a call that this worker cannot make now is made again later.

        No descriptor may be left, say, or a bit was flipped on the way. That is no sign that the
        coordinator is gone, and what this session has done would be lost with it. A call that was
        heard twice is answered as if once.
        """
        while True:
            try:
                return self._client.call(path, message)
            except (WorkerError, Damaged) as error:
                self._tell_trouble(error)
                if self._over.is_set() or self._stopped.wait(JOINED_RETRY):
                    raise

    def _tell_trouble(self, error: WorkerError | Damaged) -> None:
        if str(error) != self._told:
            self._told = str(error)
            _log.warning("cannot call the coordinator now, and tries again: %s", error)

    def _submit(self, assignment: joining.Assignment, reply: dict[str, Any]) -> None:
        report = self._id | {"attempt": _attempt_of(assignment), "reply": reply}
        try:
            answer = self._call("/submit", report)
        except (UnknownSession, Unreachable) as error:
            if output := _left_output(assignment):
                self._doubtful.append(output)
            if isinstance(error, UnknownSession) or error.unheard:
                self.withdraw()  # nobody has heard of the file for sure
            raise
        self._obey(understood(joining.parse_orders, answer, self._address))

    def _keep_pinging(self) -> None:
        """Ping until the session is over; end it when nobody answers."""
        client = joining.CoordinatorClient(self._address)
        try:
            while not self._over.wait(self._welcome.ping_interval):
                try:
                    running = joining.running_message(self._attempts())
                    answer = client.call("/ping", self._id | running)
                except (WorkerError, Damaged) as error:
                    self._tell_trouble(error)
                    continue  # the coordinator says later whether it has missed this ping
                self._obey(understood(joining.parse_orders, answer, self._address))
                # The job's coordinator lives: what is here may not expire.
                self._services.store.touch_job(self._welcome.job_id)
                self._services.fetched_ahead.touch_job(self._welcome.job_id)
        except (Unreachable, MapReduceError) as error:
            self._over.set()
            self._running.stop(Cancelled(f"its coordinator is gone: {error}"))
            with self._changed:
                self._changed.notify_all()
        finally:
            client.close()

    def _obey(self, orders: joining.Orders) -> None:
        self._services.store.discard(orders.release)
        self._running.cancel(orders.cancel)
        for order in orders.fetch:
            self._services.fetched_ahead.obey(order)

    # Tasks ------------------------------------------------------------------------------------

    def _run(self, assignment: joining.Assignment) -> dict[str, Any]:
        """Run one task; returns the reply to submit, good or bad."""
        name = _attempt_of(assignment)
        run = self._run_map if assignment.what == joining.MAP else self._run_reduce
        try:
            with self._running.attempt(name) as cancellation, own_errors(name):
                return run(assignment, cancellation)
        except SpawnerGone:
            raise
        except MapReduceError as error:
            if isinstance(error, WorkerError):
                _log.warning("in trouble with %s: %s", name or "a task", error)
            return failures.error_reply(error)

    def _run_map(
        self, assignment: joining.Assignment, cancellation: Cancellation
    ) -> dict[str, Any]:
        get = assignment.parameters.get
        request = tasks.parse_map(get)
        root = Root(request.context.cwd or "/")
        context = request.context
        with (
            self._permits.permit(context.job_id, context.most_programs, cancellation) as permit,
            _time_limit(context, cancellation),
        ):
            commit = _handed_over(get)
            done = count_map_task(
                request, root, self._services, cancellation, commit, permit.give_back
            )
            return replies.map_reply(*done)

    def _run_reduce(
        self, assignment: joining.Assignment, cancellation: Cancellation
    ) -> dict[str, Any]:
        get = assignment.parameters.get
        request = tasks.parse_reduce(get)
        root = Root(request.context.cwd or "/")
        with _time_limit(request.context, cancellation):
            report = count_reduce_task(
                request, root, self._services, cancellation, _handed_over(get)
            )
        return replies.reduce_reply(report)


def understood(
    parse: Callable[[joining.Json], Parsed], answer: joining.Json, address: Address
) -> Parsed:
    """The message that *parse* reads in an *answer*; UsageError when it makes no sense."""
    try:
        return parse(answer)
    except ValueError as error:
        raise UsageError(f"nobody who speaks our protocol is at {address}: {error}") from error


def _attempt_of(assignment: joining.Assignment) -> str:
    return assignment.parameters.get("attempt", "")


def _handed_over(get: tasks.GetParameter) -> Callable[[Pending], None]:
    """The function that leaves an output file to the coordinator, which commits it."""
    return lambda output: output.hand_over(get("submitAs") or "")


def _left_output(assignment: joining.Assignment) -> Path | None:
    """The output file that a task has left for its coordinator, if it leaves one."""
    get = assignment.parameters.get
    name, directory = get("submitAs"), get("jobPath") or ""
    if not name or is_hdfs(directory):  # where the coordinator removes it
        return None
    return Root(get("cwd") or "/").path(directory) / name


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
