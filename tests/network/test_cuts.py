"""Hosts that vanish and networks that are cut: outputs are right, and time is bounded."""

from __future__ import annotations

import time

import pytest

from tests.network.cluster import Cluster
from tests.network.hosts import Started
from tests.network.jobs import SMALL, assert_right, job_with
from tests.processes import running, until
from tests.system.jobs import Gate, Job

pytestmark = pytest.mark.timeout(300)


def at_work(cluster: Cluster, job: Job, *options: str) -> tuple[Started, Gate]:
    """The coordinator of *job*, all of whose workers run a mapper that waits at a gate."""
    gate = job.gated("waits.sh")
    started = cluster.coordinate(job, f"--mapperPath={gate.path}", *options)
    until(lambda: len(gate.pids()) >= 4, lambda: started.said, 60)
    return started, gate


def test_a_short_cut_changes_nothing(cluster: Cluster, name: str):
    job = job_with(cluster.network, name, SMALL)
    started, gate = at_work(cluster, job)
    for host in (0, 2):
        cluster.network.switch.cut_off(host)
        time.sleep(2)
        cluster.network.switch.heal()
    gate.open()
    assert_right(started, job, SMALL)
    assert "lost" not in started.said


def test_a_long_cut_heals(cluster: Cluster, name: str):
    """The tasks of a host that cannot be heard run elsewhere; later it is one of the workers."""
    job = job_with(cluster.network, name, SMALL)
    started, gate = at_work(cluster, job, "--workerTimeout=2")
    cluster.network.switch.cut_off(0)
    started.until_it_says("lost", 2)
    gate.open()
    time.sleep(1)
    cluster.network.switch.heal()
    assert_right(started, job, SMALL)
    job = job_with(cluster.network, f"{name}-2", SMALL)
    started = cluster.coordinate(job)
    assert_right(started, job, SMALL)
    assert "on 4 workers" in started.said


def test_a_host_vanishes(cluster: Cluster, name: str):
    """Half of the maps are done there; no message tells of its end."""
    job = job_with(cluster.network, name, SMALL)
    started, gate = at_work(cluster, job, "--workerTimeout=3")
    gate.open()
    cluster.network.one.pull_the_cable()
    assert_right(started, job, SMALL)
    assert started.said.count("lost") >= 2


def test_a_host_vanishes_between_maps_and_reduces(cluster: Cluster, name: str):
    job = job_with(cluster.network, name, SMALL)
    gate = job.gated("waits.sh")
    started = cluster.coordinate(job, f"--reducerPath={gate.path}", "--workerTimeout=3")
    until(lambda: len(gate.pids()) >= 2, lambda: started.said, 60)
    cluster.network.one.pull_the_cable()
    started.until_it_says("lost", 2)
    gate.open()
    assert_right(started, job, SMALL)


def test_workers_that_cannot_hear_each_other(cluster: Cluster, name: str):
    """The coordinator hears both halves; each lacks the map outputs of the other."""
    job = job_with(cluster.network, name, SMALL)
    started, gate = at_work(cluster, job)
    cluster.network.switch.cut(0, 1)
    gate.open()
    started.until_it_says("map 100%")
    started.until_it_says("their map tasks run again")
    cluster.network.switch.heal()
    assert_right(started, job, SMALL)


def test_the_coordinator_vanishes(cluster: Cluster, name: str):
    """Its workers end what they run for it, and serve the next one."""
    job = job_with(cluster.network, name, SMALL)
    started, gate = at_work(cluster, job)
    programs = gate.pids()
    cluster.network.switch.cut_off(2)
    started.process.kill()
    until(lambda: not running(programs), lambda: str(running(programs)), 60)
    cluster.network.switch.heal()
    job = job_with(cluster.network, f"{name}-2", SMALL)
    started = cluster.coordinate(job)
    assert_right(started, job, SMALL)
    assert "on 4 workers" in started.said
