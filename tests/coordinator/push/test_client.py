"""The coordinator takes nothing from an answer of a worker that is no answer to its call."""

from __future__ import annotations

import json

import pytest

from hadoopless.coordinator.push.client import WorkerClient
from hadoopless.wire.messages.fetch_ahead import Order
from tests.fuzz.peers import lying, response


@pytest.mark.parametrize(
    ("told", "held"),
    [
        (["a", "b"], {"a", "b"}),
        (None, set()),
        (5, set()),
        (0.5, set()),
        (True, set()),
        ("ab", set()),
    ],
)
def test_what_a_worker_holds(told: object, held: set[str]):
    with lying() as worker:
        worker.answer = lambda line: response(
            json.dumps({"status": "success", "mapTaskIDs": told}).encode()
        )
        client = WorkerClient(worker.url)
        client.ours = True
        assert client.held("job", 20.0) == ({"a", "b"} if isinstance(told, list) else set())
        client.close()


@pytest.mark.parametrize("ours", [True, False])
def test_an_order_to_fetch_ahead_is_for_workers_of_ours_that_may_not_know_it(ours: bool):
    with lying() as worker:
        asked: list[bytes] = []

        def answer(line: bytes) -> bytes:
            asked.append(line)
            return response(b"no such page", "404 Not Found")

        worker.answer = answer
        client = WorkerClient(worker.url)
        client.ours = ours
        client.fetch_ahead(Order("job", 1), 20.0)
        client.close()
    assert [line.split()[:2] for line in asked] == ([[b"POST", b"/fetchAhead"]] if ours else [])
