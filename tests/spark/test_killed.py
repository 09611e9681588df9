"""A worker of Spark that is killed in mid-job, with its executors and the outputs of its maps.

Then the executors of a job may come to lie on one host, where Spark starts no backup. So this file
is the last one with jobs, and the tests of backups are in those before it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.processes import until
from tests.spark.cluster import Cluster
from tests.spark.driver import Driver
from tests.spark.jobs import succeeded
from tests.system.jobs import Job
from tests.system.test_matrix import expected, random_lines

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("transport", ["driver", "connect"])
@pytest.mark.parametrize("role", ["mapper", "reducer"])
def test_the_same_bytes(
    request: pytest.FixtureRequest, spark: Cluster, tmp_path: Path, transport: str, role: str
) -> None:
    driver: Driver = request.getfixturevalue(transport)
    job = Job(tmp_path, "job")
    inputs = tuple(random_lines(seed, 20_000) for seed in range(4))
    job.inputs(*inputs)
    gate = job.gated("gated.sh")
    programs = {"mapper": "cat", "reducer": "cat", role: gate.path}
    options = job.options(programs["mapper"], programs["reducer"], 4)
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(driver.run, job.root, options)
        until(lambda: len(gate.pids()) >= 2 or running.done(), lambda: str(gate.pids()), 120)
        assert not running.done(), running.result().stderr
        spark.kill_worker(spark.worker_of(gate.pids()[0]))
        gate.open()
        done = running.result()
    succeeded(done)
    assert job.outputs() == expected("cat", "cat", inputs, 4)
    assert len(gate.pids()) > 4  # the attempt of that worker had to be made again
