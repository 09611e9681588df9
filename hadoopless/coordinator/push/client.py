"""The coordinator's side of the HTTP calls to one worker, ours or one of the three plain calls."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from hadoopless.coordinator.push.open_calls import OpenCalls
from hadoopless.errors import ForbiddenError, MapReduceError, Unproven, WorkerError
from hadoopless.job import MapOutput, Split, TaskReport
from hadoopless.wire import tokens
from hadoopless.wire.addresses import Address
from hadoopless.wire.answers import Answer
from hadoopless.wire.caller import FORM, JSON, Caller, Cord, Message
from hadoopless.wire.limits import (
    LARGEST_LIST,
    LARGEST_REPORT,
    LONGEST_URL,
    REPORT_OF_PARTITION,
    REPORT_OF_SAMPLE,
    SHORT_ANSWER,
)
from hadoopless.wire.messages import failures, fetch_ahead, replies, tasks
from hadoopless.wire.unreachable import NotInOurTls, NotOurs, TooLong, Unreachable

#: A plain call without its parameters, which does nothing and which every worker knows. The first
#: one is enough for most.
_HARMLESS = ("/retrieveMapOutput", "/map")
#: The answers of HTTP servers to paths that they do not serve.
_UNSERVED = (401, 403, 404, 405, 407, 501)
_LONGEST_WORDS = 200


class Stranger(MapReduceError):
    """Whoever answers is none of our workers; ``why`` ends a sentence that begins with the URL.

    ``nameable`` tells that it would be asked for more if the user named it.
    """

    exit_code = 5

    def __init__(self, url: str, why: str, *, nameable: bool = False) -> None:
        super().__init__(f"{url} {why}")
        self.why = why
        self.nameable = nameable


class WorkerClient:
    """Calls to the worker at *url*; all raise Unreachable. Thread-safe.

    ``ours`` tells, once :meth:`meet` was called, that both sides have proved that they know the
    token. Any other worker is asked only the plain calls, and learns only what these carry.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.ours = False
        #: True of the workers in the pool that the job has started for itself.
        self.embedded = False
        #: The resident bytes of its process and its CPU seconds, as it has told them last.
        self.load = 0, 0.0
        #: True if it has told that an attempt may wait there for its turn.
        self.takes_ahead = False
        self._caller = Caller(Address(url=url))
        self._open = OpenCalls(url)

    def close(self) -> None:
        """Close the idle connections, and from now on each one after its call."""
        self._caller.close()

    def hang_up(self, why: str) -> None:
        """Let all running tasks end as Unreachable: the worker is lost."""
        self._open.hang_up(why)

    def meet(self, timeout: float, *, plain: bool, any_pool: bool) -> None:
        """Find out whether a worker answers that may be used; raises Stranger for any other.

        That is one of our pool. With *plain* it may also be one that knows only the plain calls,
        and with *any_pool*, if we have no token, one of another pool: it then does for us what it
        does for everybody. Whoever answers learns nothing of the job, and whoever seems not to be
        ours is asked once more: the first answer may have been damaged on its way.
        """
        try:
            self._ask_who(timeout)
        except Stranger:
            pass
        if self.ours:
            return
        self._caller.close_idle()
        answer, health = self._ask_who(timeout)
        if self.ours:
            return
        if health is not None and (self._caller.token is not None or not any_pool):
            raise Stranger(self.url, _why_not_ours())
        if not plain:
            raise Stranger(self.url, "is no worker of ours", nameable=True)
        self._check_plain(answer.status, timeout)

    def _ask_who(self, timeout: float) -> tuple[Answer, replies.Health | None]:
        """Ask who answers, and note whether it is ours; raises Stranger for who cannot be."""
        try:
            answer = self._ask_health("", timeout)
        except NotInOurTls as error:
            raise Stranger(self.url, f"cannot be asked: {error}") from error
        except NotOurs as error:
            raise Stranger(self.url, _why_not_ours()) from error
        health = self._health_in(answer)
        self.ours = health is not None and self._caller.proven
        return answer, health

    def _check_plain(self, unknown: int, timeout: float) -> None:
        """Raise Stranger for a server that knows no plain call.

        It answers a path that it does not know with the status *unknown*.
        """
        for path in _HARMLESS:
            try:
                answer = self._get(path, {}, timeout, timeout)
            except Unreachable:
                return  # a call without parameters was too much for it
            if _is_of_worker(answer, unknown):
                return
        raise Stranger(self.url, f"is no worker: it answers {path} with HTTP {answer.status}")

    def health(self, job_id: str, timeout: float, patience: float | None = None) -> str:
        """Ask who answers: a name that changes with the process ("" of a plain worker).

        Any answer by HTTP counts as the life of a plain worker. Raises Stranger where another one
        answers in place of a worker of ours. Calls of attempts of the job that it does not run (any
        more) end with WorkerError after *patience* (that of the call, if none is given).
        """
        answer = self._ask_health(job_id if self.ours else "", timeout)
        if not self.ours:
            return ""
        health = self._health_in(answer)
        if health is None:
            raise Stranger(self.url, "is no worker of ours any more")
        if job_id and health.attempts is not None:
            self._open.heard(health.attempts, patience or timeout)
        self.load = health.resident, health.cpu
        self.takes_ahead = health.ahead
        return health.instance

    def _ask_health(self, job_id: str, timeout: float) -> Answer:
        """The answer to ``GET /health``; asked again where a new pool has a new token."""
        parameters = {"jobId": job_id} if job_id else {}
        answer = self._get("/health", parameters, timeout, timeout)
        if not self._caller.proven and self._caller.renew():
            answer = self._get("/health", parameters, timeout, timeout)
        return answer

    def _health_in(self, answer: Answer) -> replies.Health | None:
        """The health that a worker with our protocol tells in *answer*, None if there is none.

        Raises Stranger for a worker that refuses us, WorkerError for one of ours in trouble.
        """
        reply = answer.json() or {}
        if answer.status == 403 and reply.get("kind") == ForbiddenError.kind:
            raise Stranger(self.url, f"refuses us: {_one_line(reply.get('message'))}")
        damaged = answer.status == 403 and reply.get("kind") == Unproven.kind
        if self._caller.proven and (answer.status >= 500 or damaged):
            raise self._error_of(answer)  # such as without descriptors
        return replies.parse_health(reply) if answer.status == 200 else None

    def state(self, timeout: float) -> replies.Health:
        """Ask a worker of ours for all that it tells of itself.

        Raises Stranger where another one answers in its place.
        """
        health = self._health_in(self._get("/health", {"state": "yes"}, timeout, timeout))
        if health is None:
            raise Stranger(self.url, "is no worker of ours any more")
        return health

    def map(self, request: tasks.MapRequest, timeout: float) -> tuple[MapOutput | None, TaskReport]:
        """Run a map task; raises its error. *timeout* is for connecting.

        There is no map output where the task commits what it puts out (a job without reduces), or
        only tells a sample of it.
        """
        map_only = request.context.rules.map_only
        if not self.ours:
            whole = Split(request.split.path)  # check_plain_workers admits no others
            request = tasks.MapRequest(request.mapper, whole, request.num_reducers)
        largest = LARGEST_REPORT + request.num_reducers * REPORT_OF_PARTITION
        largest += REPORT_OF_SAMPLE if request.sample_bytes else 0
        reply = self._task("/map", tasks.map_parameters(request), timeout, largest)
        if request.sample_bytes or map_only:
            return None, replies.parse_report(reply)
        return replies.parse_map_reply(reply, self.url)

    def reduce(self, request: tasks.ReduceRequest, timeout: float) -> TaskReport:
        """Run a reduce task; raises its error. *timeout* is for connecting."""
        if not self.ours:
            request = tasks.ReduceRequest(
                request.reducer, request.index, request.map_task_ids, request.job_path
            )
        return replies.parse_report(
            self._task("/reduce", tasks.reduce_parameters(request), timeout, LARGEST_REPORT)
        )

    def cancel(self, job_id: str, attempt: str, timeout: float) -> None:
        """Stop one attempt, or with "" all of the job."""
        self._chore("/cancel", {"jobId": job_id, "attempt": attempt}, timeout)

    def held(self, job_id: str, timeout: float) -> set[str]:
        """The map outputs of a job that the worker still holds."""
        answer = self._chore("/held", {"jobId": job_id}, timeout, LARGEST_LIST)
        ids = answer.get("mapTaskIDs")
        return set(map(str, ids)) if isinstance(ids, list) else set()

    def release_job(self, job_id: str, timeout: float) -> None:
        """Let the worker forget all map outputs of a job."""
        self._chore("/release", {"jobId": job_id}, timeout)

    def release(self, map_task_ids: tuple[str, ...], timeout: float) -> None:
        """Let the worker forget map outputs."""
        self._chore("/release", {"mapTaskIDs": ",".join(map_task_ids)}, timeout)

    def fetch_ahead(self, order: fetch_ahead.Order, timeout: float) -> None:
        """Let the worker fetch what it will reduce; older ones of ours do not know this call."""
        if self.ours:
            message = Message(fetch_ahead.body(order), JSON)
            self._caller.call(
                "/fetchAhead", message, connect_timeout=timeout, answer_timeout=timeout
            )

    def _task(
        self, path: str, parameters: Mapping[str, str], timeout: float, largest: int
    ) -> dict[str, Any]:
        """Run a task for as long as it takes; the success that the worker tells."""
        size = sum(len(name) + len(value) for name, value in parameters.items())
        call = self._post if self.ours and size > LONGEST_URL else self._get
        cord = self._open.begin(parameters.get("attempt", ""))
        try:
            answer = call(path, parameters, timeout, None, largest, cord)
        except TooLong as error:
            raise WorkerError(str(error)) from error
        finally:
            self._open.end(cord)
        reply = answer.json() or {}
        if answer.status == 200 and reply.get("status") == "success":
            return reply
        raise self._error_of(answer)

    def _chore(
        self,
        path: str,
        parameters: Mapping[str, str],
        timeout: float,
        largest: int = SHORT_ANSWER,
    ) -> dict[str, Any]:
        """The answer to a call that only workers of ours know; empty from others."""
        if not self.ours:
            return {}
        return self._post(path, parameters, timeout, timeout, largest).json() or {}

    def _get(
        self,
        path: str,
        parameters: Mapping[str, str],
        connect: float,
        answer: float | None,
        largest: int = SHORT_ANSWER,
        cord: Cord | None = None,
    ) -> Answer:
        query = f"?{_encoded(parameters)}" if parameters else ""
        return self._caller.call(
            path + query,
            connect_timeout=connect,
            answer_timeout=answer,
            largest=largest,
            cord=cord,
        )

    def _post(
        self,
        path: str,
        parameters: Mapping[str, str],
        connect: float,
        answer: float | None,
        largest: int = SHORT_ANSWER,
        cord: Cord | None = None,
    ) -> Answer:
        form = Message(_encoded(parameters), FORM)
        return self._caller.call(
            path,
            form,
            connect_timeout=connect,
            answer_timeout=answer,
            largest=largest,
            cord=cord,
        )

    def _error_of(self, answer: Answer) -> MapReduceError:
        """The error behind an answer; a worker of ours gives each a kind, but for its own."""
        reply = answer.json() or {}
        if "message" not in reply:
            text = f"it answered HTTP {answer.status} without a reason"
            # A program that fails is no reason for such an answer, even if a worker tells no more.
            if self.ours or answer.status < 400 or answer.status in _UNSERVED:
                return WorkerError(text)
            reply = {"message": text}
        return failures.parse_error(reply, WorkerError if self.ours else None)


