"""A pool of another account on the addresses of the inventory: jobs go past it, unharmed."""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from hadoopless.wire.addresses import host_and_port
from inventory import WORKER_0
from tests.anywhere.accounts import may_mount, other_account, python_for_all
from tests.anywhere.conditions import Condition
from tests.anywhere.conftest import skip_where_impossible
from tests.anywhere.places import OUTPUT, STREAMING_OUTPUT, Place, place_for
from tests.anywhere.told import check_plain_end, job_options, streaming_options
from tests.homes import NO_HOME
from tests.oracle import REPOSITORY

pytestmark = [pytest.mark.cluster, pytest.mark.anywhere]

#: Starts the neighbour's pool, where nobody else listens, and waits until it answers.
STARTS = """
ip link set lo up
(cd / && HOME={home} TMPDIR=/tmp exec {become} {python} {workers}) >"$HERE_HOME/../log" 2>&1 &
neighbour=$!
until {python} -c 'import socket; socket.create_connection(("{host}", {port}))' 2>/dev/null
do kill -0 $neighbour && sleep 0.1 || {{ cat "$HERE_HOME/../log" >&2; exit 124; }}
done
"""
STOPS = "kill $neighbour; wait $neighbour"


@functools.cache
def may_have_a_network() -> bool:
    """True if these tests may make a network of their own."""
    if shutil.which("ip") is None or not may_mount():
        return False
    trial = ["unshare", "--net", "ip", "link", "set", "lo", "up"]
    return subprocess.run(trial, capture_output=True).returncode == 0


@pytest.fixture
def place(compiled_kernels: None) -> Iterator[Place]:
    """A place on a machine where somebody else has a pool on the addresses of the inventory."""
    if not may_have_a_network():
        pytest.skip("the tests may not make a network of their own")
    host, port = host_and_port(WORKER_0)
    starts = STARTS.format(
        become=" ".join(other_account(1).prefix),
        python=python_for_all(),
        workers=REPOSITORY / "workers.py",
        home=NO_HOME,
        host=host,
        port=port,
    )
    condition = Condition("neighbour", before=starts, after=STOPS, own_network=True)
    skip_where_impossible(condition)
    with place_for(condition) as made:
        yield made


def test_a_job_starts_workers_of_its_own(place: Place) -> None:
    done = place.run("coordinator.py", *job_options(place))
    check_plain_end(place, done)
    assert WORKER_0.encode() in done.stderr
    assert b"belongs to another user" in done.stderr
    assert (place.job / "in/0.out").read_bytes() == OUTPUT
    place.check_nothing_left("in/0.out")


def test_a_streaming_job_starts_workers_of_its_own(place: Place) -> None:
    done = place.run("bin/hadoop", *streaming_options(place))
    check_plain_end(place, done)
    assert b"belongs to another user" in done.stderr
    assert (place.job / "out/part-00000").read_bytes() == STREAMING_OUTPUT
    place.check_nothing_left("out", "out/part-00000", "out/_SUCCESS")


def test_a_second_pool(place: Place) -> None:
    done = place.run("workers.py")
    check_plain_end(place, done, 7)
    assert b"workers.py: port 8701 of 127.0.0.1 is in use, maybe by another pool" in done.stderr
    place.check_nothing_left()
