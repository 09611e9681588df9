"""Answers of a coordinator that are lost or damaged on their way to joined workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.plan import Fault
from tests.chaos.proxy import Road, Spoil
from tests.oracle import oracle
from tests.pull.cluster import Cluster
from tests.system.jobs import Job, succeeded

INPUTS = [b"b\tfrom %d\na\tfrom %d\nc%d\n" % (i, i, i) for i in range(12)]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path, 2)
    yield cluster
    cluster.destroy()


@pytest.fixture
def road(cluster: Cluster) -> Iterator[Road]:
    """The proxy that stands where the workers look for the coordinator."""
    road = Road(lambda fault: None)
    road.before_coordinator(cluster.root / "s", cluster.root / "c")
    yield road
    road.close()


@pytest.mark.parametrize(
    "spoils",
    [
        pytest.param(
            [Spoil(Fault.CALL_FLIPPED, share / 9, text=b"numReducers") for share in range(9)],
            id="a task",
            marks=pytest.mark.heavy,
        ),
        pytest.param([Spoil(Fault.CALL_FLIPPED, 0.97, text=b"cancel")] * 5, id="orders"),
        pytest.param(
            [Spoil(Fault.CALL_SWALLOWED, 0, text=b"numReducers")],
            id="swallowed",
            marks=pytest.mark.heavy,
        ),
    ],
)
def test_answers_that_are_spoilt(cluster: Cluster, road: Road, spoils: list[Spoil]) -> None:
    job = Job(cluster.jobs, "job")
    job.inputs(*INPUTS)
    for spoil in spoils:
        road.spoil(spoil)
    listening = (f"--listen=unix:{cluster.root}/c", "--numWorkers=2")
    run = cluster.launch(job, *listening, num_reducers=2)
    done = succeeded(run.end())
    assert not road.pending
    assert job.outputs() == oracle(["cat"], ["cat"], INPUTS, 2)
    flipped = all(spoil.fault is Fault.CALL_FLIPPED and spoil.share > 0.5 for spoil in spoils)
    # In a body it is asked again; a head that is damaged may cost the session.
    assert not (flipped and "lost" in done.stderr)
