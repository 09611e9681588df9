"""A joined worker under a coordinator that does what no good one does."""

from __future__ import annotations

import json
import os
import resource
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from hadoopless.errors import ForbiddenError, MapReduceError, UnknownSession
from hadoopless.job import Split
from hadoopless.wire.messages import failures, joining, tasks
from tests.processes import until
from tests.pull.cluster import Cluster, Worker
from tests.pull.conftest import ClusterFactory

Call = tuple[str, dict[str, Any]]
#: Without an answer the connection is closed.
Answer = Callable[[str, dict[str, Any]], dict[str, Any] | None]

WELCOME = joining.welcome_message(joining.Welcome("session", "job", 0.05))
NO_ORDERS = joining.orders_message(joining.Orders())
END = joining.assignment_message(joining.Assignment(joining.END))


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: str, answer: Answer, hang_up: str) -> None:
        self.answer = answer
        self.hang_up = hang_up
        self.calls: list[Call] = []
        super().__init__(path, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.calls.append((self.path, message))
        reply: dict[str, Any] | None
        try:
            status, reply = 200, self.server.answer(self.path, message)
        except MapReduceError as error:
            status, reply = error.http_status, failures.error_reply(error)
        if reply is None:
            self.close_connection = True
            return
        body = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if self.path == self.server.hang_up:
            self.close_connection = True  # without having said so

    def log_message(self, *_: object) -> None:
        """Drop the message, which nobody reads."""


@contextmanager
def coordinator(cluster: Cluster, answer: Answer, hang_up: str = "") -> Iterator[list[Call]]:
    """Answer calls with *answer*; gives the list of calls so far.

    After a call of *hang_up* the connection is closed.
    """
    path = cluster.address.removeprefix("unix:")
    with _Server(path, answer, hang_up) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.calls
        finally:
            server.shutdown()
            thread.join()
            os.unlink(path)


def refused(error: MapReduceError) -> dict[str, Any]:
    """Raises *error*."""
    raise error


@pytest.fixture
def alone(new_cluster: ClusterFactory) -> Iterator[Cluster]:
    """An address and directories, without workers."""
    with new_cluster(0) as cluster:
        yield cluster


def code_and_line(worker: Worker) -> tuple[int, str]:
    """The end of a worker that should have ended with one line."""
    code = worker.process.wait(60)
    text = worker.log.read_text()
    assert "Traceback" not in text
    return code, text.splitlines()[-1]


@pytest.mark.parametrize(
    "answers",
    [
        {"/register": {"status": "success"}},
        {"/register": WELCOME, "/ask": END | {"release": "abc"}},
    ],
)
def test_answers_that_make_no_sense(alone: Cluster, answers: dict[str, dict[str, Any]]):
    with coordinator(alone, lambda path, message: answers.get(path, NO_ORDERS)):
        code, line = code_and_line(alone.add(0))
    del alone.workers[0]
    assert code == 2
    assert line.startswith("workers.py: nobody who speaks our protocol is at unix:")


def test_a_coordinator_of_another_release(alone: Cluster):
    error = ForbiddenError("run both from the same release")
    with coordinator(alone, lambda path, message: refused(error)):
        code, line = code_and_line(alone.add(0))
    del alone.workers[0]
    assert code == 3
    assert line == "workers.py: run both from the same release"


def test_a_token_that_was_written_a_moment_too_late(alone: Cluster):
    """A worker asks again before it takes no for an answer."""

    def answer(path: str, message: dict[str, Any]) -> dict[str, Any]:
        if len(calls) == 1:
            refused(ForbiddenError("no token"))
        return {"/register": WELCOME, "/ask": END}.get(path, NO_ORDERS)

    with coordinator(alone, answer) as calls:
        worker = alone.add(0, "--once")
        assert worker.process.wait(60) == 0
    del alone.workers[0]
    assert [path for path, _ in calls if path != "/ping"] == ["/register", "/register", "/ask"]


class Script:
    """Gives one task, then says that the job is over."""

    def __init__(self, task: joining.Assignment) -> None:
        self.task = task
        self.given = False

    def answer(self, path: str, message: dict[str, Any]) -> dict[str, Any]:
        if path == "/register":
            return WELCOME
        if path != "/ask":
            return NO_ORDERS
        if self.given:
            return END
        self.given = True
        return joining.assignment_message(self.task)


def map_task(directory: Path, mapper: str) -> joining.Assignment:
    """A map task on a file with one line."""
    (directory / "0.in").write_text("x\n")
    context = tasks.TaskContext("job", "map-0-0", str(directory))
    request = tasks.MapRequest(mapper, Split("0.in"), 1, None, context)
    return joining.Assignment(joining.MAP, tasks.map_parameters(request))


def ahead(task: joining.Assignment) -> joining.Assignment:
    """The same map task as another attempt, which waits until no other one runs a program."""
    return replace(task, parameters={**task.parameters, "attempt": "map-0-1", "mostPrograms": "1"})


def reduce_task(directory: Path) -> joining.Assignment:
    """A reduce task without any input."""
    context = tasks.TaskContext("job", "reduce-0-0", str(directory))
    request = tasks.ReduceRequest("echo x", 0, (), ".", (), context)
    parameters = tasks.reduce_parameters(request) | {"submitAs": ".0.out.job.0.tmp"}
    return joining.Assignment(joining.REDUCE, parameters)


def pings(calls: list[Call]) -> list[Call]:
    """The pings among *calls*."""
    return [call for call in calls if call[0] == "/ping"]


def submitted(calls: list[Call]) -> list[dict[str, Any]]:
    """The replies that were submitted."""
    return [message["reply"] for path, message in calls if path == "/submit"]


def test_a_server_that_closes_idle_connections(alone: Cluster):
    """A task may take longer than a server keeps a connection that nobody uses."""
    script = Script(map_task(alone.jobs, "sh slow.sh"))
    (alone.jobs / "slow.sh").write_text("until [ -e end ]; do sleep 0.02; done; cat")
    with coordinator(alone, script.answer, hang_up="/ask") as calls:
        worker = alone.add(0, "--once")
        told = [{"attempts": ["map-0-0"], "session": "session"}] * 2
        # With the second of these pings the connection of the first call has been closed.
        until(lambda: [m for _, m in pings(calls) if m == told[0]][:2] == told, lambda: calls)
        (alone.jobs / "end").touch()
        until(lambda: submitted(calls), lambda: worker.log.read_text())
        (reply,) = submitted(calls)
        assert reply["status"] == "success"
        assert worker.process.wait(60) == 0
    assert [path for path, _ in calls].count("/register") == 1


def test_behind_a_map_one_more_task_is_asked_for(alone: Cluster) -> None:
    """Its program begins when the program of the first one has ended; a third one has no place."""
    (alone.jobs / "first.sh").write_text("until [ -e end ]; do sleep 0.02; done; cat; touch ended")
    (alone.jobs / "second.sh").write_text("[ -e ended ] || exit 1; cat")
    given = [map_task(alone.jobs, "sh first.sh"), ahead(map_task(alone.jobs, "sh second.sh"))]
    asked: list[list[str]] = []

    def answer(path: str, message: dict[str, Any]) -> dict[str, Any]:
        if path != "/ask":
            return WELCOME if path == "/register" else NO_ORDERS
        asked.append(message["attempts"])
        if len(asked) == 3:
            return END
        return joining.assignment_message(given[len(asked) - 1])

    with coordinator(alone, answer) as calls:
        worker = alone.add(0, "--once")
        until(lambda: len(asked) == 2, worker.log.read_text)
        both = {"map-0-0", "map-0-1"}
        until(lambda: both in [set(told["attempts"]) for _, told in pings(calls)], lambda: calls)
        (alone.jobs / "end").touch()
        assert worker.process.wait(60) == 0
    assert asked[:2] == [[], ["map-0-0"]]
    assert len(asked) == 3
    assert len(asked[2]) < 2
    assert [reply["status"] for reply in submitted(calls)] == ["success", "success"]


def test_an_attempt_that_ends_the_session_ends_the_other_one(alone: Cluster) -> None:
    """The second program would never end."""
    given = [map_task(alone.jobs, "cat"), ahead(map_task(alone.jobs, "sleep 1000"))]
    asked = threading.Semaphore(0)

    def answer(path: str, message: dict[str, Any]) -> dict[str, Any]:
        if path == "/submit":
            asked.acquire(timeout=60)  # both are given
            raise UnknownSession("taken for lost")
        if path != "/ask":
            return WELCOME if path == "/register" else NO_ORDERS
        if not given:
            return END
        task = given.pop(0)
        if not given:
            asked.release()
        return joining.assignment_message(task)

    with coordinator(alone, answer) as calls:
        # It registers anew, and hears that the job is over.
        assert alone.add(0, "--once").process.wait(60) == 0
    assert [path for path, _ in calls].count("/register") == 2


def test_no_descriptor_is_left(alone: Cluster):
    """That is the worker's own trouble: its coordinator is not gone, and no file is to blame."""
    script = Script(map_task(alone.jobs, "sh slow.sh"))
    (alone.jobs / "slow.sh").write_text("touch begun; while [ ! -e end ]; do sleep 0.02; done; cat")
    with coordinator(alone, script.answer, hang_up="/ping") as calls:
        worker = alone.add(0, "--once")
        until((alone.jobs / "begun").exists, worker.log.read_text)
        pid, hard = worker.process.pid, resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        given = resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, hard))
        until(lambda: "cannot call the coord" in worker.log.read_text(), worker.log.read_text)
        (alone.jobs / "end").touch()
        until(lambda: "in trouble with" in worker.log.read_text(), worker.log.read_text)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, given)
        assert worker.process.wait(60) == 0, worker.log.read_text()
    (reply,) = submitted(calls)
    assert (reply["status"], reply["kind"]) == ("error", "worker")
    assert "Too many open files; a higher limit may help (ulimit -n)" in reply["message"]
    assert [path for path, _ in calls].count("/register") == 1


