"""The pull driver: workers register, ping, ask for work and submit it (docs/pull.md).

All state belongs to the thread of the RPC server's event loop; the job's loop hands its actions
over to that thread. A worker that is silent for too long is taken for lost, and must register anew
before it is heard again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from hadoopless.coordinator.attempts import (
    failed,
    fetch_order,
    map_request,
    map_succeeded,
    reduce_request,
    reduce_succeeded,
    with_reduce_line,
)
from hadoopless.coordinator.journal import Past
from hadoopless.coordinator.loop import Events
from hadoopless.coordinator.pull.registry import Member, Registry, worker_name
from hadoopless.coordinator.submitted import commit, remove_submitted, submitted_name
from hadoopless.errors import UnknownSession, UsageError, WorkerError
from hadoopless.hadoop_names import attempt_named
from hadoopless.job import AttemptId, JobSpec, Sum
from hadoopless.scheduler import (
    Action,
    AttemptSucceeded,
    CancelAttempt,
    CommitOutput,
    FetchAhead,
    JobStarted,
    MapOutputRestored,
    ReleaseOutputs,
    StartAttempt,
    WorkerJoined,
    WorkerLost,
)
from hadoopless.wire.addresses import host_and_port
from hadoopless.wire.limits import LINGER, LONGEST_ASK, TELL_AFTER
from hadoopless.wire.messages import failures, joining, replies, tasks

Json = Mapping[str, Any]

#: The tasks that a joined worker runs at a time, but for one that it is given ahead.
SLOTS = 1


class _Mailbox:
    """The next task of a worker, and the bell for an /ask that waits for it."""

    def __init__(self) -> None:
        self.actions: list[StartAttempt] = []
        self.bell = asyncio.Event()


class PullDriver:
    """Drives one job with the workers that join; its calls run in one event loop's thread."""

    def __init__(
        self,
        spec: JobSpec,
        events: Events,
        *,
        num_workers: int,
        worker_timeout: float,
        say: Callable[[str], None],
        past: Past | None = None,
        secret: str = "",
    ) -> None:
        """*past*: what an earlier coordinator of this job has left.

        *secret* is for the workers to share, where they do not know that of the coordinator.
        """
        self._secret = secret
        self._spec = spec
        self._events = events
        self._registry = Registry(num_workers)
        self._timeout = worker_timeout
        self._say = say
        #: Map outputs of an earlier coordinator, by their ids: map task and output.
        self._past = {
            done.output.map_task_id: (index, done)
            for index, done in (past.maps.items() if past else ())
        }
        #: The sums that running reduce attempts are to find.
        self._expected: dict[AttemptId, Sum | None] = {}
        self._mailboxes: dict[str, _Mailbox] = {}
        self._started = False
        self._over = False
        self._loop: asyncio.AbstractEventLoop | None = None

    # The server's thread ------------------------------------------------------------------------

    async def watch(self) -> None:
        """Look for silent workers, for ever."""
        self._loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(min(0.25, self._timeout / 4))
            for member in self._registry.newly_silent(time.monotonic(), TELL_AFTER):
                left = self._timeout - TELL_AFTER
                if left > 0:
                    self._say(
                        f"{member.name} has been silent for {TELL_AFTER:.0f} s; it is taken for"
                        f" lost in {left:.0f} s"
                    )
            for member in self._registry.silent(time.monotonic(), self._timeout):
                self._gone(member, f"lost {{}}: it has been silent for {self._timeout:g} s")

    def _gone(self, member: Member, told: str) -> None:
        """Let the scheduler and the user know that *member* has been removed."""
        self._say(told.format(member.name) + self._waits())
        mailbox = self._mailboxes.pop(member.name, None)
        if mailbox is not None:
            mailbox.bell.set()
        if member.begun:
            self._events.put(WorkerLost(member.name))

    async def answer(self, call: str, message: Json) -> Json:
        """The answer to one call; raises errors of :mod:`hadoopless.errors`."""
        if call == "register":
            hello = joining.parse_hello(message)
            if self._over:
                raise UnknownSession("the job is over; wait for the next coordinator")
            await self._free_id(hello)
            return self._register(hello)
        member = self._registry.heard(message.get("session"), time.monotonic())
        if not member.begun:
            self._begin(member)
        if call == "ping":
            self._compare(member, message)
            return joining.orders_message(self._orders(member))
        if call == "ask":
            return joining.assignment_message(await self._ask(member, message))
        if call == "submit":
            self._submit(member, message)
            return joining.orders_message(self._orders(member))
        if call == "leave":
            self._registry.leave(member)
            self._gone(member, "{} leaves")
            return {"status": "success"}
        raise UsageError(f"there is no call {call!r}")

    async def _free_id(self, hello: joining.Hello) -> None:
        """Free the id of a worker that is known to be gone before its silence tells so."""
        member = self._registry.named(worker_name(hello.worker))
        if member is None:
            return
        if member.instance == hello.instance:
            # The same process: an answer of ours has not reached it, or came too late for it.
            told = "{} registers anew"
        elif await _refuses(member.url):
            told = "lost {}: its process is gone"
        else:
            return
        if self._registry.leave(member):
            self._gone(member, told)

    def _register(self, hello: joining.Hello) -> Json:
        member = self._registry.register(hello, time.monotonic())
        self._mailboxes[member.name] = _Mailbox()
        self._say(f"{member.name} joined, its data is at {member.url}{self._waits()}")
        interval = min(1.0, self._timeout / 4)
        return joining.welcome_message(
            joining.Welcome(member.session, self._spec.job_id, interval, self._secret)
        )

    def _begin(self, member: Member) -> None:
        """Let *member* take part: only now do the others find in it a server that knows them."""
        member.begun = True
        self._events.put(WorkerJoined(member.name, ahead=True))
        self._restore(member)
        if self._registry.complete() and not self._started:
            self._started = True
            self._events.put(JobStarted())

    def _waits(self) -> str:
        """The workers for which the job waits before it starts, for people."""
        missing = self._registry.missing()
        return f"; waiting for {_ids(missing)}" if missing and not self._started else ""

    def _restore(self, member: Member) -> None:
        """Use the map outputs that *member* has kept, or let it forget them."""
        for map_task_id in member.held:
            if map_task_id in self._past and not self._started:
                index, done = self._past[map_task_id]
                output = replace(done.output, worker=member.url)
                self._events.put(MapOutputRestored(index, member.name, output, done.report))
            else:
                member.release.append(map_task_id)

    def _orders(self, member: Member) -> joining.Orders:
        orders = joining.Orders(tuple(member.cancel), tuple(member.release), tuple(member.fetch))
        member.cancel.clear()
        member.release.clear()
        member.fetch.clear()
        return orders

    def _compare(self, member: Member, message: Json) -> None:
        """Try again what a worker was given and does not run, such as by a lost answer of ours."""
        running = joining.parse_running(message)
        if running is None:
            return
        for action in member.compare(running, time.monotonic(), self._timeout):
            self._expected.pop(action.attempt, None)
            error = WorkerError("it does not run what it was given; our answer was lost")
            self._events.put(
                failed(action.attempt, member.name, error, self._spec, with_reduce_line)
            )

    async def _ask(self, member: Member, message: Json) -> joining.Assignment:
        known = joining.parse_running(message) or ()
        unknown = [action for name, action in member.assigned.items() if name not in known]
        if unknown and not self._over:
            # It asks again only when it has our last answer, which has not reached it whole.
            return self._assignment(unknown[0], member)
        mailbox = self._mailboxes[member.name]
        if not mailbox.actions and not member.fetch and not self._over:
            mailbox.bell.clear()
            try:
                await asyncio.wait_for(mailbox.bell.wait(), LONGEST_ASK)
            except TimeoutError:
                pass
        if self._mailboxes.get(member.name) is not mailbox:
            raise UnknownSession("taken for lost meanwhile; register again")
        if self._over:
            member.told_end = True
            return joining.Assignment(joining.END, orders=self._orders(member))
        if not mailbox.actions:
            return joining.Assignment(joining.WAIT, orders=self._orders(member))
        return self._assignment(mailbox.actions.pop(0), member)

    def _assignment(self, action: StartAttempt, member: Member) -> joining.Assignment:
        spec, attempt = self._spec, action.attempt
        member.assigned[attempt.name] = action
        if not attempt.task.is_reduce:
            request = map_request(spec, attempt, SLOTS if action.ahead else 0)
            parameters = tasks.map_parameters(request)
            if spec.rules.map_only:
                parameters |= {"submitAs": submitted_name(spec, attempt)}
            return joining.Assignment(joining.MAP, parameters, orders=self._orders(member))
        reduce = reduce_request(spec, attempt, action.map_outputs)
        self._expected[attempt] = reduce.expected
        parameters = tasks.reduce_parameters(reduce) | {"submitAs": submitted_name(spec, attempt)}
        return joining.Assignment(joining.REDUCE, parameters, self._orders(member))

    def _submit(self, member: Member, message: Json) -> None:
        attempt = _attempt_of(message)
        spec = self._spec
        tasks_there = spec.num_reducers if attempt.task.is_reduce else len(spec.splits)
        if attempt.task.index >= tasks_there:
            raise UsageError(f"there is no {attempt.task}")
        member.assigned.pop(attempt.name, None)
        reply = message.get("reply")
        if not isinstance(reply, Mapping):
            raise UsageError("/submit wants session, attempt, reply")
        try:
            if reply.get("status") == "success":
                self._events.put(self._succeeded(attempt, member, reply))
                return
            error = failures.parse_error(reply, WorkerError)
        except WorkerError as wrong:
            error = wrong
        except (ValueError, TypeError) as broken:
            raise UsageError(f"the report makes no sense: {broken}") from broken
        self._events.put(failed(attempt, member.name, error, self._spec, with_reduce_line))

    def _succeeded(self, attempt: AttemptId, member: Member, reply: Json) -> AttemptSucceeded:
        """The event behind a successful *reply*.

        Raises WorkerError when its figures do not agree; ValueError, TypeError when it makes no
        sense.
        """
        expected = self._expected.pop(attempt, None)
        if attempt.task.is_reduce:
            return reduce_succeeded(attempt, member.name, replies.parse_report(reply), expected)
        if self._spec.sample_bytes or self._spec.rules.map_only:
            report = replies.parse_report(reply)
            return map_succeeded(attempt, member.name, None, report, self._spec)
        output, report = replies.parse_map_reply(reply, member.url)
        return map_succeeded(attempt, member.name, output, report, self._spec)

    def _deliver(self, action: Action) -> None:
        """Pass an action on to the worker that it is for."""
        match action:
            case StartAttempt(attempt, worker):
                mailbox = self._mailboxes.get(worker)
                if mailbox is not None:  # else it is lost, and the scheduler will hear of it
                    mailbox.actions.append(action)
                    mailbox.bell.set()
            case CancelAttempt(attempt, worker):
                self._cancel(attempt, worker)
            case ReleaseOutputs(worker, ids):
                member = self._registry.named(worker)
                if member is not None:
                    member.release.extend(ids)
            case FetchAhead(worker):
                member = self._registry.named(worker)
                if member is not None:
                    member.fetch.append(fetch_order(self._spec, action))
                    self._mailboxes[worker].bell.set()  # an idle worker waits for an answer

    def _cancel(self, attempt: AttemptId, worker: str) -> None:
        member = self._registry.named(worker)
        if member is None:
            return
        waiting = self._mailboxes[worker].actions
        for action in waiting:
            if action.attempt == attempt:
                waiting.remove(action)
                return
        member.assigned.pop(attempt.name, None)
        member.cancel.append(attempt.name)

    def _switch_to(self, spec: JobSpec) -> None:
        self._spec = spec
        for member in self._registry.members():
            if member.begun:
                self._events.put(WorkerJoined(member.name, ahead=True))
        self._events.put(JobStarted())

    def _end(self) -> None:
        self._over = True
        for mailbox in self._mailboxes.values():
            mailbox.bell.set()

    # The job's thread ---------------------------------------------------------------------------

    def carry_out(self, action: Action) -> None:
        """Start what *action* asks for; raises DiskError when an output cannot be committed."""
        if isinstance(action, CommitOutput):
            if action.attempt.task.is_reduce or self._spec.rules.map_only:
                commit(self._spec, action.attempt)
        elif self._loop is not None:
            self._loop.call_soon_threadsafe(self._deliver, action)

    def go_on_with(self, spec: JobSpec) -> None:
        """Drive *spec* from now on, with the workers that are here; what it drove has ended well.

        Its scheduler hears of them, and that the job begins.
        """
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._switch_to, spec)

    def finish(self) -> None:
        """Tell the workers that the job is over; waits a little for them to hear it."""
        if self._loop is None:
            return
        self._loop.call_soon_threadsafe(self._end)
        deadline = time.monotonic() + LINGER
        while time.monotonic() < deadline:
            if all(member.told_end for member in list(self._registry.members())):
                break
            time.sleep(0.02)

    def remove_submitted(self) -> None:
        """Remove outputs that were submitted and not committed."""
        remove_submitted(Path(self._spec.cwd, self._spec.output_dir), self._spec.job_id)


async def _refuses(url: str) -> bool:
    """True if nobody listens at *url* for sure; one that is only silent may live."""
    host, port = host_and_port(url)
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), 1.0)
    except ConnectionRefusedError:
        return True
    except (OSError, TimeoutError):
        return False
    writer.close()
    return False


def _ids(workers: list[int]) -> str:
    ids = ", ".join(map(str, workers[:10])) + (", …" if len(workers) > 10 else "")
    return f"id {ids}" if len(workers) == 1 else f"ids {ids}"


def _attempt_of(message: Json) -> AttemptId:
    name = message.get("attempt")
    attempt = attempt_named(str(name))
    if attempt is None:
        raise UsageError(f"there is no attempt {name!r}")
    return attempt
