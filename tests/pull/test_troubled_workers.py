"""A joined worker that can do nothing is no fault of a program, and does not fail the job."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from tests.pull.conftest import ClusterFactory
from tests.system.jobs import Job, failed, succeeded
from tests.system.test_matrix import expected

#: The descriptors of each process, and the map tasks of a job that has more of these.
DESCRIPTORS, MANY = 256, 3000

LINES = b"".join(b"%d\tx\n" % number for number in range(150_000))
INPUTS = tuple(b"%d\tx\n" % i + LINES for i in range(4))


def test_a_full_disk_on_one_worker(new_cluster: ClusterFactory, name: str, small_disk: Path):
    """Its partition goes to the other worker; one failed attempt of a program would end the job."""
    with new_cluster(0) as cluster:
        cluster.add(0, f"--spillDir={small_disk}")
        cluster.add(1)
        job = Job(cluster.jobs, name)
        job.inputs(*INPUTS)
        done = succeeded(cluster.start(job, "--maxAttempts=1", workers=2, num_reducers=2).end())
        assert "worker 0 is in trouble with " in done.stderr
        assert f"{small_disk}" in done.stderr
        assert "worker 1 is in trouble" not in done.stderr
        assert job.outputs() == expected("cat", "cat", INPUTS, 2)


def test_a_full_disk_on_the_only_worker(new_cluster: ClusterFactory, name: str, small_disk: Path):
    with new_cluster(0) as cluster:
        cluster.add(0, f"--spillDir={small_disk}")
        job = Job(cluster.jobs, name)
        job.inputs(*INPUTS)
        run = cluster.start(job, workers=1)
        done = failed(run.end(), 6, "attempt 3: worker 0 is in trouble: ", "No space left")
        assert job.outputs() == []
        assert "Traceback" not in done.stderr


@pytest.mark.heavy
def test_more_map_outputs_than_descriptors(new_cluster: ClusterFactory, name: str):
    """No process holds a descriptor for each output, and no map task runs twice."""
    limit = (DESCRIPTORS, DESCRIPTORS)
    with new_cluster(2) as cluster:
        for worker in cluster.workers.values():
            resource.prlimit(worker.process.pid, resource.RLIMIT_NOFILE, limit)
        job = Job(cluster.jobs, name)
        job.inputs(*(b"%d\n" % i for i in range(MANY)))
        run = cluster.start(job, num_reducers=2)
        resource.prlimit(run.process.pid, resource.RLIMIT_NOFILE, limit)
        done = succeeded(run.end())
        assert "trouble" not in done.stderr
        assert "run again" not in done.stdout
        numbers = b"".join(job.outputs()).replace(b"\t", b"").split()
        assert sorted(map(int, numbers)) == list(range(MANY))
        logs = "".join(worker.log.read_text() for worker in cluster.workers.values())
        assert logs.count("joined the coordinator") == 2
