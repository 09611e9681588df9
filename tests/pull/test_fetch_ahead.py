"""Joined workers fetch while the last map runs; whatever is lost meanwhile, the bytes are right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pytest

from tests.oracle import oracle
from tests.processes import children, until
from tests.pull.cluster import Cluster, Run
from tests.pull.conftest import ClusterFactory
from tests.scrapes import values
from tests.system.calls import call
from tests.system.jobs import Job, succeeded
from tests.system.test_fetch_ahead import INPUTS, waiting

#: The word that opens the metrics.
WORD = "sesame"


@pytest.fixture(scope="module")
def fragile(
    new_cluster: ClusterFactory, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Three workers, whose metrics can be read with the token; a test here kills one."""
    file = tmp_path_factory.mktemp("metrics") / "token"
    file.write_text(WORD)
    with new_cluster(3, f"--metricsTokenFile={file}") as cluster:
        yield cluster


def held(run: Run, number: int, use: str) -> float:
    """Bytes of memory of a worker with map outputs that it has fetched, or merged."""
    urls = dict(re.findall(r"worker (\d+) joined, its data is at (http://[\d.:]+)", run.said))
    page = call(urls[str(number)], "/metrics", headers={"Authorization": f"Bearer {WORD}"}).body
    return values(page)["hadoopless_worker_memory_used_bytes", use]


def idle(cluster: Cluster) -> list[int]:
    """The workers that run no program."""
    spawners = {n: children(worker.process.pid) for n, worker in cluster.workers.items()}
    return [number for number, (spawner,) in spawners.items() if not children(spawner)]


@pytest.mark.parametrize("killed", [0, 1])
def test_the_bytes_are_those_of_the_oracle(fragile: Cluster, name: str, killed: int) -> None:
    """A worker that is killed takes along what others have fetched from it, and what it has."""
    job = Job(fragile.jobs, name)
    gate = waiting(job)
    options = ("--no-speculate", "--workerTimeout=1")
    run = fragile.start(job, *options, mapper=gate.path, num_reducers=3)
    until(lambda: len(gate.pids()) == 1 and len(idle(fragile)) == 2, lambda: run.said)
    numbers = idle(fragile)
    until(lambda: all(held(run, number, "merged") for number in numbers), lambda: run.said)
    for number in numbers[:killed]:
        fragile.workers[number].kill()
        fragile.complete()
        run.until_it_says(f"worker {number} joined", times=2)
    gate.open()
    done = succeeded(run.end())
    assert job.outputs() == oracle(["cat"], ["cat"], INPUTS, 3)
    assert ("1 worker(s) lost" in done.stdout) is bool(killed)
    uses = [*product(range(3), ("fetched", "merged"))]
    until(lambda: not any(held(run, number, use) for number, use in uses), lambda: run.said)
