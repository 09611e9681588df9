"""Jobs on workers of their own and on a pool, under all conditions, as another account."""

from __future__ import annotations

import pytest

from tests.anywhere.places import OUTPUT, Place
from tests.anywhere.told import check_plain_end, job_options
from tests.pools import all_answer, free_ports

pytestmark = [pytest.mark.cluster, pytest.mark.anywhere]


def test_a_job_alone(place: Place) -> None:
    done = place.run("coordinator.py", *job_options(place))
    check_plain_end(place, done)
    assert (place.job / "in/0.out").read_bytes() == OUTPUT
    place.check_nothing_left("in/0.out")


@pytest.mark.heavy
def test_a_job_that_fails(place: Place) -> None:
    done = place.run("coordinator.py", *job_options(place, mapper="failing.sh"))
    check_plain_end(place, done, code=4)
    if not place.condition.silent:
        assert b"ended with exit code 3" in done.stderr
        assert b"no luck" in done.stderr
    place.check_nothing_left()


@pytest.mark.heavy
def test_a_job_on_a_pool(place: Place) -> None:
    urls = [f"http://127.0.0.1:{port}" for port in free_ports(2)]
    pool = place.begin("workers.py", MAPREDUCE_WORKERS=",".join(urls))
    try:
        assert all_answer(pool, urls), place.end(pool).told
        done = place.run("coordinator.py", *job_options(place, f"--workers={','.join(urls)}"))
    finally:
        ended = place.end(pool)
    check_plain_end(place, done, tells=False)  # the workers do
    assert (place.job / "in/0.out").read_bytes() == OUTPUT
    check_plain_end(place, ended)
    place.check_nothing_left("in/0.out")
