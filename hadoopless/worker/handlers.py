"""The base of the request handlers: it checks callers, and ends a task with its caller.

A handler decodes, makes one call, and encodes. All rules about callers are here, and are applied
before a byte of a body is trusted.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, TypeVar, cast

import tornado.web
from tornado.iostream import StreamClosedError

from hadoopless.data.program.cancellation import Cancellation, timed_out
from hadoopless.data.program.commands import Root
from hadoopless.data.program.process import SpawnerGone
from hadoopless.errors import Cancelled, ForbiddenError, UsageError
from hadoopless.wire import tokens
from hadoopless.wire.addresses import is_wildcard
from hadoopless.wire.limits import ANSWER_TIMEOUT
from hadoopless.wire.messages import tasks
from hadoopless.wire.server import JsonHandler, reached_at, refuse_cross_site
from hadoopless.worker.border import own_errors
from hadoopless.worker.permits import Permits
from hadoopless.worker.revoked import Revoked
from hadoopless.worker.services import Services

Result = TypeVar("Result")
#: Runs a task. The second argument is to be called, in any thread, when it runs no program any more
#: and will run none; that is understood at its end.
Work = Callable[[Cancellation, Callable[[], None]], Result]

_log = logging.getLogger(__name__)

#: Tasks that one worker process runs at the same time; others wait.
MOST_TASKS = 32


class TaskRunner:
    """The running tasks of one worker process; each blocks a thread of its own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(MOST_TASKS, "task")
        self._permits = Permits()
        self._running: dict[Cancellation, tuple[str, str]] = {}
        self._revoked = Revoked()

    async def run(
        self,
        context: tasks.TaskContext,
        cancellation: Cancellation,
        work: Work[Result],
    ) -> Result:
        """Run *work* in a thread until it ends, the time limit strikes or it is cancelled.

        An attempt that was given ahead waits there for its turn, before its time begins.
        """
        loop = asyncio.get_running_loop()
        limit = context.timeout
        alarm: asyncio.TimerHandle | None = None

        def begin_time(limit: float) -> None:
            nonlocal alarm
            alarm = loop.call_later(limit, cancellation.cancel, timed_out(limit))

        def run() -> Result:
            wanted = context.job_id, context.most_programs, cancellation
            with own_errors(context.attempt), self._permits.permit(*wanted) as permit:
                if limit and not loop.is_closed():  # the worker stops
                    loop.call_soon_threadsafe(begin_time, limit)
                return work(cancellation, permit.give_back)

        self._running[cancellation] = (context.job_id, context.attempt)
        if self._revoked.take(_full_name(context.job_id, context.attempt)):
            cancellation.cancel(Cancelled("cancelled before it began"))
        try:
            return await loop.run_in_executor(self._threads, run)
        finally:
            del self._running[cancellation]
            if alarm is not None:
                alarm.cancel()

    @property
    def running(self) -> int:
        """The number of all tasks that run, or wait for a thread."""
        return len(self._running)

    def attempts(self, job_id: str) -> tuple[str, ...]:
        """The attempts of a job that run, or wait for a thread."""
        return tuple(name for job, name in self._running.values() if job == job_id)

    def cancel(self, job_id: str, attempt: str = "") -> int:
        """Cancel all tasks of a job, or the one attempt; returns the number of cancelled tasks.

        An attempt that is not here does not run when it comes: its call may have been overtaken.
        """
        chosen = [
            cancellation
            for cancellation, (job, name) in self._running.items()
            if job == job_id and (not attempt or name == attempt)
        ]
        for cancellation in chosen:
            cancellation.cancel(Cancelled("cancelled by its coordinator"))
        if attempt and not chosen:
            self._revoked.add(_full_name(job_id, attempt))
        return len(chosen)


def _full_name(job_id: str, attempt: str) -> str:
    return f"{job_id}/{attempt}"


