"""A worker that has become idle, which is told once."""

from __future__ import annotations

from pathlib import Path

from hadoopless.data.shuffle.store import MapOutputStore
from hadoopless.wire.metrics.figures import PHASES
from hadoopless.worker.idle import Idleness
from hadoopless.worker.tally import Tally


def test_it_is_told_once_after_some_work(tmp_path: Path) -> None:
    tally, store = Tally(), MapOutputStore(1 << 20, str(tmp_path))
    idleness = Idleness(tally, store)
    assert not idleness.has_begun(), "it has done nothing yet"
    with tally.attempt(PHASES[0]):
        assert not idleness.has_begun()
        assert not idleness.has_begun(), "a long task is work, too"
    assert idleness.has_begun()
    assert not idleness.has_begun()
    with tally.attempt(PHASES[0]):
        pass
    assert not idleness.has_begun(), "there was work since the last question"
    store.open("held", "job", 1)
    assert not idleness.has_begun(), "the job goes on elsewhere"
    store.release_job("job")
    assert idleness.has_begun()
    assert not idleness.has_begun()
