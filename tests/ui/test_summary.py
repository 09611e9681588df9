"""The summary of a job, and text of programs that is fit for a terminal."""

from __future__ import annotations

import pytest

from hadoopless.job import JobResult, TaskReport
from hadoopless.ui.summary import summary
from hadoopless.visible import visible


def test_control_characters_are_escaped() -> None:
    assert visible("a\tb\nä\u20ac") == "a\tb\nä\u20ac"
    assert visible("\udc9b\udce4") == "\\udc9b\udce4"  # bytes that are no UTF-8
    assert visible("gpj.\u202etxt \u2066") == r"gpj.\u202etxt \u2066"
    assert visible("\x1b]52;c;x\x07\r\x7f\x9b\0") == r"\x1b]52;c;x\x07\r\x7f\x9b\x00"


@pytest.mark.parametrize("count", [1, 201])
def test_counters_of_groups(count: int) -> None:
    counters = (("A", "x", -1), *(("B\x1b", f"{number}", number) for number in range(count)))
    result = JobResult(("0.out",), (TaskReport(),), (TaskReport(),), 1.0, counters=counters)
    lines = summary(result).splitlines()
    assert lines[1:5] == ["  counters of A:", "    x=-1", r"  counters of B\x1b:", "    0=0"]
    assert ("  … and 2 more counters" in lines) is (count == 201)
    assert lines[-1] == "  output: 0.out"


def test_what_did_not_fit_the_memory_is_told() -> None:
    spilled = TaskReport(input_bytes=9, spilled_bytes=1 << 20)
    lines = summary(JobResult(("0.out",), (spilled,), (spilled,), 1.0)).splitlines()
    assert lines[3] == "  2.0 MB went to disk, beyond the memory of the workers (--memory)"
    assert "spilled" not in summary(JobResult(("0.out",), (TaskReport(input_bytes=9),), (), 1.0))


def test_a_verdict_fits_the_terminal() -> None:
    result = JobResult(("0.out",), (TaskReport(),), (), 3.0)
    verdict = ["The slots were used so: all.", "The largest loss: " + "a long cause, " * 10]
    lines = summary(result, verdict=verdict).splitlines()[1:-1]
    assert lines[0] == "  The slots were used so: all."
    assert lines[1].startswith("  The largest loss: a long")
    assert all(line.startswith("    ") for line in lines[2:])
    assert max(map(len, lines)) <= 80
    assert " ".join(map(str.strip, lines[1:])) == verdict[1].strip()
