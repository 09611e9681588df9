"""The fixtures that tests of programs share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.process import SpawnerClient


@pytest.fixture(scope="module")
def spawner() -> Iterator[SpawnerClient]:
    """A process that starts programs."""
    client = SpawnerClient()
    yield client
    client.close()


@pytest.fixture
def cancellation() -> Cancellation:
    """A cancellation that nobody has used yet."""
    return Cancellation()
