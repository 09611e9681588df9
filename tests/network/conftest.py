"""The network of these tests, and certificates for its hosts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.certificates import Authority
from tests.network.cluster import CLUSTERS, Cluster
from tests.network.hosts import NAMES, Credentials, Network, network


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here start real processes and wait for time-outs of the network."""
    for item in items:
        if "tests/network" in item.path.as_posix():
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.heavy)


@pytest.fixture(scope="session")
def all_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("network")) as made:
        yield made


@pytest.fixture
def hosts(all_hosts: Network) -> Iterator[Network]:
    """Three hosts on a calm network, on which nothing runs yet."""
    yield all_hosts
    all_hosts.clear()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    """The variables of TLS for each host; its certificate names its address alone."""
    authority = Authority(tmp_path_factory.mktemp("ca"))
    return {
        name: authority.identity(name, f"IP:192.0.2.{number}").environment
        for number, name in enumerate(NAMES, 1)
    }


@pytest.fixture
def credentials(request: pytest.FixtureRequest) -> Credentials:
    """The variables that the programs on each host need; without TLS for the parameter "plain"."""
    plain = getattr(request, "param", "tls") == "plain"
    found: Credentials = {} if plain else request.getfixturevalue("certificates")
    return {name: {"MAPREDUCE_TOKEN": "a-shared-secret", **found.get(name, {})} for name in NAMES}


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name for the files of a test."""
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in request.node.name)


@pytest.fixture(params=CLUSTERS, ids=["push", "pull"])
def cluster(request: pytest.FixtureRequest, hosts: Network, credentials: Credentials) -> Cluster:
    made: Cluster = request.param(hosts, credentials)
    return made
