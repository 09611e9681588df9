"""The cluster that all tests of this directory share, and a process that runs jobs on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.spark import cluster
from tests.spark.cluster import Cluster
from tests.spark.driver import Driver


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A master and two workers."""
    if reason := cluster.missing():
        pytest.skip(reason)
    with cluster.running(tmp_path_factory.mktemp("spark") / "cluster") as running:
        yield running


@pytest.fixture(scope="session")
def driver(spark: Cluster) -> Iterator[Driver]:
    """The process that runs most jobs."""
    with Driver(spark) as process:
        yield process


@pytest.fixture(scope="session")
def connect(spark: Cluster) -> Iterator[Driver]:
    """A process that runs jobs by a server of Spark Connect."""
    with Driver(spark, spark.start_connect()) as process:
        yield process