def test_a_cancel_that_overtakes_its_attempt(alone: Cluster):
    """The program would never end."""
    script = Script(map_task(alone.jobs, "sleep 1000"))
    pinged = threading.Semaphore(0)

    def answer(path: str, message: dict[str, Any]) -> dict[str, Any]:
        if path == "/ping":
            pinged.release()
            return joining.orders_message(joining.Orders(cancel=("map-0-0",)))
        if path == "/ask" and not script.given:
            # With the second ping the answer to the first has been read.
            pinged.acquire()
            pinged.acquire()
        return script.answer(path, message)

    with coordinator(alone, answer) as calls:
        assert alone.add(0, "--once").process.wait(60) == 0
    (reply,) = submitted(calls)
    assert reply["kind"] == "cancelled"


def test_an_output_that_nobody_takes_is_withdrawn(alone: Cluster):
    script = Script(reduce_task(alone.jobs))
    seen: list[bool] = []

    def answer(path: str, message: dict[str, Any]) -> dict[str, Any]:
        if path == "/submit":
            seen.append((alone.jobs / ".0.out.job.0.tmp").exists())
            raise UnknownSession("taken for lost")
        return script.answer(path, message)

    with coordinator(alone, answer) as calls:
        # It registers anew, and hears that the job is over.
        assert alone.add(0, "--once").process.wait(60) == 0
    assert seen == [True]
    assert [path for path, _ in calls].count("/register") == 2
    assert os.listdir(alone.jobs) == []


