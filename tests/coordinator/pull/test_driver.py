"""A listening coordinator answers each call as docs/pull.md says; no socket is between."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest

from hadoopless.coordinator.journal import DoneMap, Past
from hadoopless.coordinator.loop import Events
from hadoopless.coordinator.pull.driver import PullDriver
from hadoopless.errors import UnknownSession, UsageError
from hadoopless.job import (
    AttemptId,
    JobSpec,
    MapOutput,
    Split,
    Sum,
    TaskReport,
    map_task,
    reduce_task,
)
from hadoopless.scheduler import (
    Action,
    AttemptFailed,
    AttemptSucceeded,
    CancelAttempt,
    EndReason,
    Event,
    FetchAhead,
    JobStarted,
    MapOutputRestored,
    ReleaseOutputs,
    StartAttempt,
    WorkerJoined,
    WorkerLost,
)
from hadoopless.wire.messages import joining
from hadoopless.wire.messages.fetch_ahead import Order, Source

MAP = StartAttempt(AttemptId(map_task(0), 0), "worker 0", ())


class Trial:
    """A driver, what it said and what it told the scheduler."""

    def __init__(self, *, num_workers: int = 1, timeout: float = 60.0, past: Past | None = None):
        self.events: Events = Events()
        self.said: list[str] = []
        self.driver = PullDriver(
            JobSpec("cat", "cat", (Split("0.in"),), 1, "out", "/nowhere", job_id="job"),
            self.events,
            num_workers=num_workers,
            worker_timeout=timeout,
            say=self.said.append,
            past=past,
        )
        self.watching: asyncio.Task[None] | None = None

    async def watch(self) -> None:
        """Let the driver look for silent workers, as the server does."""
        if self.watching is None:
            self.watching = asyncio.create_task(self.driver.watch())
            await asyncio.sleep(0)

    async def carry_out(self, *actions: Action) -> None:
        """Ask for *actions* as the job's thread does, and let the event loop take its next turn."""
        await self.watch()
        for action in actions:
            self.driver.carry_out(action)
        await asyncio.sleep(0)

    async def join(self, worker: int, url: str = "", held: Any = ()) -> str:
        """Register and make the first call; returns the session."""
        session = await self.register(worker, url, held)
        await self.call("ping", session, attempts=None)
        return session

    async def register(self, worker: int, url: str = "", held: Any = ()) -> str:
        """Register; returns the session."""
        where = url or f"http://127.0.0.1:{worker + 1}"
        hello = joining.Hello(worker, where, f"process at {where}", tuple(held))
        answer = await self.driver.answer("register", joining.hello_message(hello))
        return joining.parse_welcome(answer).session

    async def call(self, call: str, session: str, **fields: Any) -> joining.Json:
        return await self.driver.answer(call, {"session": session, **fields})

    async def ping(self, session: str, attempts: list[str] | None) -> joining.Json:
        """A ping of a worker that runs *attempts*, after a moment."""
        await asyncio.sleep(0.01)
        return await self.call("ping", session, attempts=attempts)

    async def event_after_pings(
        self, session: str, attempts: Sequence[str] | None = ()
    ) -> Event | None:
        """The first event while a worker that runs *attempts* pings."""
        for _ in range(60):
            await self.ping(session, None if attempts is None else list(attempts))
            if not self.events.empty():
                return self.events.get()
        return None

    def told(self) -> list[Event]:
        """The events since the last look."""
        found = []
        while not self.events.empty():
            found.append(self.events.get())
        return found


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run *test* with a driver that watches."""
    asyncio.run(test())


@pytest.fixture
def listener() -> Any:
    """A socket that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def url_of(server: socket.socket) -> str:
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_the_job_starts_when_all_have_come():
    async def test() -> None:
        trial = Trial(num_workers=3)
        await trial.join(2)
        assert trial.said[-1].endswith("; waiting for ids 0, 1")
        await trial.join(0)
        assert trial.said[-1].endswith("; waiting for id 1")
        assert trial.told() == [
            WorkerJoined("worker 2", ahead=True),
            WorkerJoined("worker 0", ahead=True),
        ]
        await trial.join(1)
        assert "waiting" not in trial.said[-1]
        assert trial.told() == [WorkerJoined("worker 1", ahead=True), JobStarted()]

    run(test)


