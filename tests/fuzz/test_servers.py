"""Some seconds of strange calls while jobs run; ``python -m tests.fuzz``: more."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.fuzz.findings import Tally
from tests.fuzz.servers import compare, run_round

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.heavy,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are measured in /proc"),
]


def test_jobs_under_strange_calls(tmp_path: Path) -> None:
    tally = Tally()
    control = run_round(tmp_path / "control", "suite", tally, jobs=2)
    assert not tally.cases
    fuzzed = run_round(tmp_path / "fuzzed", "suite", tally, jobs=2, seconds=8.0)
    compare(fuzzed, control, tally, "suite")
    assert tally.cases
    assert not tally.findings, tally.told()
