"""Jobs of joined workers give the bytes of the oracle, as jobs of a pool do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

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


@pytest.fixture(scope="module")
def clusters(new_cluster: ClusterFactory) -> Iterator[Callable[[str], Cluster]]:
    """Gives the cluster of that name, which starts when it is first asked for."""
    with ExitStack() as stack:

        @cache
        def cluster_of(key: str) -> Cluster:
            size, tcp = CLUSTERS[key]
            options = ["--memory=1MB"] if tcp else []
            return stack.enter_context(new_cluster(size, *options, tcp=tcp))

        yield cluster_of


@pytest.fixture
def cluster(clusters: Callable[[str], Cluster], key: str) -> Cluster:
    """The cluster named by the parameter *key* of the test."""
    return clusters(key)


@pytest.fixture
def own_job(cluster: Cluster, name: str) -> Job:
    """A new job directory."""
    return Job(cluster.jobs, name)


@pytest.mark.parametrize(
    ("key", "num_reducers"),
    # There must be a worker for each reducer.
    [(key, n) for key, (size, _) in CLUSTERS.items() for n in (1, 3, 5) if n <= size],
)
@pytest.mark.parametrize("case", ["fish", "oas", "hostile-words", "hostile-backwards"])
def test_workers_and_reducers(cluster: Cluster, own_job: Job, case: str, num_reducers: int):
    inputs, mapper, reducer = CASES[case]
    own_job.inputs(*inputs)
    succeeded(cluster.run(own_job, mapper=mapper, reducer=reducer, num_reducers=num_reducers))
    assert own_job.outputs() == expected(mapper, reducer, inputs, num_reducers)


@pytest.mark.parametrize("key", ["unix-1", "tcp-3"])
def test_splits(cluster: Cluster, own_job: Job):
    inputs = (*HOSTILE[:4], random_lines(2, 300_000), b"a\nb\nc")
    own_job.inputs(*inputs)
    splits = tuple(piece for data in inputs for piece in cut(data, 5000))
    done = cluster.run(own_job, "--splitSize=5000", mapper=BACKWARDS, num_reducers=1)
    assert f"{len(splits)} map + 1 reduce tasks" in succeeded(done).stdout
    assert own_job.outputs() == expected(BACKWARDS, "cat", splits, 1)


@pytest.mark.parametrize("key", ["unix-2"])
def test_combiner(cluster: Cluster, own_job: Job):
    inputs = sample("oas_jobs")
    own_job.inputs(*inputs)
    done = cluster.run(own_job, f"--combinerPath={REDUCER}", mapper=MAPPER, reducer=REDUCER)
    assert own_job.outputs() == expected(MAPPER, REDUCER, inputs, 1)
    records = sum(len(set(data.split())) for data in inputs)
    assert f"{records:,} records" in succeeded(done).stdout


@pytest.mark.parametrize("key", ["unix-5"])
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


@pytest.mark.parametrize("key", ["tcp-3"])
def test_data_larger_than_the_memory(cluster: Cluster, own_job: Job):
    inputs = tuple(random_lines(seed, 1_500_000) for seed in range(4))
    own_job.inputs(*inputs)
    succeeded(cluster.run(own_job, num_reducers=3))
    assert own_job.outputs() == expected("cat", "cat", inputs, 3)
