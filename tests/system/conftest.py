"""Pools that many tests share, and a job directory for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pools import OurPool, OurPoolFactory
from tests.system.jobs import Job


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


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name for the files of a test: they share the served root."""
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in request.node.name)


@pytest.fixture
def job(pool: OurPool, name: str) -> Job:
    """A new job directory in the root of the shared pool."""
    return Job(pool.root, name)