@pytest.mark.parametrize("stopped", [False, True])
def test_an_output_of_which_nobody_will_know_is_withdrawn(stopped: bool, alone: Cluster):
    """The coordinator ended as the call was on its way, after it had looked for leftovers."""
    script = Script(reduce_task(alone.jobs))
    gone = threading.Event()

    def answer(path: str, message: dict[str, Any]) -> dict[str, Any] | None:
        if path == "/submit" and (alone.jobs / ".0.out.job.0.tmp").exists():
            if stopped:
                worker.process.terminate()
            gone.set()
        return None if gone.is_set() else script.answer(path, message)

    with coordinator(alone, answer):
        worker = alone.add(0)
        assert gone.wait(60)
        until(lambda: os.listdir(alone.jobs) == [], lambda: os.listdir(alone.jobs))


def test_an_output_stays_when_its_coordinator_is_there_after_all(alone: Cluster):
    """It may have heard the call, and be about to commit the output."""
    script = Script(reduce_task(alone.jobs))

    def answer(path: str, message: dict[str, Any]) -> dict[str, Any] | None:
        return None if path == "/submit" else script.answer(path, message)

    with coordinator(alone, answer) as calls:
        assert alone.add(0, "--once").process.wait(60) == 0
    assert [path for path, _ in calls].count("/register") == 2
    assert os.listdir(alone.jobs) == [".0.out.job.0.tmp"]


def test_an_output_that_was_taken_stays(alone: Cluster):
    script = Script(reduce_task(alone.jobs))
    with coordinator(alone, script.answer):
        assert alone.add(0, "--once").process.wait(60) == 0
    assert os.listdir(alone.jobs) == [".0.out.job.0.tmp"]
    assert (alone.jobs / ".0.out.job.0.tmp").read_bytes() == b"x\n"
