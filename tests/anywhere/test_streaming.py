"""``hadoop jar`` under all conditions, as another account."""

from __future__ import annotations

import pytest

from tests.anywhere.places import STREAMING_OUTPUT, Place
from tests.anywhere.told import check_plain_end, streaming_options

pytestmark = [pytest.mark.cluster, pytest.mark.anywhere, pytest.mark.heavy]


def test_a_streaming_job(place: Place) -> None:
    done = place.run("bin/hadoop", *streaming_options(place))
    check_plain_end(place, done)
    assert (place.job / "out/part-00000").read_bytes() == STREAMING_OUTPUT
    place.check_nothing_left("out", "out/part-00000", "out/_SUCCESS")


def test_a_streaming_job_that_fails(place: Place) -> None:
    done = place.run("bin/hadoop", *streaming_options(place, mapper="failing.sh"))
    check_plain_end(place, done, code=1)
    if not place.condition.silent:
        assert b"no luck" in done.stderr
    place.check_nothing_left("out")
