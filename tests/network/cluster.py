"""Workers on two hosts and a coordinator on the third: a pool, or workers that join."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tests.network.hosts import Credentials, Host, Network, Started
from tests.system.jobs import Job

_PORTS = (8701, 8702)
_EAR = 8800


class Cluster(Protocol):
    """The workers on the hosts ``one`` and ``two``; coordinators run on ``three``."""

    network: Network
    credentials: Credentials

    def coordinate(self, job: Job, *options: str) -> Started:
        """Start a coordinator for *job*."""


@dataclass
class PushCluster:
    """A pool on each of two hosts."""

    network: Network
    credentials: Credentials
    pools: list[Started] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for host in (self.network.one, self.network.two):
            urls = [f"{host.address}:{port}" for port in _PORTS]
            self.urls += urls
            options = (f"--host={host.address}", f"--workers={','.join(urls)}", "--memory=16MB")
            self.pools.append(
                self.network.python(host, "workers.py", *options, env=self.credentials[host.name])
            )
        for pool in self.pools:
            pool.until_it_says(" is ready", len(_PORTS))

    def coordinate(self, job: Job, *options: str) -> Started:
        three = self.network.three
        return self.network.python(
            three,
            "coordinator.py",
            f"--workers={','.join(self.urls)}",
            *job.options(num_reducers=2),
            *options,
            env=self.credentials[three.name],
        )


@dataclass
class PullCluster:
    """Two workers on each of two hosts, which join."""

    network: Network
    credentials: Credentials
    workers: list[Started] = field(default_factory=list)

    def __post_init__(self) -> None:
        for host in (self.network.one, self.network.two) * 2:
            self.add(host)
        for worker in self.workers:
            worker.until_it_says(" is ready")

    def add(self, host: Host) -> None:
        self.workers.append(
            self.network.python(
                host,
                "workers.py",
                f"--join={self.network.three.address}:{_EAR}",
                f"--id={len(self.workers)}",
                f"--host={host.address}",
                "--memory=16MB",
                env=self.credentials[host.name],
            )
        )

    def coordinate(self, job: Job, *options: str) -> Started:
        three = self.network.three
        return self.network.python(
            three,
            "coordinator.py",
            f"--listen={three.address}:{_EAR}",
            f"--numWorkers={len(self.workers)}",
            *job.options(num_reducers=2),
            *options,
            env=self.credentials[three.name],
        )


CLUSTERS: Sequence[type[PushCluster] | type[PullCluster]] = (PushCluster, PullCluster)