def _is_of_worker(answer: Answer, unknown: int) -> bool:
    """Say if *answer* is that of a plain worker to a call without parameters.

    A worker tells a status in JSON, or at least fails otherwise than at a path that it does not
    know, to which it answers with the HTTP status *unknown*.
    """
    told = (answer.json() or {}).get("status")
    if isinstance(told, str):
        return True
    return answer.status >= 400 and answer.status not in (*_UNSERVED, unknown)


def _one_line(text: object) -> str:
    """The words of a stranger's *text*, fit for a line on a terminal."""
    line = " ".join(str(text).split())[:_LONGEST_WORDS]
    return "".join(char if char.isprintable() else "?" for char in line)


def _why_not_ours() -> str:
    if tokens.given():
        return f"does not know the token in {tokens.ENVIRONMENT}: it is not that pool's token"
    return "belongs to another user, or to a pool whose token we do not have"


#: Most parameters of a job's tasks are the same.
_quoted = lru_cache(maxsize=256)(urllib.parse.quote_plus)


def _encoded(parameters: Mapping[str, str]) -> str:
    # File names are bytes; urlencode would fail on those that are no UTF-8.
    named = {k: os.fsencode(v) for k, v in parameters.items()}
    return urllib.parse.urlencode(named, quote_via=_quoted)
