"""The jobs of these tests, and what must be true of each."""

from __future__ import annotations

import random

from tests.network.hosts import Network, Started
from tests.oracle import oracle
from tests.system.jobs import Job

#: Seconds within which each job here ends, whatever happens. The worst of them takes a third.
PATIENCE = 100.0


def text(inputs: int, records: int) -> list[bytes]:
    """Inputs of lines with few keys, which end up in all partitions."""
    chance = random.Random(4)
    return [
        b"".join(b"key %d\t%d of %d\n" % (chance.randrange(99), k, i) for k in range(records))
        for i in range(inputs)
    ]


SMALL, LARGE = text(8, 100), text(8, 12_000)


def job_with(network: Network, name: str, inputs: list[bytes]) -> Job:
    job = Job(network.shared, name)
    job.inputs(*inputs)
    return job


def assert_right(started: Started, job: Job, inputs: list[bytes]) -> None:
    assert started.end(PATIENCE) == 0, started.said
    assert job.outputs() == oracle(["cat"], ["cat"], inputs, 2)
