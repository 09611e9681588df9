"""Jobs of joined workers give the bytes of the oracle, as jobs of a pool do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pull.cluster import Cluster, left_by_the_job
from tests.pull.conftest import ClusterFactory
from tests.system.jobs import Job, failed, succeeded
from tests.system.test_matrix import (
    BACKWARDS,
    CASES,
    HOSTILE,
    MAPPER,
    REDUCER,
    cut,
    expected,
    random_lines,
    sample,
)

#: Those that join over TCP have next to no memory.
CLUSTERS = {
    "unix-1": (1, False),
    "unix-2": (2, False),
    "unix-5": (5, False),
    "tcp-3": (3, True),
}


@pytest.fixture(scope="module", params=CLUSTERS)
def cluster(request: pytest.FixtureRequest, new_cluster: ClusterFactory) -> Iterator[Cluster]:
    """Workers of all numbers, over both kinds of sockets."""
    size, tcp = CLUSTERS[request.param]
    with new_cluster(size, *(["--memory=1MB"] if tcp else []), tcp=tcp) as running:
        yield running


@pytest.fixture
def own_job(cluster: Cluster, name: str) -> Job:
    """A new job directory."""
    return Job(cluster.jobs, name)


@pytest.mark.parametrize(
    ("cluster", "num_reducers"),
    # There must be a worker for each reducer.
    [(key, n) for key, (size, _) in CLUSTERS.items() for n in (1, 3, 5) if n <= size],
    indirect=["cluster"],
)
@pytest.mark.parametrize("case", CASES)
def test_workers_and_reducers(cluster: Cluster, own_job: Job, case: str, num_reducers: int):
    inputs, mapper, reducer = CASES[case]
    own_job.inputs(*inputs)
    succeeded(cluster.run(own_job, mapper=mapper, reducer=reducer, num_reducers=num_reducers))
    assert own_job.outputs() == expected(mapper, reducer, inputs, num_reducers)


@pytest.mark.parametrize("cluster", ["unix-1", "tcp-3"], indirect=True)
def test_splits(cluster: Cluster, own_job: Job):
    inputs = (*HOSTILE[:4], random_lines(2, 300_000), b"a\nb\nc")
    own_job.inputs(*inputs)
    splits = tuple(piece for data in inputs for piece in cut(data, 5000))
    done = cluster.run(own_job, "--splitSize=5000", mapper=BACKWARDS, num_reducers=1)
    assert f"{len(splits)} map + 1 reduce tasks" in succeeded(done).stdout
    assert own_job.outputs() == expected(BACKWARDS, "cat", splits, 1)


@pytest.mark.parametrize("cluster", ["unix-1", "tcp-3"], indirect=True)
def test_combiner(cluster: Cluster, own_job: Job):
    inputs = sample("oas_jobs")
    own_job.inputs(*inputs)
    done = cluster.run(own_job, f"--combinerPath={REDUCER}", mapper=MAPPER, reducer=REDUCER)
    assert own_job.outputs() == expected(MAPPER, REDUCER, inputs, 1)
    records = sum(len(set(data.split())) for data in inputs)
    assert f"{records:,} records" in succeeded(done).stdout


@pytest.mark.parametrize("cluster", ["unix-5", "tcp-3"], indirect=True)
def test_a_program_that_fails(cluster: Cluster, own_job: Job):
    """The message of push mode; the workers are there for the next job."""
    own_job.inputs(b"a\n", b"b\n")
    mapper = own_job.script("mapper.sh", "#!/bin/sh\necho trouble >&2\nexit 3\n")
    done = cluster.run(own_job, mapper=mapper)
    failed(done, 4, "ended with exit code 3", "trouble", "to run just this task by hand:")
    assert own_job.outputs() == []
    assert left_by_the_job(own_job) == []
    succeeded(cluster.run(own_job))
    assert own_job.outputs() == expected("cat", "cat", (b"a\n", b"b\n"), 1)


@pytest.mark.parametrize("cluster", ["tcp-3"], indirect=True)
def test_data_larger_than_the_memory(cluster: Cluster, own_job: Job):
    inputs = tuple(random_lines(seed, 1_500_000) for seed in range(4))
    own_job.inputs(*inputs)
    succeeded(cluster.run(own_job, num_reducers=3))
    assert own_job.outputs() == expected("cat", "cat", inputs, 3)
