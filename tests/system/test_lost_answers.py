"""Answers that are lost or damaged on their way, while the connection and its ends live on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.plan import Fault
from tests.chaos.proxy import Road, Spoil
from tests.oracle import oracle
from tests.pools import OurPool, OurPoolFactory
from tests.system.jobs import Job, succeeded

INPUTS = [b"b\tfrom %d\na\tfrom %d\nc%d\n" % (i, i, i) for i in range(6)]


@pytest.fixture(scope="module")
def pool(our_pool: OurPoolFactory) -> Iterator[OurPool]:
    """Two workers; the token of the proxies before them is the same."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MAPREDUCE_TOKEN", "a-token-that-all-of-them-know")
        with our_pool(2) as running:
            yield running


@pytest.fixture
def road() -> Iterator[Road]:
    road = Road(lambda fault: None)
    yield road
    road.close()


FLIPPED = [Spoil(Fault.CALL_FLIPPED, share / 16, text=b"mapTaskID") for share in range(16)]


@pytest.mark.parametrize(
    "spoils",
    [
        [Spoil(Fault.CALL_SWALLOWED, 0, text=b"mapTaskID")],
        [Spoil(Fault.CALL_SWALLOWED, 0, text=b"outputBytes")] * 2,
        [Spoil(Fault.CALL_SWALLOWED, 0, text=b"instance")],
        *([one] for one in FLIPPED),
        FLIPPED[1::5],
    ],
    ids=lambda spoils: f"{spoils[0].fault.name}-{spoils[0].share:.2f}-{len(spoils)}",
)
def test_an_answer_that_is_spoilt(
    pool: OurPool, road: Road, name: str, spoils: list[Spoil]
) -> None:
    job = Job(pool.root, name)
    job.inputs(*INPUTS)
    for spoil in spoils:
        road.spoil(spoil)
    urls = [road.before_worker(url) for url in pool.urls]
    succeeded(job.run(urls, "--workerTimeout=2", num_reducers=2))
    assert not road.pending
    assert job.outputs() == oracle(["cat"], ["cat"], INPUTS, 2)


@pytest.mark.heavy
def test_the_wait_for_a_lost_answer_is_told(pool: OurPool, road: Road, name: str) -> None:
    job = Job(pool.root, name)
    job.inputs(*INPUTS)
    road.spoil(Spoil(Fault.CALL_SWALLOWED, 0, text=b"mapTaskID"))
    urls = [road.before_worker(url) for url in pool.urls]
    done = succeeded(job.run(urls, "--workerTimeout=7", "--no-speculate", num_reducers=2))
    assert "and no answer has come; the job waits" in done.stderr
    assert "the answer is lost" in done.stderr
    assert job.outputs() == oracle(["cat"], ["cat"], INPUTS, 2)
