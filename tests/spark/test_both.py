"""Random jobs and the cases of ``cases.json`` end on Spark as they do here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spark.both import judge
from tests.spark.driver import Driver
from tests.streaming.cases import Case, load

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.timeout(600)]

#: One case of so many is in ``make spark``; ``python -m tests.spark`` runs all of them.
EVERY = 10

#: Cases of what Spark refuses, or does not do, and why.
NOT_HERE = {
    "failures_percent_of_maps": "a job ends with the first task that has failed for good",
    "failures_percent_exceeded": "the same",
    "failures_percent_of_reduces": "the same",
}
CASES = [
    pytest.param(case, id=case.name, marks=[pytest.mark.heavy] if number % EVERY else [])
    for number, case in enumerate(load())
    if case.name not in NOT_HERE
]


@pytest.mark.parametrize("case", CASES)
def test_case(driver: Driver, tmp_path: Path, case: Case) -> None:
    place = tmp_path / case.name
    place.mkdir()
    case.lay_out(place)
    found = case.problems(place, *driver.hadoop(place, case.args_in(place), case.env))
    assert not found, f"{case.rule}\n" + "\n".join(found)


def test_random_jobs(driver: Driver, tmp_path: Path) -> None:
    """``python -m tests.spark.both`` has any number."""
    different = {seed: found for seed, found in judge(range(20), driver, tmp_path) if found}
    assert not different
