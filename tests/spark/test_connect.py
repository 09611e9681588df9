"""Jobs by Spark Connect, without RDDs: the same bytes, and the same words about failures."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.oracle import REPOSITORY
from tests.processes import until
from tests.spark.cluster import Cluster
from tests.spark.driver import Driver
from tests.spark.jobs import (
    check_a_program_that_fails,
    check_counters_of_a_map_that_is_tried_again,
    failed,
    run_job,
    succeeded,
)
from tests.system.jobs import Job
from tests.system.test_matrix import CASES, HOSTILE, expected, random_lines

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path, "job")


@pytest.mark.parametrize("case", CASES)
def test_the_matrix(connect: Driver, job: Job, case: str) -> None:
    inputs, mapper, reducer = CASES[case]
    job.inputs(*inputs)
    succeeded(run_job(connect, job, mapper=mapper, reducer=reducer, num_reducers=3))
    assert job.outputs() == expected(mapper, reducer, inputs, 3)


@pytest.mark.parametrize("num_reducers", [1, 3])
def test_data_larger_than_the_memory_and_than_a_batch(
    connect: Driver, job: Job, num_reducers: int
) -> None:
    lines = [b"%08d\t%s\n" % (n * 7_919 % 600_000, b"v" * 100) for n in range(600_000)]
    inputs = (b"".join(lines), b"".join(reversed(lines[:10_000])))
    job.inputs(*inputs)
    succeeded(run_job(connect, job, num_reducers=num_reducers))
    assert job.outputs() == expected("cat", "cat", inputs, num_reducers)


def test_many_small_splits(connect: Driver, job: Job) -> None:
    data = random_lines(1, 5_000)
    job.inputs(data)
    succeeded(run_job(connect, job, "--splitSize=2000B", num_reducers=3))
    assert job.outputs() == expected("cat", "cat", (data,), 3)


def test_total_order(connect: Driver, job: Job) -> None:
    data = b"".join(b"%06d\t%d\n" % (n * 7_919 % 20_000, n) for n in range(20_000))
    job.inputs(data)
    succeeded(run_job(connect, job, "--totalOrder", num_reducers=3))
    assert b"".join(job.outputs()) == expected("cat", "cat", (data,), 1)[0]


def test_map_only(connect: Driver, job: Job) -> None:
    job.inputs(*HOSTILE)
    options = ["--mapperPath=cat", f"--jobPath={job.name}", "--numReducers=0"]
    succeeded(connect.run(job.root, options))
    assert job.outputs() == list(HOSTILE)


def test_a_streaming_job_without_any_input(connect: Driver, job: Job) -> None:
    """There is no map, and each reduce leaves its output all the same."""
    (job.path / "in").mkdir()
    args = ["-input", "in", "-output", "out", "-mapper", "cat", "-reducer", "cat"]
    ended = connect.hadoop(job.path, ["-D", "mapreduce.job.reduces=3", *args])
    assert ended.status == 0, ended.stderr
    names = sorted(path.name for path in (job.path / "out").iterdir())
    assert names == ["_SUCCESS", "part-00000", "part-00001", "part-00002"]


def test_counters_are_counted_once_each(connect: Driver, job: Job) -> None:
    check_counters_of_a_map_that_is_tried_again(connect, job)


@pytest.mark.parametrize("role", ["mapper", "reducer"])
def test_a_program_that_fails(connect: Driver, job: Job, role: str) -> None:
    check_a_program_that_fails(connect, job, role)


def test_a_job_that_is_cancelled_leaves_nothing(spark: Cluster, connect: Driver, job: Job) -> None:
    job.inputs(b"a\n", b"b\n")
    gate = job.gated("gated.sh")
    process = begin(spark, connect.master, job, gate.path)
    until(lambda: bool(gate.pids()) or process.poll() is not None, lambda: str(gate.pids()), 120)
    assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    said, log = process.communicate(timeout=60)
    assert process.returncode == 130, said + log
    assert "cancelled" in log
    assert "Traceback" not in log
    until(lambda: not any(is_alive(pid) for pid in gate.pids()), lambda: str(gate.pids()), 60)
    assert job.outputs() == []
    assert not list(job.path.glob(".hadoopless*"))


def test_a_server_that_is_not_there(spark: Cluster, job: Job) -> None:
    job.inputs(b"a\n")
    process = begin(spark, "sc://127.0.0.1:1/;token=hidden", job, "cat")
    said, log = process.communicate(timeout=100)
    assert process.returncode == 5, said + log
    assert "Spark Connect cannot be used at sc://127.0.0.1:1/: failed to connect" in log
    assert "hidden" not in said + log
    assert "Traceback" not in log


def test_properties_of_the_server_cannot_be_changed(connect: Driver, job: Job) -> None:
    job.inputs(b"a\n")
    failed(run_job(connect, job, "--property=spark.executor.cores=2"), 5, "CANNOT_MODIFY_CONFIG")


def begin(spark: Cluster, master: str, job: Job, mapper: str) -> subprocess.Popen[str]:
    """A command of its own, as a user starts it."""
    argv = [sys.executable, str(REPOSITORY / "coordinator.py"), "--engine=spark"]
    return subprocess.Popen(
        [*argv, f"--master={master}", *job.options(mapper)],
        cwd=job.root,
        env=spark.environment | {"MAPREDUCE_PYTHON": sys.executable},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
