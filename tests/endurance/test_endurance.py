"""A pool that has run many jobs holds no more than one that has run a few."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.endurance.run import endure
from tests.endurance.samples import Sample, grown
from tests.pools import running_pool

SOME = Sample(100_000, 50, 20, 5, 40)


@pytest.mark.parametrize(
    ("later", "what"),
    [
        (replace(SOME, memory=120_000), "memory: 100000 KB -> 120000 KB"),
        (replace(SOME, descriptors=60), "descriptors: 50 -> 60"),
        (replace(SOME, threads=30), "threads: 20 -> 30"),
        (replace(SOME, processes=10), "processes: 5 -> 10"),
        (replace(SOME, files=50), "files: 40 -> 50"),
    ],
)
def test_growth_is_noticed(later: Sample, what: str) -> None:
    assert grown(SOME, later) == [what]
    assert grown(SOME, SOME) == grown(later, SOME) == []


@pytest.mark.cluster
@pytest.mark.heavy
@pytest.mark.skipif(sys.platform != "linux", reason="what processes hold is found in /proc")
def test_a_pool_stays_flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [tmp_path / name for name in ("served", "tmp", "state")]
    for path in places:
        path.mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("TMPDIR", str(places[1]))
    for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(places[2]))
    # The history grows up to bounds of its own.
    monkeypatch.setenv("MAPREDUCE_HISTORY", str(tmp_path / "history"))
    with running_pool(2, places[0]) as pool:
        assert endure(pool, 54, 12, places, print) == []
