"""Workers that join a coordinator in TLS."""

from __future__ import annotations

import pytest

from tests.certificates import Authority
from tests.oracle import oracle
from tests.processes import until
from tests.pull.conftest import ClusterFactory
from tests.system.jobs import Job

INPUTS = [b"fish\t1\nboat\t2\nfish\t3\n", b"cat\nboat\n"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.mark.parametrize("tcp", [True, False], ids=["tcp", "unix"])
def test_a_job(new_cluster: ClusterFactory, authority: Authority, tcp: bool):
    """With a UNIX socket, map outputs alone travel in TLS."""
    identity = authority.identity("here")
    with new_cluster(2, *identity.options, tcp=tcp) as cluster:
        job = Job(cluster.jobs, "job")
        job.inputs(*INPUTS)
        done = cluster.run(job, *identity.options, num_reducers=2)
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("its data is at https://127.0.0.1:") == 2
        assert job.outputs() == oracle(["cat"], ["cat"], INPUTS, 2)


def test_a_worker_of_another_ca(
    new_cluster: ClusterFactory, authority: Authority, tmp_path_factory: pytest.TempPathFactory
):
    theirs = Authority(tmp_path_factory.mktemp("other-ca")).identity("theirs")
    identity = authority.identity("here")
    with new_cluster(1, *theirs.options, tcp=True) as cluster:
        job = Job(cluster.jobs, "job")
        job.inputs(*INPUTS)
        run = cluster.start(job, *identity.options)
        worker = cluster.workers[0]
        until(lambda: worker.process.poll() is not None, worker.log.read_text)
        assert worker.process.returncode == 3
        address = cluster.address.replace("http", "https")
        assert worker.log.read_text().endswith(
            f"workers.py: {address}: its TLS certificate is refused: self-signed certificate in"
            " certificate chain\n"
        )
        cluster.add(0, *identity.options)
        assert run.end().returncode == 0
        assert job.outputs() == oracle(["cat"], ["cat"], INPUTS, 1)
