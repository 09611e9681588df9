"""Runs many jobs through one pool, and looks at what the pool holds now and then."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.endurance.jobs import Kind, run_job
from tests.endurance.samples import Sample, grown, sample
from tests.pools import OurPool

#: The first look is after so many jobs at least, when all that is made once has been made.
WARM_UP = 24


def endure(
    pool: OurPool, jobs: int, every: int, places: Sequence[Path], tell: Callable[[str], None]
) -> list[str]:
    """Run *jobs* jobs and look after each *every*; returns the complaints."""
    complaints: list[str] = []
    samples: list[Sample] = []
    kinds = itertools.cycle(Kind)
    for number in range(1, jobs + 1):
        if complaint := run_job(next(kinds), pool):
            complaints.append(f"job {number}, {complaint}")
            tell(complaints[-1])
        if number in (WARM_UP, jobs) or (number > WARM_UP and number % every == 0):
            samples.append(sample(pool, *places))
            tell(f"{number:6d} jobs: {_shown(samples[-1])}")
    return complaints + grown(samples[0], samples[-1])


def _shown(one: Sample) -> str:
    return (
        f"{one.memory / 1024:7.1f} MB, {one.descriptors} descriptors, {one.threads} threads,"
        f" {one.processes} processes, {one.files} files"
    )
