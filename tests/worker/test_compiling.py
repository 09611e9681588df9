"""Workers whose kernels must be compiled first: whoever started them sees that work goes on."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from hadoopless.data.machine import cache, kernels, loader
from hadoopless.worker.loading import load_kernels


@pytest.fixture
def nothing_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No compiled kernel is there, and to compile none takes no time."""
    files = cache.Cache([tmp_path])
    load = partial(loader.load, (), files, lambda _: b"", ())
    monkeypatch.setattr(loader, "failing_in", lambda *_: [])
    monkeypatch.setattr(kernels, "load", lambda waits=None: load(waits=waits))


@pytest.mark.usefixtures("nothing_kept")
def test_a_log_line_where_there_is_no_terminal(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        load_kernels()
    told = "compiling the sort and merge kernels, usually 10 to 30 s, only at the first start"
    assert caplog.messages == [told]


@pytest.mark.usefixtures("nothing_kept")
def test_a_sign_that_turns_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    master, slave = os.openpty()
    with os.fdopen(master, "rb", 0) as screen, os.fdopen(slave, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        load_kernels()
        terminal.write("then")
        terminal.flush()
        seen = b""
        while not seen.endswith(b"then"):
            seen += screen.read(1 << 16)
    assert b"compiling the sort and merge kernels" in seen
    assert seen.endswith(b"\r\x1b[Jthen")  # nothing of it is left
    assert caplog.records == []


@pytest.mark.usefixtures("nothing_kept")
def test_the_coordinator_tells_of_its_own_workers(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    tell: Callable[[], None] = partial(told.append, "compiling")
    with caplog.at_level(logging.WARNING):
        load_kernels(tell)
    assert told == ["compiling"]
    assert caplog.records == []