def test_a_worker_takes_part_from_its_first_call_on():
    """Before that it may not know the secret of the job, and others would be refused by it."""

    async def test() -> None:
        trial = Trial(num_workers=2)
        await trial.join(0)
        session = await trial.register(1)
        assert "waiting" not in trial.said[-1]
        assert trial.told() == [WorkerJoined("worker 0", ahead=True)]
        await trial.call("ping", session, attempts=None)
        assert trial.told() == [WorkerJoined("worker 1", ahead=True), JobStarted()]

    run(test)


def test_a_worker_that_goes_before_its_first_call_took_no_part():
    async def test() -> None:
        trial = Trial(num_workers=2)
        await trial.register(0)
        await trial.register(0)  # the same process once more
        assert trial.said[-2:] == [
            "worker 0 registers anew; waiting for ids 0, 1",
            "worker 0 joined, its data is at http://127.0.0.1:1; waiting for id 1",
        ]
        assert trial.told() == []

    run(test)


def test_one_that_goes_before_the_start_is_waited_for_again():
    async def test() -> None:
        trial = Trial(num_workers=2)
        session = await trial.join(0)
        await trial.call("leave", session)
        assert trial.said[-1] == "worker 0 leaves; waiting for ids 0, 1"
        await trial.join(1)
        assert JobStarted() not in trial.told()

    run(test)


@pytest.mark.parametrize("call", ["ping", "ask", "submit", "leave"])
@pytest.mark.parametrize("session", [None, "guessed", 7, []])
def test_a_call_before_registration(call: str, session: Any):
    async def test() -> None:
        trial = Trial()
        await trial.join(0)
        with pytest.raises(UnknownSession, match="register first"):
            await trial.call(call, session)

    run(test)


def test_a_call_that_there_is_not():
    async def test() -> None:
        trial = Trial()
        session = await trial.join(0)
        with pytest.raises(UsageError, match="there is no call 'steal'"):
            await trial.call("steal", session)

    run(test)


def test_an_id_of_a_worker_that_lives_is_taken(listener: socket.socket):
    async def test() -> None:
        trial = Trial()
        session = await trial.join(0, url_of(listener))
        trial.told()
        with pytest.raises(UsageError, match="there is a worker with id 0 already"):
            await trial.join(0)
        assert trial.told() == []
        await trial.call("ping", session)

    run(test)


def test_an_id_of_a_process_that_is_gone_is_free(listener: socket.socket):
    async def test() -> None:
        trial = Trial()
        old = await trial.join(0, url_of(listener))
        listener.close()
        trial.told()
        await trial.join(0)
        assert trial.told() == [WorkerLost("worker 0"), WorkerJoined("worker 0", ahead=True)]
        assert "lost worker 0: its process is gone" in trial.said
        with pytest.raises(UnknownSession):
            await trial.call("ping", old)

    run(test)


def test_two_successors_at_once(listener: socket.socket):
    """Both find that the old process is gone; one of them gets its id."""

    async def test() -> None:
        trial = Trial()
        await trial.join(0, url_of(listener))
        listener.close()
        came = await asyncio.gather(
            trial.join(0), trial.join(0, "http://127.0.0.1:2"), return_exceptions=True
        )
        (session,) = [one for one in came if isinstance(one, str)]
        (refused,) = [one for one in came if isinstance(one, Exception)]
        assert isinstance(refused, UsageError)
        await trial.call("ping", session)

    run(test)


