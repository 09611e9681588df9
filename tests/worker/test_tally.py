"""The attempts of a worker are counted from their beginning to their end."""

from __future__ import annotations

import pytest

from hadoopless.errors import (
    Cancelled,
    DiskError,
    FetchError,
    InputError,
    ProgramFailed,
    ProgramTimedOut,
    UsageError,
)
from hadoopless.failure import Failure
from hadoopless.job import TaskReport
from hadoopless.wire.metrics.figures import MAP, REDUCE, RESULTS, FigureMetrics
from hadoopless.wire.metrics.openmetrics import page
from hadoopless.worker.tally import Tally
from tests.scrapes import values


def ends(tally: Tally) -> dict[tuple[str, ...], float]:
    found = values(page(tally.figures.told(FigureMetrics("x"))))
    return {key[1:]: value for key, value in found.items() if "attempts" in key[0] and value}


def test_an_attempt_that_succeeds():
    tally = Tally()
    with tally.attempt(MAP) as done:
        assert tally.running == {"map": 1, "reduce": 0, "sample": 0}
        assert ends(tally) == {}
        done(TaskReport(input_bytes=5, output_bytes=3), True)
    assert tally.running == {"map": 0, "reduce": 0, "sample": 0}
    assert ends(tally) == {("map", "succeeded"): 1}
    found = values(page(tally.figures.told(FigureMetrics("x"))))
    assert (found["x_read_bytes_total",], found["x_map_output_bytes_total",]) == (5, 3)


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (FetchError("gone", "worker", ()), "output_lost"),
        (ProgramTimedOut(Failure("late"), "map 0"), "timed_out"),
        (ProgramFailed(Failure("exit 1"), "map 0"), "program_failed"),
        (UsageError("no"), "program_failed"),
        (InputError("no"), "program_failed"),
        (Cancelled("stop"), "cancelled"),
        (DiskError("full"), "worker_trouble"),
        (MemoryError(), "worker_trouble"),
    ],
)
def test_an_attempt_that_fails(error: Exception, result: str):
    tally = Tally()
    with pytest.raises(type(error)), tally.attempt(REDUCE):
        raise error
    assert result in RESULTS
    assert ends(tally) == {("reduce", result): 1}
    assert not any(tally.running.values())
