"""Clusters of joined workers that tests share, and a job directory for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import pytest

from tests.pools import OurPool, OurPoolFactory
from tests.pull.cluster import Cluster, Run
from tests.system.jobs import Job

ClusterFactory = Callable[..., AbstractContextManager[Cluster]]
#: Starts a coordinator; the arguments are those of :meth:`Cluster.launch` behind the job.
Start = Callable[..., Run]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here start real processes."""
    for item in items:
        if "tests/pull" in item.path.as_posix():
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="session")
def new_cluster(tmp_path_factory: pytest.TempPathFactory) -> ClusterFactory:
    """``with new_cluster(3, *options, tcp=True) as cluster``: 3 workers, stopped at the end."""

    @contextmanager
    def make(size: int, *options: str, tcp: bool = False) -> Iterator[Cluster]:
        # The name is short: the path of a UNIX socket may be.
        cluster = Cluster(tmp_path_factory.mktemp("c"), size, *options, tcp=tcp)
        try:
            yield cluster
            cluster.stop()
        finally:
            cluster.destroy()

    return make


@pytest.fixture(scope="session")
def shared_trio(new_cluster: ClusterFactory) -> Iterator[Cluster]:
    """Three workers for the whole session."""
    with new_cluster(3) as cluster:
        yield cluster


@pytest.fixture
def trio(shared_trio: Cluster) -> Iterator[Cluster]:
    """Three workers. A test may end some of them, the next one gets others in their place."""
    shared_trio.complete()
    yield shared_trio
    shared_trio.end_runs()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name for the files of a test: they share a directory."""
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in request.node.name)


@pytest.fixture
def job(trio: Cluster, name: str) -> Job:
    """A new job directory in the shared cluster."""
    return Job(trio.jobs, name)


@pytest.fixture(scope="module")
def pool(our_pool: OurPoolFactory) -> Iterator[OurPool]:
    """Three workers that are called."""
    with our_pool(3) as running:
        yield running


@pytest.fixture(params=["pull", "push"])
def start(request: pytest.FixtureRequest, trio: Cluster, pool: OurPool, job: Job) -> Start:
    """Start a coordinator of *job* on workers that join it, and on workers that it calls."""
    if request.param == "pull":
        return partial(trio.start, job)
    return partial(trio.launch, job, f"--workers={','.join(pool.urls)}")
