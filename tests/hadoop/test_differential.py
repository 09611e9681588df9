"""A random job of each shape against a real Hadoop; ``python -m tests.hadoop`` has any number."""

from __future__ import annotations

from itertools import count

import pytest

from tests.hadoop.__main__ import tell
from tests.hadoop.both import judge
from tests.hadoop.jobs import SHAPES, make
from tests.hadoop.maven import Unavailable
from tests.hadoop.oracle import compiled


def one_of_each_shape() -> list[int]:
    """The first seed of each; the very first one runs as users run jobs."""
    found: dict[str, int] = {}
    for seed in count():
        found.setdefault(make(seed).shape, seed)
        if len(found) == len(SHAPES):
            return sorted(found.values())
    raise AssertionError


@pytest.mark.cluster
@pytest.mark.heavy
def test_random_jobs_end_as_in_hadoop():
    try:
        compiled()
    except Unavailable as reason:
        pytest.skip(f"no Hadoop to compare with: {reason}")
    different = [tell(one) for one in judge(one_of_each_shape()) if one.differences]
    assert not different, "\n".join(different)
