"""The policy of a job follows from what its user asks for."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from hadoopless.coordinator.running import policy_of
from hadoopless.job import JobSpec, Split
from hadoopless.scheduler import Policy

SPEC = JobSpec("cat", "cat", (Split("0.in"),), 1, ".", "/")


@pytest.mark.parametrize("attempts", [1, 4, 1000])
def test_who_asks_for_many_attempts_outlasts_the_trouble_of_workers(attempts: int) -> None:
    usual = Policy()
    spec = replace(SPEC, max_attempts=attempts)
    policy = policy_of(spec, speculate=True, worker_timeout=10)
    assert policy.max_attempts == attempts
    assert policy.max_troubles == max(usual.max_troubles, attempts)
    assert policy.max_losses == max(usual.max_losses, attempts)
