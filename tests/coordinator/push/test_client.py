"""The coordinator takes nothing from an answer of a worker that is no answer to its call."""

from __future__ import annotations

import json

import pytest

from hadoopless.coordinator.push.client import WorkerClient
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
