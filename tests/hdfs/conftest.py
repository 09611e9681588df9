"""The HDFS that all tests of this directory share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hadoop.maven import Unavailable
from tests.hdfs import cluster
from tests.hdfs.cluster import Dfs


@pytest.fixture(scope="session")
def dfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dfs]:
    """A name node and two data nodes."""
    if reason := cluster.missing():
        pytest.skip(reason)
    try:
        with cluster.running_dfs(tmp_path_factory.mktemp("dfs") / "one") as running:
            yield running
    except Unavailable as reason:
        pytest.skip(f"no HDFS here: {reason}")
