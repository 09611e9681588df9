"""The live page is a process of its own, whose link is known before it runs."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from hadoopless.entry import dashboard
from hadoopless.entry.dashboard import Dashboard
from hadoopless.errors import WorkerError
from hadoopless.history import events as ev
from tests.oracle import REPOSITORY
from tests.processes import until


def answer(link: str) -> str:
    with urllib.request.urlopen(link, timeout=30) as reply:  # noqa: S310 - http, to ourselves
        text: str = reply.read().decode()
        return text


def refused(link: str) -> bool:
    try:
        answer(link)
    except OSError:
        return True
    return False


def test_the_page_of_all_jobs_ends_when_it_is_closed() -> None:
    page = Dashboard(None)
    try:
        assert "Open the page" in answer(page.link)
    finally:
        page.close()
    until(lambda: refused(page.link), lambda: page.link)


def test_the_page_of_a_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends some time after its job, and after the last look at it."""
    monkeypatch.setattr(dashboard, "LINGER", 0.2)
    log = tmp_path / "1-made.jsonl"
    log.write_bytes(ev.encode(ev.JobBegan(0.0, "made", 1.0, ev.SCHEMA)))
    link = Dashboard(log).link
    assert link.endswith("&job=1-made")
    assert "/jobs/1-made/" in answer(link)
    until(lambda: refused(link), lambda: link)


def test_a_python_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(WorkerError, match="the live page cannot be started: No such file"):
        Dashboard(None)


def test_without_a_history_there_is_no_page(tmp_path: Path) -> None:
    (tmp_path / "0.in").write_text("a\n")
    done = subprocess.run(
        [
            *(sys.executable, str(REPOSITORY / "coordinator.py"), "--dashboard"),
            *("--mapperPath=cat", "--numReducers=0", f"--jobPath={tmp_path}"),
            "--workers=embedded",
        ],
        env={**os.environ, "MAPREDUCE_HISTORY": "off"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "warning: --dashboard shows nothing, because no history of this job is kept" in (
        done.stderr
    )
