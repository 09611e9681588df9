"""The coordinator's side of the HTTP calls to one worker, ours or one of the three plain calls."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Mapping
from typing import Any

from hadoopless.errors import MapReduceError, WorkerError
from hadoopless.job import MapOutput, TaskReport
from hadoopless.wire import failures, replies, tasks
from hadoopless.wire.addresses import Address
from hadoopless.wire.caller import FORM, Answer, Caller, Message
from hadoopless.wire.limits import LONGEST_URL


class WorkerClient:
    """Calls to the worker at *url*; all raise Unreachable. Thread-safe.

    ``ours`` tells whether the worker speaks our protocol, once :meth:`health` was called.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.ours = False
        self._caller = Caller(Address(url=url))

    def close(self) -> None:
        """Close the idle connections, and from now on each one after its call."""
        self._caller.close()

    def health(self, job_id: str, timeout: float) -> str:
        """Ask who answers: a name that changes with the process ("" of a plain worker).

        Any answer by HTTP counts as life.
        """
        parameters = {"jobId": job_id} if job_id else {}
        answer = self._get("/health", parameters, timeout, timeout)
        health = replies.parse_health(answer.json() or {}) if answer.status == 200 else None
        self.ours = health is not None
        if answer.status == 403:
            raise self._error_of(answer)
        return health.instance if health else ""

    def map(self, request: tasks.MapRequest, timeout: float) -> tuple[MapOutput | None, TaskReport]:
        """Run a map task; raises its error. *timeout* is for connecting.

        There is no map output where the task commits what it puts out (a job without reduces), or
        only tells a sample of it.
        """
        map_only = request.context.rules.map_only
        if not self.ours:
            request = tasks.MapRequest(request.mapper, request.split, request.num_reducers)
        reply = self._task("/map", tasks.map_parameters(request), timeout)
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
            self._task("/reduce", tasks.reduce_parameters(request), timeout)
        )

    def cancel(self, job_id: str, attempt: str, timeout: float) -> None:
        """Stop one attempt, or with "" all of the job."""
        self._chore("/cancel", {"jobId": job_id, "attempt": attempt}, timeout)

    def held(self, job_id: str, timeout: float) -> set[str]:
        """The map outputs of a job that the worker still holds."""
        answer = self._chore("/held", {"jobId": job_id}, timeout)
        return set(map(str, answer.get("mapTaskIDs") or ()))

    def release_job(self, job_id: str, timeout: float) -> None:
        """Let the worker forget all map outputs of a job."""
        self._chore("/release", {"jobId": job_id}, timeout)

    def release(self, map_task_ids: tuple[str, ...], timeout: float) -> None:
        """Let the worker forget map outputs."""
        self._chore("/release", {"mapTaskIDs": ",".join(map_task_ids)}, timeout)

    def _task(self, path: str, parameters: Mapping[str, str], timeout: float) -> dict[str, Any]:
        """Run a task for as long as it takes; the success that the worker tells."""
        size = sum(len(name) + len(value) for name, value in parameters.items())
        call = self._post if self.ours and size > LONGEST_URL else self._get
        answer = call(path, parameters, timeout, None)
        reply = answer.json() or {}
        if answer.status == 200 and reply.get("status") == "success":
            return reply
        raise self._error_of(answer)

    def _chore(self, path: str, parameters: Mapping[str, str], timeout: float) -> dict[str, Any]:
        """The answer to a call that only workers of ours know; empty from others."""
        return (self._post(path, parameters, timeout, timeout).json() or {}) if self.ours else {}

    def _get(
        self, path: str, parameters: Mapping[str, str], connect: float, answer: float | None
    ) -> Answer:
        query = f"?{_encoded(parameters)}" if parameters else ""
        return self._caller.call(path + query, connect_timeout=connect, answer_timeout=answer)

    def _post(
        self, path: str, parameters: Mapping[str, str], connect: float, answer: float | None
    ) -> Answer:
        form = Message(_encoded(parameters), FORM)
        return self._caller.call(path, form, connect_timeout=connect, answer_timeout=answer)

    def _error_of(self, answer: Answer) -> MapReduceError:
        """The error behind an answer; a worker of ours gives each a kind, but for its own."""
        reply = answer.json() or {}
        if "message" not in reply:
            reply = {"message": f"the worker answered HTTP {answer.status} without a reason"}
        return failures.parse_error(reply, WorkerError if self.ours else None)


def _encoded(parameters: Mapping[str, str]) -> str:
    # File names are bytes; urlencode would fail on those that are no UTF-8.
    return urllib.parse.urlencode({k: os.fsencode(v) for k, v in parameters.items()})
