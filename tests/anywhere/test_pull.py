"""Jobs on workers that join a listening coordinator, under all conditions, as another account."""

from __future__ import annotations

import pytest

from tests.anywhere.places import OUTPUT, Place
from tests.anywhere.told import check_plain_end, job_options
from tests.pools import kill_group

pytestmark = [pytest.mark.cluster, pytest.mark.anywhere, pytest.mark.heavy]


def test_a_job_on_joined_workers(place: Place) -> None:
    # Relative, because the path of a socket must be short.
    address = f"unix:{place.path('m.sock')}" if place.condition.absolute else "unix:m.sock"
    workers = [
        place.begin("workers.py", f"--join={address}", f"--id={number}", "--once")
        for number in range(2)
    ]
    try:
        listening = (f"--listen={address}", "--numWorkers=2")
        done = place.run("coordinator.py", *job_options(place, *listening))
        check_plain_end(place, done, tells=False)  # the workers do
        ends = [place.wait(worker) for worker in workers]
    finally:
        for worker in workers:
            kill_group(worker)
    assert (place.job / "in/0.out").read_bytes() == OUTPUT
    for end in ends:
        check_plain_end(place, end)
    place.check_nothing_left("in/0.out")
