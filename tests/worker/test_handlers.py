"""Tasks and their callers: what is committed, and for whom."""

from __future__ import annotations

import asyncio
import select
import socket
import threading
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hadoopless.data.program.cancellation import Cancellation
from hadoopless.errors import Cancelled
from hadoopless.faults import TimeUp
from hadoopless.job import MapOutput, TaskReport
from hadoopless.wire.intake import Server
from hadoopless.wire.messages.tasks import TaskContext
from hadoopless.wire.server import Proofs, bind_unix
from hadoopless.worker import handlers
from hadoopless.worker.handlers import BaseHandler, TaskRunner
from hadoopless.worker.server import make_app
from hadoopless.worker.services import Services, Settings
from mapper_handler import MapHandler

REQUEST = b"GET /task HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def services_in(directory: Path) -> Services:
    """The services of a worker, as far as its handlers need them."""
    settings = Settings(str(directory), 1 << 20, str(directory), (), "secret")
    return cast(Services, SimpleNamespace(settings=settings, proofs=Proofs(lambda: "secret")))


class Trial:
    """A worker with one call, and a caller of it; the task waits until it may commit."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.may_commit = threading.Event()
        self.outcome: SimpleQueue[str] = SimpleQueue()

    async def run(self, caller_does: str) -> str:
        """The end of the task when *caller_does* that, of which the worker has not heard yet."""
        loop = asyncio.get_running_loop()
        started = asyncio.Event()

        def work(cancellation: Cancellation, _: Callable[[], None]) -> None:
            loop.call_soon_threadsafe(started.set)
            self.may_commit.wait()
            try:
                cancellation.commit(lambda: self.outcome.put("committed"))
            except Cancelled as error:
                self.outcome.put(str(error))

        class Handler(BaseHandler):
            open_parameters = ()

            async def get(self) -> None:
                await self.run_task(TaskContext("job", "map-0-0", None), work)

        path = str(self.directory / "socket")
        server = Server(make_app(services_in(self.directory), [("/task", Handler)]))
        server.add_sockets([bind_unix(path)])
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(path)
            caller.sendall(REQUEST)
            await started.wait()
            # From here on the event loop stands still, as if the process had been stopped.
            if caller_does == "has gone":
                caller.close()
            elif caller_does == "has asked for more":
                caller.sendall(REQUEST)
            self.may_commit.set()
            ended = self.outcome.get(timeout=60)
        server.stop()
        await server.close_all_connections()
        return ended


class Outputs:
    """A store that tells which outputs were discarded."""

    def __init__(self) -> None:
        self.discarded: list[str] = []

    def discard(self, map_task_ids: list[str]) -> None:
        self.discarded += map_task_ids


@pytest.mark.parametrize(("caller_stays", "discarded"), [(True, []), (False, ["m1"])])
def test_a_map_output_that_nobody_hears_of_is_not_kept(
    caller_stays: bool, discarded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its caller has gone after the task had ended, and before the answer."""
    store = Outputs()
    ends, caller = socket.socketpair()

    async def run_task(*_: object) -> tuple[MapOutput, TaskReport]:
        if not caller_stays:
            caller.close()
        return MapOutput("", "m1"), TaskReport()

    handler = object.__new__(MapHandler)
    connection = SimpleNamespace(stream=SimpleNamespace(socket=ends, closed=lambda: False))
    values = {"mapperPath": [b"m"], "inputFile": [b"i"], "numReducers": [b"1"]}
    handler.request = cast(Any, SimpleNamespace(arguments=values, connection=connection))
    handler.services = cast(Any, SimpleNamespace(store=store))
    monkeypatch.setattr(handler, "root", lambda context: None)
    monkeypatch.setattr(handler, "run_task", run_task)
    monkeypatch.setattr(handler, "write_json", lambda reply: None)
    with ends, caller:
        asyncio.run(handler.get())
    assert store.discarded == discarded


@pytest.mark.parametrize(
    ("caller_does", "ends"),
    [
        ("waits", "committed"),
        ("has asked for more", "committed"),
        ("has gone", "nobody waits for the result any more"),
    ],
)
def test_only_what_is_still_wanted_is_committed(
    caller_does: str, ends: str, tmp_path: Path
) -> None:
    assert asyncio.run(Trial(tmp_path).run(caller_does)) == ends


def test_a_caller_who_takes_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The answer has no end, and so its caller would keep the connection for ever."""
    monkeypatch.setattr(handlers, "ANSWER_TIMEOUT", 0.05)

    class Endless(BaseHandler):
        open_parameters = ()

        async def get(self) -> None:
            await self.send(repeat(bytes(1 << 16)), in_thread=False)

    async def run() -> None:
        server = Server(make_app(services_in(tmp_path), [("/task", Endless)]))
        path = str(tmp_path / "socket")
        server.add_sockets([bind_unix(path)])
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(path)
            caller.sendall(REQUEST)
            await loop.run_in_executor(None, until_ended, caller)
        server.stop()
        await server.close_all_connections()

    asyncio.run(run())


def until_ended(connection: socket.socket) -> None:
    """Wait for the end of *connection* without taking what comes."""
    waiting = select.poll()
    waiting.register(connection, 0)  # POLLHUP comes unasked
    assert waiting.poll(60_000)


def test_a_caller_who_leaves_within_an_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """That is no error of ours, of which the log would have a trace."""
    ended = asyncio.Event()
    asked_for: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(1000):
            asked_for.append(number)
            yield bytes(1 << 20)

    class Handler(BaseHandler):
        open_parameters = ()

        async def get(self) -> None:
            try:
                await self.send(pieces(), in_thread=True)
            finally:
                ended.set()

    def call(path: str) -> None:
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(path)
            caller.sendall(REQUEST)
            caller.recv(1)

    async def run() -> None:
        path = str(tmp_path / "socket")
        server = Server(make_app(services_in(tmp_path), [("/task", Handler)]))
        server.add_sockets([bind_unix(path)])
        await asyncio.get_running_loop().run_in_executor(None, call, path)
        await ended.wait()
        server.stop()
        await server.close_all_connections()

    asyncio.run(run())
    assert len(asked_for) < 1000
    assert [one.getMessage() for one in caplog.records] == []


class Limit:
    """Is struck when an attempt is cancelled."""

    def __init__(self) -> None:
        self.struck = threading.Event()

    def kill(self) -> None:
        self.struck.set()


def test_the_time_of_an_attempt_does_not_begin_before_its_turn() -> None:
    """Its limit is over at once when it begins, and the one before it has none."""

    async def run() -> None:
        runner, loop, begun = TaskRunner(), asyncio.get_running_loop(), asyncio.Event()
        may_end = threading.Event()

        def first(_: Cancellation, programs_over: Callable[[], None]) -> None:
            loop.call_soon_threadsafe(begun.set)
            may_end.wait()

        def second(cancellation: Cancellation, programs_over: Callable[[], None]) -> None:
            limit = Limit()
            cancellation.watch(limit)
            assert limit.struck.wait(60)
            with pytest.raises(TimeUp):
                cancellation.check()

        one = asyncio.ensure_future(runner.run(TaskContext("job", "one"), Cancellation(), first))
        await begun.wait()
        limited = TaskContext("job", "two", timeout=1e-9, most_programs=1)
        cancellation = Cancellation()
        two = asyncio.ensure_future(runner.run(limited, cancellation, second))
        for _ in range(5):  # in which a limit that had begun would strike
            await asyncio.sleep(0)
        assert runner.attempts("job") == ("one", "two")
        cancellation.check()
        may_end.set()
        await asyncio.gather(one, two)

    asyncio.run(run())
