"""Some random jobs against a real Hadoop; ``python -m tests.hadoop`` has any number of them."""

from __future__ import annotations

import pytest

from tests.hadoop.__main__ import tell
from tests.hadoop.both import judge
from tests.hadoop.maven import Unavailable
from tests.hadoop.oracle import compiled

SEEDS = range(20)


@pytest.mark.cluster
@pytest.mark.slow
def test_random_jobs_end_as_in_hadoop():
    try:
        compiled()
    except Unavailable as reason:
        pytest.skip(f"no Hadoop to compare with: {reason}")
    different = [tell(verdict) for verdict in judge(SEEDS) if verdict.differences]
    assert not different, "\n".join(different)
