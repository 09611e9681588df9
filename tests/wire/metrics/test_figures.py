"""The sums of the figures of attempts."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from hadoopless.job import TaskReport
from hadoopless.wire.metrics import figures
from hadoopless.wire.metrics.figures import MAP, REDUCE, FigureMetrics, Figures, process_metrics
from hadoopless.wire.metrics.openmetrics import page
from tests.scrapes import Key, values

MAPPED = TaskReport(
    input_bytes=100,
    output_bytes=40,
    seconds=5.0,
    program_seconds=3.0,
    program_cpu=2.0,
    own_cpu=0.5,
    spilled_bytes=7,
)
REDUCED = TaskReport(
    input_bytes=40, output_bytes=9, seconds=4.0, program_seconds=1.0, fetch_seconds=2.0,
    fetched_bytes=30,
)  # fmt: skip


def told(sums: Figures) -> dict[Key, float]:
    return values(page(sums.told(FigureMetrics("x"))))


def test_the_sums_of_two_phases():
    sums = Figures((MAP, REDUCE))
    sums.add(MAP, MAPPED, holds=True)
    sums.add(REDUCE, REDUCED, holds=False)
    sums.ended(MAP, "succeeded")
    sums.ended(MAP, "cancelled")
    found = told(sums)
    assert {key: value for key, value in found.items() if value} == {
        ("x_attempts_total", "map", "succeeded"): 1,
        ("x_attempts_total", "map", "cancelled"): 1,
        ("x_attempt_seconds_total", "programs", "map"): 3.0,
        ("x_attempt_seconds_total", "own", "map"): 2.0,
        ("x_attempt_seconds_total", "fetch", "reduce"): 2.0,
        ("x_attempt_seconds_total", "programs", "reduce"): 1.0,
        ("x_attempt_seconds_total", "own", "reduce"): 1.0,
        ("x_attempt_cpu_seconds_total", "programs", "map"): 2.0,
        ("x_attempt_cpu_seconds_total", "own", "map"): 0.5,
        ("x_read_bytes_total",): 100,
        ("x_map_output_bytes_total",): 40,
        ("x_shuffled_bytes_total",): 30,
        ("x_spilled_bytes_total",): 7,
        ("x_written_bytes_total",): 9,
    }


def test_what_has_not_happened_is_zero():
    assert set(told(Figures((MAP, REDUCE))).values()) == {0}
    assert len(told(Figures((MAP,)))) == len(figures.RESULTS) + 3 + 2 + 5


def test_the_output_of_a_job_without_reducers_is_written():
    sums = Figures((MAP,))
    sums.add(MAP, MAPPED, holds=False)
    assert told(sums)["x_written_bytes_total",] == 40
    assert told(sums)["x_map_output_bytes_total",] == 0


def test_programs_that_overlap_leave_no_negative_time():
    sums = Figures((REDUCE,))
    sums.add(REDUCE, TaskReport(seconds=1.0, program_seconds=3.0, fetch_seconds=1.0), holds=False)
    found = told(sums)
    parts = [
        found["x_attempt_seconds_total", part, REDUCE] for part in ("programs", "fetch", "own")
    ]
    assert parts == [1.0, 0.0, 0.0]


def test_the_costs_of_this_process():
    with Path("/dev/null").open():
        found = values(page(process_metrics()))
    assert found["process_cpu_seconds_total",] > 0
    assert found["process_resident_memory_bytes",] > 1 << 20
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert 3 < found["process_open_fds",] <= found["process_max_fds",] == limit


def test_without_proc_there_is_no_memory_and_no_count(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", refuse)
    monkeypatch.setattr("os.listdir", refuse)
    monkeypatch.setattr("resource.getrlimit", lambda _: (resource.RLIM_INFINITY, 0))
    assert values(page(process_metrics())).keys() == {("process_cpu_seconds_total",)}
