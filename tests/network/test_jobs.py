"""Jobs on three hosts, with and without TLS, also on a network that delays and loses packets."""

from __future__ import annotations

import pytest

from tests.network.cluster import Cluster, PullCluster, PushCluster
from tests.network.hosts import Credentials, Network
from tests.network.jobs import LARGE, PATIENCE, SMALL, assert_right, job_with
from tests.network.switch import Weather

WARNING = "whoever can read packets on the way to 192.0.2."

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.parametrize("credentials", ["plain", "tls"], indirect=True),
]


def test_a_job(cluster: Cluster, name: str):
    job = job_with(cluster.network, name, SMALL)
    started = cluster.coordinate(job)
    assert_right(started, job, SMALL)
    in_tls = "MAPREDUCE_TLS_CERT" in cluster.credentials["one"]
    assert "on 4 workers" in started.said
    warned = [cluster.pools[0]] if isinstance(cluster, PushCluster) else []
    if isinstance(cluster, PullCluster):
        warned = [cluster.workers[0], started]
    assert [one.said.count(WARNING) for one in warned] == [0 if in_tls else 1] * len(warned)


def test_bad_weather(cluster: Cluster, name: str):
    """Frames take 1 to 30 ms, so that they overtake each other, and 2 % are lost."""
    job = job_with(cluster.network, name, LARGE)
    cluster.network.switch.weather = Weather(0.001, 0.03, 0.02)
    assert_right(cluster.coordinate(job), job, LARGE)


def test_another_token(hosts: Network, credentials: Credentials, name: str):
    cluster = PushCluster(hosts, credentials)
    three = dict(credentials["three"]) | {"MAPREDUCE_TOKEN": "another-secret"}
    job = job_with(hosts, name, SMALL)
    cluster.credentials = {"three": three}
    started = cluster.coordinate(job)
    assert started.end(PATIENCE) == 5
    assert "does not know the token in MAPREDUCE_TOKEN: it is not that pool's token" in started.said