def test_the_same_process_may_register_anew(listener: socket.socket):
    """It does not know that it is a member: the answer was lost, or late."""

    async def test() -> None:
        trial = Trial()
        old = await trial.join(0, url_of(listener))
        trial.told()
        new = await trial.join(0, url_of(listener))
        assert trial.told() == [WorkerLost("worker 0"), WorkerJoined("worker 0", ahead=True)]
        with pytest.raises(UnknownSession):
            await trial.call("ask", old)
        await trial.call("ping", new)

    run(test)


def test_silence():
    async def test() -> None:
        trial = Trial(timeout=0.1)
        await trial.watch()
        session = await trial.join(0)
        with pytest.raises(UnknownSession, match="meanwhile"):
            await trial.call("ask", session)
        assert trial.said[-1] == "lost worker 0: it has been silent for 0.1 s"
        assert trial.told()[-1] == WorkerLost("worker 0")

    run(test)


def test_a_long_silence_is_told(monkeypatch: pytest.MonkeyPatch):
    async def test() -> None:
        trial = Trial(timeout=60)
        await trial.watch()
        await trial.join(0)
        trial.said.clear()
        clock = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: clock() + 6)
        for _ in range(2000):
            await asyncio.sleep(0.01)
            if trial.said:
                break
        assert trial.said == ["worker 0 has been silent for 5 s; it is taken for lost in 55 s"]

    run(test)


DONE = {"status": "success", "mapTaskID": "id"}


def test_work_is_handed_out_until_it_is_submitted():
    """A worker that asks again has not got the answer whole."""

    async def test() -> None:
        trial = Trial()
        session = await trial.join(0)
        await trial.carry_out(MAP)
        for _ in range(2):
            answer = joining.parse_assignment(await trial.call("ask", session))
            assert answer.what == joining.MAP
            assert answer.parameters["attempt"] == "map-0-0"
        trial.told()
        for _ in range(2):
            await trial.call("submit", session, attempt="map-0-0", reply=DONE)
            (event,) = trial.told()
            assert isinstance(event, AttemptSucceeded)
        answer = joining.parse_assignment(await trial.call("ask", session))
        assert answer == joining.Assignment(joining.WAIT)

    run(test)


def test_one_more_map_is_given_ahead() -> None:
    """A worker that names what it runs has got that; what it does not name is given again."""
    ahead = StartAttempt(AttemptId(map_task(0), 1), "worker 0", (), ahead=True)

    async def test() -> None:
        trial = Trial()
        session = await trial.join(0)
        await trial.carry_out(MAP, ahead)
        given = [
            joining.parse_assignment(await trial.call("ask", session, attempts=attempts))
            for attempts in ([], ["map-0-0"], ["map-0-0"], ["map-0-0", "map-0-1"])
        ]
        assert [one.what for one in given] == [joining.MAP] * 3 + [joining.WAIT]
        found = [
            (one.parameters["attempt"], one.parameters.get("mostPrograms")) for one in given[:3]
        ]
        assert found == [("map-0-0", None), ("map-0-1", "1"), ("map-0-1", "1")]

    run(test)


def test_what_a_worker_does_not_know_is_tried_again():
    async def test() -> None:
        trial = Trial(timeout=0.3)
        session = await trial.join(0)
        await trial.carry_out(MAP)
        await trial.call("ask", session)
        trial.told()
        event = await trial.event_after_pings(session)
        assert isinstance(event, AttemptFailed)
        assert (event.attempt, event.reason) == (MAP.attempt, EndReason.WORKER_TROUBLE)
        assert "our answer was lost" in str(event.error)

    run(test)


def test_what_a_worker_runs_is_not():
    async def test() -> None:
        trial = Trial(timeout=0.3)
        session = await trial.join(0)
        await trial.carry_out(MAP)
        await trial.call("ask", session)
        trial.told()
        assert await trial.event_after_pings(session, attempts=["map-0-0"]) is None
        assert await trial.event_after_pings(session, attempts=None) is None  # it does not tell

    run(test)


