"""Pools that many tests share, and a job directory for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pools import OurPool, OurPoolFactory
from tests.system.jobs import Job, Running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here start real processes."""
    for item in items:
        if "tests/system" in item.path.as_posix():
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="session")
def pool(our_pool: OurPoolFactory) -> Iterator[OurPool]:
    """Five workers, to which no test may do any harm."""
    with our_pool(5) as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def forsaken(our_pool: OurPoolFactory) -> Iterator[tuple[Job, Running]]:
    """A job that waits for workers that are gone for good; it does so beside all other tests."""
    with our_pool(2) as gone:
        job = Job(gone.root, "forsaken")
        job.inputs(b"a\n", b"b\n")
        gate = job.gated("waits.sh")
        with job.started(gone.urls, "--workerTimeout=1", mapper=gate.path) as running:
            running.comes_to(gate, 2)
            gone.process.terminate()
            gone.process.wait()
            yield job, running


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name for the files of a test: they share the served root."""
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in request.node.name)


@pytest.fixture
def job(pool: OurPool, name: str) -> Job:
    """A new job directory in the root of the shared pool."""
    return Job(pool.root, name)
