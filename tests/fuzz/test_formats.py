"""Some hundred cases of each kind of foreign bytes; ``python -m tests.fuzz``: more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.findings import Tally
from tests.fuzz.formats import ALL_KINDS, SLOW_KINDS, prepared, run_case

#: Each kind has so many.
CASES = 200
SLOW_CASES = 3


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_foreign_bytes(kind: str, tmp_path: Path) -> None:
    tally = Tally()
    cases = SLOW_CASES if kind in SLOW_KINDS else CASES
    with prepared(tmp_path, [kind]) as made:
        for number in range(cases):
            run_case(kind, f"suite/{number}", made[kind], tally)
    assert tally.cases == {kind: cases}
    assert not tally.findings, tally.told()
