"""The coordinator's side of the HTTP calls to one worker, ours or one of the three plain calls."""

from __future__ import annotations

import json
import os
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
import requests.adapters

from mapreduce import tokens, wire
from mapreduce.errors import MapReduceError, ProgramFailed
from mapreduce.job import MapOutput, TaskReport


class Unreachable(Exception):
    """The worker did not answer, or the connection broke before it had."""


class WorkerClient:
    """Calls to the worker at *url*. Thread-safe: each call takes a session of its own.

    ``ours`` tells whether the worker speaks our protocol, once :meth:`health` was called.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.ours = False
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()

    @contextmanager
    def _session(self) -> Iterator[requests.Session]:
        with self._lock:
            session = self._sessions.pop() if self._sessions else None
        if session is None:
            session = requests.Session()
            session.trust_env = False  # a proxy of the environment is not meant for workers
            session.headers.update(tokens.headers(tokens.read(self.url)))
        yield session
        with self._lock:
            self._sessions.append(session)  # not after an error: its connection may be broken

    def _call(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str],
        timeout: tuple[float, float | None],
    ) -> requests.Response:
        # requests would fail on the lone surrogates of file names that are no UTF-8.
        encoded = urllib.parse.urlencode({k: os.fsencode(v) for k, v in parameters.items()})
        url = f"{self.url}{path}"
        try:
            with self._session() as session:
                if method == "POST":
                    headers = {"Content-Type": "application/x-www-form-urlencoded"}
                    return session.post(url, data=encoded, headers=headers, timeout=timeout)
                return session.get(f"{url}?{encoded}" if encoded else url, timeout=timeout)
        except requests.RequestException as error:
            raise Unreachable(_reason(error)) from error

    def health(self, job_id: str, timeout: float) -> str:
        """Who answers there: a name that changes with the process ("" of a plain worker).

        Any answer by HTTP counts as life. Raises Unreachable.
        """
        parameters = {"jobId": job_id} if job_id else {}
        response = self._call("GET", "/health", parameters, (timeout, timeout))
        health = wire.parse_health(_json_object(response)) if response.status_code == 200 else None
        self.ours = health is not None
        if response.status_code == 403:
            raise _error_of(response)
        return health.instance if health else ""

    def map(self, request: wire.MapRequest, timeout: float) -> tuple[MapOutput, TaskReport]:
        """Run a map task; raises Unreachable or the task's error. *timeout* is for connecting."""
        if not self.ours:
            request = wire.MapRequest(request.mapper, request.split, request.num_reducers)
        response = self._call("GET", "/map", wire.map_parameters(request), (timeout, None))
        return wire.parse_map_reply(_success_of(response), self.url)

    def reduce(self, request: wire.ReduceRequest, timeout: float) -> TaskReport:
        """Run a reduce task; raises Unreachable or its error. *timeout* is for connecting."""
        if not self.ours:
            request = wire.ReduceRequest(
                request.reducer, request.index, request.map_task_ids, request.job_path
            )
        parameters = wire.reduce_parameters(request)
        size = sum(len(name) + len(value) for name, value in parameters.items())
        method = "POST" if self.ours and size > wire.LONGEST_URL else "GET"
        response = self._call(method, "/reduce", parameters, (timeout, None))
        return wire.parse_report(_success_of(response))

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


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return "it does not accept connections"
    if isinstance(error, requests.Timeout):
        return "it does not answer"
    return "the connection was refused or broke"


def _json_object(response: requests.Response) -> dict[str, Any]:
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _success_of(response: requests.Response) -> dict[str, Any]:
    reply = _json_object(response)
    if response.status_code == 200 and reply.get("status") == "success":
        return reply
    raise _error_of(response)


def _error_of(response: requests.Response) -> MapReduceError:
    reply = _json_object(response)
    if "message" not in reply:
        return ProgramFailed(f"the worker answered HTTP {response.status_code} without a reason")
    return wire.parse_error(reply)