def test_what_a_worker_should_not_run_is_cancelled_again():
    """The first order may have been lost with an answer."""

    async def test() -> None:
        trial = Trial(timeout=0.3)
        session = await trial.join(0)
        orders = [
            joining.parse_orders(await trial.ping(session, ["map-3-1"])).cancel for _ in range(60)
        ]
        assert orders[0] == ()
        assert ("map-3-1",) in orders

    run(test)


@pytest.mark.parametrize("attempts", ["map-0-0", [1], {}, 7])
def test_attempts_that_are_nonsense(attempts: Any):
    async def test() -> None:
        trial = Trial()
        session = await trial.join(0)
        with pytest.raises(UsageError, match="list of names"):
            await trial.call("ping", session, attempts=attempts)

    run(test)


def test_an_ask_that_waits_gets_what_comes():
    async def test() -> None:
        trial = Trial()
        session = await trial.join(0)
        asked = asyncio.create_task(trial.call("ask", session))
        await asyncio.sleep(0)
        await trial.carry_out(MAP)
        assert joining.parse_assignment(await asked).what == joining.MAP

    run(test)


def test_a_cancel_takes_back_what_was_not_handed_out():
    async def test() -> None:
        trial = Trial()
        session = await trial.join(0)
        await trial.carry_out(MAP, CancelAttempt(MAP.attempt, "worker 0"))
        answer = joining.parse_assignment(await trial.call("ask", session))
        assert answer == joining.Assignment(joining.WAIT)

    run(test)


def test_orders_travel_with_any_answer_and_once():
    async def test() -> None:
        trial = Trial()
        session = await trial.join(0)
        await trial.carry_out(
            CancelAttempt(MAP.attempt, "worker 0"),
            ReleaseOutputs("worker 0", ("a", "b")),
            FetchAhead("worker 0", 7, (), ()),
        )
        orders = joining.parse_orders(await trial.call("ping", session))
        assert orders == joining.Orders(("map-0-0",), ("a", "b"), (Order("job", 7),))
        assert joining.parse_orders(await trial.call("ping", session)) == joining.Orders()

    run(test)


