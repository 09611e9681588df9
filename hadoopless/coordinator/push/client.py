"""The coordinator's side of the HTTP calls to one worker, ours or one of the three plain calls.

With the standard library's client: ``requests`` takes longer to import than a small job takes to
run, and four times the CPU for each task.
"""

from __future__ import annotations

import http.client
import json
import os
import select
import threading
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hadoopless.errors import MapReduceError, ProgramFailed
from hadoopless.job import MapOutput, TaskReport
from hadoopless.wire import failures, replies, tasks, tokens
from hadoopless.wire.addresses import host_and_port


class Unreachable(Exception):
    """The worker did not answer, or the connection broke before it had."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes


class WorkerClient:
    """Calls to the worker at *url*. Thread-safe: each call takes a connection of its own.

    ``ours`` tells whether the worker speaks our protocol, once :meth:`health` was called.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.ours = False
        self._headers: dict[str, str] = {}
        self._idle: list[http.client.HTTPConnection] = []
        self._closed = False
        self._lock = threading.Lock()

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        """An idle connection that is still open, or a new one; OSError."""
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                connection = http.client.HTTPConnection(*host_and_port(self.url), timeout=timeout)
                connection.connect()
                # A pool that was started anew has a new token, and takes only new connections.
                self._headers = tokens.headers(tokens.read(self.url))
                return connection
            # What can be read from an idle connection is its end.
            if not select.select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()

    def _call(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str],
        timeout: tuple[float, float | None],
    ) -> _Answer:
        """One call with the timeouts (to connect, to answer), in seconds; raises Unreachable."""
        # File names are bytes; urlencode would fail on those that are no UTF-8.
        encoded = urllib.parse.urlencode({k: os.fsencode(v) for k, v in parameters.items()})
        body, form = None, {}
        if method == "POST":
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            body = encoded
        elif encoded:
            path = f"{path}?{encoded}"
        try:
            connection = self._connection(timeout[0])
        except TimeoutError as error:
            raise Unreachable("it does not accept connections") from error
        except OSError as error:
            raise Unreachable("the connection was refused or broke") from error
        try:
            connection.sock.settimeout(timeout[1])
            connection.request(method, path, body, self._headers | form)
            response = connection.getresponse()
            answer = _Answer(response.status, response.read())
            if _broke_off(response, answer):
                raise http.client.IncompleteRead(answer.body)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            silent = isinstance(error, TimeoutError)
            why = "it does not answer" if silent else "the connection was refused or broke"
            raise Unreachable(why) from error
        if connection.sock is not None:  # unless the worker closes after each answer
            with self._lock:
                if not self._closed:
                    self._idle.append(connection)
                    return answer
            connection.close()
        return answer

    def close(self) -> None:
        """Close the idle connections, and from now on each one after its call."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def health(self, job_id: str, timeout: float) -> str:
        """Who answers there: a name that changes with the process ("" of a plain worker).

        Any answer by HTTP counts as life. Raises Unreachable.
        """
        parameters = {"jobId": job_id} if job_id else {}
        response = self._call("GET", "/health", parameters, (timeout, timeout))
        health = replies.parse_health(_json_object(response)) if response.status == 200 else None
        self.ours = health is not None
        if response.status == 403:
            raise _error_of(response)
        return health.instance if health else ""

    def map(self, request: tasks.MapRequest, timeout: float) -> tuple[MapOutput | None, TaskReport]:
        """Run a map task; raises Unreachable or the task's error. *timeout* is for connecting.

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
        """Run a reduce task; raises Unreachable or its error. *timeout* is for connecting."""
        if not self.ours:
            request = tasks.ReduceRequest(
                request.reducer, request.index, request.map_task_ids, request.job_path
            )
        return replies.parse_report(
            self._task("/reduce", tasks.reduce_parameters(request), timeout)
        )

    def _task(self, call: str, parameters: dict[str, str], timeout: float) -> dict[str, Any]:
        size = sum(len(name) + len(value) for name, value in parameters.items())
        method = "POST" if self.ours and size > tasks.LONGEST_URL else "GET"
        return _success_of(self._call(method, call, parameters, (timeout, None)))

    def cancel(self, job_id: str, attempt: str, timeout: float) -> None:
        """Stop one attempt, or with "" all of the job; raises Unreachable."""
        if self.ours:
            parameters = {"jobId": job_id, "attempt": attempt}
            self._call("POST", "/cancel", parameters, (timeout, timeout))

    def held(self, job_id: str, timeout: float) -> set[str]:
        """The map outputs of a job that the worker still holds; raises Unreachable."""
        if not self.ours:
            return set()
        response = self._call("POST", "/held", {"jobId": job_id}, (timeout, timeout))
        return set(map(str, _json_object(response).get("mapTaskIDs") or ()))

    def release_job(self, job_id: str, timeout: float) -> None:
        """Let the worker forget all map outputs of a job; raises Unreachable."""
        if self.ours:
            self._call("POST", "/release", {"jobId": job_id}, (timeout, timeout))

    def release(self, map_task_ids: tuple[str, ...], timeout: float) -> None:
        """Let the worker forget map outputs; raises Unreachable."""
        if self.ours:
            parameters = {"mapTaskIDs": ",".join(map_task_ids)}
            self._call("POST", "/release", parameters, (timeout, timeout))


def _broke_off(response: http.client.HTTPResponse, answer: _Answer) -> bool:
    """Whether the connection ended within the head, which http.client takes for its end.

    Such an answer looks empty, and an empty one by HTTP/1.1 says so.
    """
    told = response.chunked or response.getheader("Content-Length") or answer.status == 204
    return not answer.body and response.version == 11 and not told


def _json_object(response: _Answer) -> dict[str, Any]:
    try:
        body = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _success_of(response: _Answer) -> dict[str, Any]:
    reply = _json_object(response)
    if response.status == 200 and reply.get("status") == "success":
        return reply
    raise _error_of(response)


def _error_of(response: _Answer) -> MapReduceError:
    reply = _json_object(response)
    if "message" not in reply:
        return ProgramFailed(f"the worker answered HTTP {response.status} without a reason")
    return failures.parse_error(reply)