class BaseHandler(JsonHandler):
    """A handler of one worker process."""

    #: The parameters that a caller without the token may give; None: he may not call at all.
    open_parameters: ClassVar[Collection[str] | None] = None

    services: Services
    runner: TaskRunner

    def initialize(self, services: Services, runner: TaskRunner) -> None:
        """Take the arguments of the route; Tornado calls this."""
        self.services = services
        self.runner = runner
        self._cancellation: Cancellation | None = None

    def prepare(self) -> None:
        """Raise ForbiddenError for what the caller may not ask for, Unproven for damage."""
        settings = self.services.settings
        self.trusted = self.services.proofs.holds(self.request)
        refuse_cross_site(self.request, self._host_names())
        if settings.token_required and not self.trusted:
            shown = "Authorization" in self.request.headers
            raise ForbiddenError(
                "this call does not prove that its caller knows the token of this worker's pool"
                if shown
                else "this worker wants a proof that its caller knows its token; a coordinator"
                f" takes that from {tokens.ENVIRONMENT} or the file that workers.py wrote"
            )
        if not self.trusted:
            self._check_open()

    def _check_open(self) -> None:
        """Raise ForbiddenError for what only a caller with the token may ask for."""
        if self.open_parameters is None or self.request.method == "POST":
            raise ForbiddenError("only callers with the token may do this")
        for name in self.request.arguments:
            if name not in self.open_parameters:
                raise ForbiddenError(f"only callers with the token may give the parameter {name}")

    def _host_names(self) -> tuple[str, ...]:
        """The names that callers may use in Host."""
        names: tuple[str, ...] = self.services.settings.host_names
        if any(map(is_wildcard, names)):
            # No web site has this name, which is an address of the machine itself.
            names += (reached_at(self.request)[0],)
        return names

    def parameter(self, name: str) -> str | None:
        """The parameter *name* of the query or the form, unchanged, or None.

        Tornado's get_argument would put blanks in place of control characters, which a program's
        arguments may hold. File names are bytes; those that are no UTF-8 pass as surrogates.
        """
        values = self.request.arguments.get(name)
        return values[-1].decode("utf-8", "surrogateescape") if values else None

    def root(self, context: tasks.TaskContext) -> Root:
        """The directory where the caller's paths begin, and the one that they may not leave."""
        served = self.services.settings.root
        if not self.trusted:
            return Root(served, served)
        if context.cwd is None:
            return Root(served)
        if not os.path.isabs(context.cwd):
            raise UsageError("cwd must be an absolute path")
        return Root(context.cwd)

    async def run_task(self, context: tasks.TaskContext, work: Work[Result]) -> Result:
        """Run *work* in a thread; it is cancelled when the caller goes away."""
        self._cancellation = Cancellation(self.caller_is_gone)
        try:
            return await self.runner.run(context, self._cancellation, work)
        except SpawnerGone:
            # This process ends in a moment, and then its caller takes it for lost. An answer now
            # would let the caller try here again and again: no other worker is free as quickly.
            never: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
            return await never

    async def send(
        self, pieces: Iterator[memoryview | bytes], *, in_thread: bool, flush_after: int = 1
    ) -> None:
        """Write *pieces*; wait for the caller each time that *flush_after* bytes are written.

        With *in_thread* the pieces are read in a thread, because they may come from the disk. The
        connection of a caller who does not take what is written is closed.
        """
        loop = asyncio.get_running_loop()
        close = cast(Any, self.request.connection).stream.close
        unsent = 0
        while True:
            if in_thread:
                piece = await loop.run_in_executor(None, next, pieces, b"")
            else:
                piece = next(pieces, b"")
            if not piece:
                return
            self.write(bytes(piece))
            unsent += len(piece)
            if unsent >= flush_after:
                alarm = loop.call_later(ANSWER_TIMEOUT, close)
                try:
                    await self.flush()
                except StreamClosedError:
                    return  # the caller went away, or was left
                finally:
                    alarm.cancel()
                unsent = 0

    def caller_is_gone(self) -> bool:
        """Say if the caller has closed the connection; the kernel knows before the event loop."""
        stream = cast(Any, self.request.connection).stream
        if stream.closed():
            return True
        try:
            # That of the base class, because a socket in TLS cannot peek.
            peek = socket.MSG_PEEK | socket.MSG_DONTWAIT
            return not socket.socket.recv(stream.socket, 1, peek)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def on_connection_close(self) -> None:
        """Cancel the task: nobody wants its result."""
        if self._cancellation is not None:
            self._cancellation.cancel(Cancelled("its caller went away"))


class ProveHandler(BaseHandler):
    """GET /prove?nonce=…: the first call on a connection of those who know the token."""

    open_parameters = ("nonce",)

    def prepare(self) -> None:
        """Let anybody call, but for pages of other sites."""
        refuse_cross_site(self.request, self._host_names())
        self._check_open()

    def get(self) -> None:
        """Prove that this worker knows the token."""
        self.write_json(self.services.proofs.begin(self.request, self.parameter("nonce") or ""))


class NotFoundHandler(BaseHandler):
    """The handler of all other paths."""

    open_parameters = ()

    def prepare(self) -> None:
        """Answer 404, after the checks of callers."""
        super().prepare()
        raise tornado.web.HTTPError(404, "no such call: %s", self.request.path)