@pytest.mark.parametrize("asks_first", [False, True])
def test_an_idle_worker_hears_at_once_what_to_fetch(
    asks_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hadoopless.coordinator.pull.driver.LONGEST_ASK", 3600)
    output = MapOutput("http://127.0.0.1:9", "id", 2, (14,), (2,))

    async def test() -> None:
        trial = Trial()
        session = await trial.join(0)
        asking = asyncio.create_task(trial.call("ask", session)) if asks_first else None
        await asyncio.sleep(0)
        orders = (
            FetchAhead("worker 0", 1, (0,), (output,)),
            FetchAhead("worker 5", 2, (0,), (output,)),  # nobody is there
        )
        await trial.carry_out(*orders)
        answer = await (asking or trial.call("ask", session))
        order = Order("job", 1, (0,), (Source(output.worker, ("id",), (Sum(2, 14),)),))
        assert joining.parse_assignment(answer) == joining.Assignment(
            joining.WAIT, orders=joining.Orders(fetch=(order,))
        )

    run(test)


def test_actions_for_one_that_is_gone():
    async def test() -> None:
        trial = Trial()
        await trial.carry_out(
            MAP,
            CancelAttempt(MAP.attempt, "worker 0"),
            ReleaseOutputs("worker 0", ("a",)),
        )

    run(test)


def test_reports():
    async def test() -> None:
        trial = Trial()
        session = await trial.join(0, "http://127.0.0.1:9")
        trial.told()
        good = {"status": "success", "mapTaskID": "id", "records": 2, "partitionBytes": [5]}
        await trial.call("submit", session, attempt="map-0-0", reply=good)
        (event,) = trial.told()
        assert isinstance(event, AttemptSucceeded)
        assert event.output == MapOutput("http://127.0.0.1:9", "id", 2, (5,))
        await trial.call("submit", session, attempt="reduce-0-1", reply={"status": "success"})
        (event,) = trial.told()
        assert isinstance(event, AttemptSucceeded)
        assert event.attempt == AttemptId(reduce_task(0), 1)
        await trial.call("submit", session, attempt="map-0-2", reply={"status": "error"})
        (event,) = trial.told()
        assert isinstance(event, AttemptFailed)
        assert event.worker == "worker 0"

    run(test)


@pytest.mark.parametrize(
    "attempt", [None, "", "map-0", "map-0-0-0", "map--1-0", "x-0-0", "map-٣-0"]
)
@pytest.mark.parametrize("reply", [{"status": "success"}])
def test_reports_of_no_attempt(attempt: Any, reply: Any):
    async def test() -> None:
        trial = Trial()
        session = await trial.join(0)
        trial.told()
        with pytest.raises(UsageError, match="there is no attempt"):
            await trial.call("submit", session, attempt=attempt, reply=reply)
        assert trial.told() == []

    run(test)


@pytest.mark.parametrize("attempt", ["map-1-0", "reduce-1-0", "map-99-0"])
@pytest.mark.parametrize("status", ["success", "error"])
def test_reports_of_tasks_that_the_job_does_not_have(attempt: str, status: str):
    async def test() -> None:
        trial = Trial()
        session = await trial.join(0)
        trial.told()
        with pytest.raises(UsageError, match=r"there is no (map|reduce) "):
            await trial.call("submit", session, attempt=attempt, reply={"status": status})
        assert trial.told() == []

    run(test)


@pytest.mark.parametrize(
    "reply", [None, 7, [], {"status": "success"}, {"status": "success", "mapTaskID": "a,b"}]
)
def test_reports_that_make_no_sense(reply: Any):
    async def test() -> None:
        trial = Trial()
        session = await trial.join(0)
        trial.told()
        with pytest.raises(UsageError):
            await trial.call("submit", session, attempt="map-0-0", reply=reply)
        assert trial.told() == []

    run(test)


OLD = MapOutput("http://127.0.0.1:1", "kept", 4, (8,))
PAST = Past("job", 7, {0: DoneMap("worker 0", OLD, TaskReport(9, told=True))}, {})


def test_what_is_still_held_is_used_or_released():
    async def test() -> None:
        trial = Trial(past=PAST)
        session = await trial.register(0, "http://127.0.0.1:9", held=["kept", "unknown"])
        orders = joining.parse_orders(await trial.call("ping", session))
        now = MapOutput("http://127.0.0.1:9", "kept", 4, (8,))
        assert trial.told() == [
            WorkerJoined("worker 0", ahead=True),
            MapOutputRestored(0, "worker 0", now, TaskReport(9, told=True)),
            JobStarted(),
        ]
        assert orders.release == ("unknown",)

    run(test)


def test_what_comes_after_the_start_is_released():
    async def test() -> None:
        trial = Trial(past=PAST)
        await trial.join(0)
        trial.told()
        session = await trial.register(1, held=["kept"])
        orders = joining.parse_orders(await trial.call("ping", session))
        assert trial.told() == [WorkerJoined("worker 1", ahead=True)]
        assert orders.release == ("kept",)

    run(test)


def test_the_end():
    """A worker that asks is told; one that comes back at once has to wait for the next job."""

    async def test() -> None:
        trial = Trial()
        session = await trial.join(0)
        asked = asyncio.create_task(trial.call("ask", session))
        await asyncio.sleep(0)
        await trial.watch()
        finishing = asyncio.create_task(asyncio.to_thread(trial.driver.finish))
        assert joining.parse_assignment(await asked).what == joining.END
        await finishing
        trial.told()
        with pytest.raises(UnknownSession, match="the job is over"):
            await trial.join(0)
        assert trial.told() == []

    run(test)


def test_a_job_without_workers_ends_at_once():
    trial = Trial()
    trial.driver.finish()
    trial.driver.remove_submitted()
