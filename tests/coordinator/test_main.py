"""The end of ``coordinator.py``: its verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from hadoopless.coordinator.main import verdict_on
from hadoopless.job import JobResult
from tests.history.logs import HERE, Log


@pytest.mark.parametrize("lines", [None, b"", Log(HERE).run("map-0", 0, 1).text()])
def test_no_verdict_is_passed_on_a_job_whose_log_is_not_whole(
    lines: bytes | None, tmp_path: Path
) -> None:
    log = tmp_path / "1-a.jsonl"
    if lines is not None:
        log.write_bytes(lines)
    assert verdict_on(JobResult((), (), (), 1.0, log=str(log))) is None


def test_the_verdict_is_that_of_the_log(tmp_path: Path) -> None:
    path = tmp_path / "1-a.jsonl"
    log = Log(HERE).run("map-0", 0, 1)
    log.done(1)
    path.write_bytes(log.text())
    verdict = verdict_on(JobResult((), (), (), 1.0, log=str(path)))
    assert verdict is not None
    assert verdict.seconds == 1.0
