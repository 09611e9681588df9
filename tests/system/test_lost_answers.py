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
        environment.setenv("MAPREDUCE_TOKEN", "a token that all of them know")
        with our_pool(2) as running:
            yield running


@pytest.fixture
def road() -> Iterator[Road]:
    road = Road(lambda fault: None)
    yield road
    road.close()


@pytest.mark.parametrize("text", [b"mapTaskID", b"outputBytes"], ids=["map", "any task"])
@pytest.mark.parametrize("fault", [Fault.CALL_SWALLOWED, Fault.CALL_FLIPPED])
def test_an_answer_that_is_spoilt(
    pool: OurPool, road: Road, name: str, fault: Fault, text: bytes
) -> None:
    job = Job(pool.root, name)
    job.inputs(*INPUTS)
    road.spoil(Spoil(fault, 0.9, text=text))
    urls = [road.before_worker(url) for url in pool.urls]
    succeeded(job.run(urls, "--workerTimeout=2", num_reducers=2))
    assert not road.pending
    assert job.outputs() == oracle(["cat"], ["cat"], INPUTS, 2)
