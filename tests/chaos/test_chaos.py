"""A handful of jobs under every kind of fault, in all modes; `python -m tests.chaos`: more."""

from __future__ import annotations

import sys

import pytest

from tests.chaos.plan import ROUND, Mode, draw, faults_of
from tests.chaos.run import run_seed, tell

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(sys.platform != "linux", reason="left-over processes are found in /proc"),
]

#: A round of small jobs.
_FIRST = 2904
SEEDS = range(_FIRST, _FIRST + ROUND)


@pytest.mark.parametrize("start", range(0, 100 * ROUND, ROUND))
def test_each_round_has_every_fault_in_all_modes(start: int):
    for mode in Mode:
        plans = [plan for plan in map(draw, range(start, start + ROUND)) if plan.mode is mode]
        assert set().union(*(plan.faults for plan in plans)) == set(faults_of(mode))
        assert all(20 <= plan.maps + plan.reduces <= 200 for plan in plans)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", SEEDS)
def test_jobs_under_faults(seed: int):
    outcome = run_seed(seed)
    print(tell(outcome))
    assert not outcome.complaint
    if outcome.left_out:
        pytest.skip(f"all went well, but this was left out: {', '.join(outcome.left_out)}")
