"""The CPU time of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from hadoopless.coordinator import processors


def test_all_work_counts_and_no_idle_time() -> None:
    # user, nice, system, idle, iowait, irq, softirq, steal, guest (in user), guest_nice
    assert processors.busy_in(b"cpu  100 20 30 4000 500 6 7 8 90 10\n") == 171


def test_an_old_system_tells_less() -> None:
    assert processors.busy_in(b"cpu 1 2 3 4") == 6


@pytest.mark.parametrize("text", ["", "intr 5\n", "cpu x\n", None])
def test_a_system_that_tells_nothing(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = tmp_path / "stat"
    if text is not None:
        stat.write_text(text)
    monkeypatch.setattr(processors, "STAT", stat)
    assert processors.busy_seconds() == 0.0


def test_time_goes_on() -> None:
    first = processors.busy_seconds()
    assert processors.busy_seconds() >= first >= 0.0
