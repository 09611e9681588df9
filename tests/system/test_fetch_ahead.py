"""Workers fetch while the last map runs; whatever is lost meanwhile, the bytes are the oracle's."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from tests.oracle import oracle
from tests.pools import OurPool, OurPoolFactory
from tests.processes import children, until
from tests.scrapes import values
from tests.system.calls import call, health, with_token
from tests.system.jobs import Gate, Job, Running, succeeded

#: Copies, and waits at the gate before an input that begins with "last".
GATED_LAST = """\
#!/bin/sh
IFS= read -r first
case $first in last*)
    echo $$ >> "$0.pids"
    while [ ! -e "$0.open" ]; do sleep 0.05; done ;;
esac
printf '%s\\n' "$first"
exec cat
"""

INPUTS = [
    b"".join(b"%d\tof %d\n" % (n * 7919 % 1_000_003, number) for n in range(200_000))
    for number in range(3)
] + [b"last\tone\n" + b"".join(b"%d\tof the last\n" % n for n in range(1000))]


@pytest.fixture(scope="module")
def fragile(our_pool: OurPoolFactory) -> Iterator[OurPool]:
    """Three workers; a test here kills one."""
    with our_pool(3) as running:
        yield running


def held(url: str, use: str) -> float:
    """Bytes of memory of a worker with map outputs that it has fetched, or merged."""
    page = call(url, "/metrics", headers=with_token(url)).body
    return values(page)["hadoopless_worker_memory_used_bytes", use]


def holds_nothing(url: str) -> bool:
    return held(url, "fetched") == held(url, "merged") == 0


def spawner_of(url: str) -> int:
    (spawner,) = children(health(url)["pid"])
    return spawner


def idle(pool: OurPool) -> list[str]:
    """The workers that run no program."""
    return [url for url in pool.urls if not children(spawner_of(url))]


def waiting(job: Job) -> Gate:
    job.inputs(*INPUTS)
    job.script("waits.sh", GATED_LAST)
    return Gate(job.path / "waits.sh", f"{job.name}/waits.sh")


def both_have_merged(pool: OurPool, running: Running) -> list[str]:
    """The two workers that are idle, once each has merged what it has with what it has fetched."""
    until(lambda: len(idle(pool)) == 2, running.process.poll)
    urls = idle(pool)
    until(lambda: all(held(url, "merged") for url in urls), running.process.poll)
    assert all(held(url, "fetched") for url in urls)
    return urls


@pytest.mark.parametrize("killed", [0, 1])
def test_the_bytes_are_those_of_the_oracle(fragile: OurPool, name: str, killed: int) -> None:
    """A worker that is killed takes along what others have fetched from it, and what it has."""
    job = Job(fragile.root, name)
    gate = waiting(job)
    with job.started(fragile.urls, "--no-speculate", mapper=gate.path, num_reducers=3) as running:
        running.comes_to(gate, 1)
        urls = both_have_merged(fragile, running)
        for url in urls[:killed]:
            os.kill(health(url)["pid"], signal.SIGKILL)
            until(lambda: "lost worker" in running.stderr(), running.stderr)
        gate.open()
        done = succeeded(running.end())
    assert job.outputs() == oracle(["cat"], ["cat"], INPUTS, 3)
    assert ("1 worker(s) lost" in done.stdout) is bool(killed)
    assert all(map(holds_nothing, fragile.urls))


def test_a_coordinator_that_is_stopped_leaves_nothing(fragile: OurPool, name: str) -> None:
    job = Job(fragile.root, name)
    gate = waiting(job)
    with job.started(fragile.urls, "--no-speculate", mapper=gate.path, num_reducers=3) as running:
        running.comes_to(gate, 1)
        both_have_merged(fragile, running)
        running.process.send_signal(signal.SIGTERM)
        running.process.wait()
    assert all(map(holds_nothing, fragile.urls))
