"""The hosts of a map task are those that hold most of its bytes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from hadoopless.engines.spark.hosts import Block, best, hosts_of
from hadoopless.job import JobSpec, Split

BLOCKS: dict[str, list[Block]] = {
    "hdfs://n/a": [(0, 100, ("h1", "h2")), (100, 200, ("h2", "h3")), (200, 210, ("h4",))],
    "hdfs://n/b": [(0, 500, ("h5", "h3"))],
}


@pytest.mark.parametrize(
    ("split", "hosts"),
    [
        (Split("hdfs://n/a", 0, 100), ["h1", "h2"]),
        (Split("hdfs://n/a", 50, 100), ["h2", "h1", "h3"]),
        (Split("hdfs://n/a", 195), ["h4", "h2", "h3"]),
        (Split("hdfs://n/a"), ["h2", "h1", "h3"]),
        (Split("hdfs://n/a", 150, 10, (Split("hdfs://n/b"),)), ["h3", "h5", "h2"]),
        (Split("/local"), []),
        (Split("hdfs://n/a", 100, 0), []),
    ],
)
def test_the_best_hosts_come_first(split: Split, hosts: list[str]) -> None:
    assert best(split, BLOCKS) == hosts


def test_a_job_runs_without_hosts_where_they_cannot_be_had(
    caplog: pytest.LogCaptureFixture,
) -> None:
    spec = JobSpec("m", "r", (Split("hdfs://n/a"),), 1, "out", "/")
    assert hosts_of(SimpleNamespace(), spec) == []
    assert "no task can be put beside its data" in caplog.text
    caplog.clear()
    local = JobSpec("m", "r", (Split("a"),), 1, "out", "/")
    assert hosts_of(SimpleNamespace(), local) == []
    assert caplog.text == ""
