"""The driver that calls workers: what it takes for the life and the loss of one."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from typing import cast

import pytest

from hadoopless.coordinator import loop
from hadoopless.coordinator.push.client import WorkerClient
from hadoopless.coordinator.push.driver import PushDriver
from hadoopless.errors import MapReduceError, WorkerError
from hadoopless.job import AttemptId, JobSpec, MapOutput, Split, TaskReport, map_task
from hadoopless.scheduler import Event, FetchAhead, StartAttempt, WorkerJoined, WorkerLost
from hadoopless.wire.messages.fetch_ahead import Order
from hadoopless.wire.messages.tasks import MapRequest
from hadoopless.wire.unreachable import Silent, Unreachable

SPEC = JobSpec("cat", "cat", (Split("0.in"),), 1, ".", "/job", job_id="j0")
URL = "http://127.0.0.1:1"
LONG_AGO = 1e9


class Client:
    """A worker that answers as the test says."""

    url = URL
    takes_ahead = False

    def __init__(self) -> None:
        self.answer: str | Exception = "process 1"
        self.orders: list[Order] = []
        #: So many calls are not answered in time.
        self.silences: list[None] = []
        #: The timeout and the patience of each call.
        self.waits: list[tuple[float, float | None]] = []
        #: The maps that it is asked to run.
        self.maps: queue.SimpleQueue[MapRequest] = queue.SimpleQueue()

    def health(self, job_id: str, timeout: float, patience: float | None = None) -> str:
        self.waits.append((timeout, patience))
        if self.silences:
            self.silences.pop()
            raise Silent("it does not answer")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def map(self, request: MapRequest, timeout: float) -> tuple[MapOutput | None, TaskReport]:
        self.maps.put(request)
        return MapOutput(URL, "id"), TaskReport()

    def hang_up(self, why: str) -> None:
        """No call is open."""

    def fetch_ahead(self, order: Order, timeout: float) -> None:
        self.orders.append(order)
        if isinstance(self.answer, Exception):
            raise self.answer

    def release_job(self, job_id: str, timeout: float) -> None:
        """Nothing is held."""


class Trial:
    """A driver and its one worker."""

    def __init__(self) -> None:
        self.client = Client()
        self.events = loop.Events()
        clients = [cast(WorkerClient, self.client)]
        self.driver = PushDriver(SPEC, clients, self.events, slots=1, worker_timeout=1000)

    def heard(self, answer: str | Exception) -> list[Event]:
        """The events that follow when the worker is asked once more and answers *answer*."""
        self.client.answer = answer
        self.driver.start()  # which asks each worker at once
        return [self.events.get() for _ in range(self.events.qsize())]


@pytest.fixture
def trial() -> Iterator[Trial]:
    trial = Trial()
    yield trial
    trial.driver.stop()


def test_the_life_of_a_worker(trial: Trial):
    assert trial.heard(Unreachable("refused")) == []
    assert trial.heard("process 1") == [WorkerJoined(URL, 1)]
    assert trial.heard("process 1") == []
    assert trial.heard("process 2") == [WorkerLost(URL), WorkerJoined(URL, 1)]
    assert trial.heard(MapReduceError("nonsense")) == [WorkerLost(URL)]
    assert trial.heard(Unreachable("refused")) == []


def test_a_worker_where_attempts_may_wait(trial: Trial):
    """It is told how many of them may run programs there at a time."""
    trial.client.takes_ahead = True
    assert trial.heard("process 1") == [WorkerJoined(URL, 1, ahead=True)]
    attempt = AttemptId(map_task(0), 0)
    for ahead, most in ((False, 0), (True, 1)):
        trial.driver.carry_out(StartAttempt(attempt, URL, ahead=ahead))
        assert trial.client.maps.get(timeout=60).context.most_programs == most
        trial.events.get(timeout=60)


def test_trouble_that_passes_is_no_loss(trial: Trial):
    """The worker's own, or ours: its map outputs are still there."""
    trouble = WorkerError("Too many open files; a higher limit may help (ulimit -n)")
    assert trial.heard(trouble) == []
    assert trial.heard("process 1") == [WorkerJoined(URL, 1)]
    assert trial.heard(trouble) == []
    assert trial.heard("process 1") == []


def test_trouble_that_stays_is_a_loss(trial: Trial, monkeypatch: pytest.MonkeyPatch):
    trial.heard("process 1")
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + LONG_AGO)
    assert trial.heard(WorkerError("no memory left")) == [WorkerLost(URL)]


def test_a_long_silence_is_told(trial: Trial, caplog: pytest.LogCaptureFixture):
    trial.heard("process 1")
    trial.client.silences = [None]
    assert trial.heard("process 1") == []
    (told,) = caplog.messages
    assert trial.client.waits[-2:] == [(5, 1000), (995, 1000)]
    assert told == f"worker {URL} has not answered for 5 s; it is taken for lost in 995 s"
    trial.client.silences = [None, None]
    assert trial.heard("process 1") == [WorkerLost(URL)]


def test_a_loss_after_the_end_is_none(trial: Trial):
    trial.heard("process 1")
    trial.driver.stop()
    assert trial.heard(Unreachable("refused")) == []


@pytest.mark.parametrize("answer", ["process 1", Unreachable("refused")])
def test_an_order_to_fetch_ahead_may_fail(trial: Trial, answer: str | Exception):
    trial.client.answer = answer
    trial.driver.carry_out(FetchAhead(URL, 1, (0,)))
    trial.driver.stop()
    assert trial.client.orders == [Order("j0", 1, (0,))]
    assert trial.events.empty()
