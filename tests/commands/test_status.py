"""``hadoopless status`` tells of each worker what it is and does."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from hadoopless import __version__
from hadoopless.commands import status
from hadoopless.commands.status import Seen, exit_code, main, shown
from hadoopless.coordinator.push.client import WorkerClient
from hadoopless.entry import typed
from hadoopless.errors import WorkerError
from hadoopless.wire.messages.replies import WorkerState
from tests.pools import OurPoolFactory, coordinator_argv

NOBODY = "http://127.0.0.1:1"
STATE = WorkerState(__version__, 7300.0, 1, 32, 4, 1 << 30, 1 << 20)
READY = Seen("http://h:1", "ready", "", 77, STATE)
SILENT = Seen("http://longer:2", "silent", "the connection was refused")


def test_the_table() -> None:
    assert shown([READY, SILENT]).splitlines() == [
        "worker           state   tasks    outputs  memory            up   version  process",
        f"http://h:1       ready   1 of 32  4        1.0 MB of 1.0 GB  2 h  {__version__}    77",
        "http://longer:2  silent  the connection was refused",
        "1 of 2 workers can be used",
    ]


def test_the_table_without_workers() -> None:
    assert shown([SILENT]).splitlines() == [
        "worker           state",
        "http://longer:2  silent  the connection was refused",
        f"no worker can be used; start some: {typed.line('workers.py')}; without any, a job starts"
        " workers of its own",
    ]


def test_another_version() -> None:
    old = Seen("http://h:1", "ready", "", 77, WorkerState(version="0.0.1"))
    assert shown([old]).endswith(f"; restart those that are not of version {__version__}")


def test_words_of_strangers_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in shown([Seen("http://h:1", "stranger", "it refuses us: \x1b[2J")])


def test_exit_codes() -> None:
    plain = Seen("http://p:1", "plain", "it knows only the plain calls for us")
    assert exit_code([READY, plain]) == 0
    assert exit_code([READY, SILENT]) == 1
    assert exit_code([SILENT, SILENT]) == 5


def object_of(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    out, _ = capsys.readouterr()
    told: dict[str, Any] = json.loads(out)
    assert (told["object"], told["schema"]) == ("status", status.SCHEMA)
    return told


def test_nobody_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"], {"WORKER": NOBODY}) == 5
    told = object_of(capsys)
    assert (told["status"], told["exitCode"]) == ("none", 5)
    (worker,) = told["workers"]
    assert (worker["url"], worker["state"]) == (NOBODY, "silent")
    assert worker["reason"] == "the connection was refused"


@pytest.mark.cluster
def test_workers_of_ours(
    our_pool: OurPoolFactory, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "0.in").write_text("a\n")
    release = tmp_path / "release"
    os.mkfifo(release)
    with our_pool(2) as pool:
        assert main([f"--workers={','.join(pool.urls)}"], {}) == 0
        assert capsys.readouterr().out.endswith("\n2 of 2 workers can be used\n")
        job = ("--mapperPath=sh -c 'cat; read x < release'", "--numReducers=0", "--jobPath=.")
        with subprocess.Popen(
            coordinator_argv(pool.urls, *job, "--no-speculate"),
            cwd=tmp_path,
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        ) as coordinator:
            try:
                told = wait_for_a_task(pool.urls, capsys)
            finally:
                release.write_text("x\n")
        assert coordinator.returncode == 0
    assert told["status"] == "all"
    assert {worker["version"] for worker in told["workers"]} == {__version__}
    for worker in told["workers"]:
        assert worker["state"] == "ready"
        assert worker["process"] > 0
        assert worker["uptimeSeconds"] > 0
        assert worker["memoryBytes"] > 0
        assert worker["slots"] == 32


def wait_for_a_task(urls: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The state of the workers at a time when one of them runs a task."""
    deadline = time.monotonic() + 60
    while True:
        assert main([f"--workers={','.join(urls)}", "--json"], {}) == 0
        told = object_of(capsys)
        if sum(worker["tasks"] for worker in told["workers"]) == 1:
            return told
        assert time.monotonic() < deadline, told


class _Other(BaseHTTPRequestHandler):
    """A server that is no worker, or one that knows the plain calls."""

    plain = False

    def do_GET(self) -> None:
        self.send_response(200 if self.plain and self.path != "/health" else 404)
        self.end_headers()
        self.wfile.write(b'{"status": "error"}' if self.plain else b"nothing")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("plain", "state", "reason", "code"),
    [
        (True, "plain", "it knows only the plain calls for us", 0),
        (False, "stranger", "it is no worker: it answers /map with HTTP 404", 5),
    ],
)
def test_others(
    plain: bool, state: str, reason: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = type("Handler", (_Other,), {"plain": plain})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            assert main([f"--workers={url}", "--json"], {}) == code
        finally:
            server.shutdown()
            thread.join()
    (worker,) = object_of(capsys)["workers"]
    assert (worker["state"], worker["reason"]) == (state, reason)


def test_a_worker_in_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    def meet(*_: object, **__: object) -> None:
        raise WorkerError("there is no memory left")

    monkeypatch.setattr(WorkerClient, "meet", meet)
    assert status.seen(NOBODY) == Seen(NOBODY, "trouble", "there is no memory left")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--jso"], "there is no option --jso; did you mean --json?"),
        (["--workers=nobody"], "--workers: not a worker's URL: 'nobody'"),
        (["x"], "unrecognized arguments: x"),
    ],
)
def test_wrong_words(words: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words, {"WORKER": NOBODY}) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"hadoopless status: {text}")
    assert err.count("\n") == 1
    assert main([*words, "--json"], {"WORKER": NOBODY}) == 2
    told = object_of(capsys)
    assert (told["status"], told["error"]["kind"]) == ("failed", "usage")
    assert told["error"]["message"].startswith(text)


def test_ctrl_c(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object) -> argparse.Namespace:
        raise KeyboardInterrupt

    monkeypatch.setattr(status, "parse_all", interrupted)
    assert main([], {}) == 130
    assert capsys.readouterr().err == "hadoopless status: cancelled\n"


def test_it_runs_as_a_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hadoopless", "status", f"--inventory={NOBODY}"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 5
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1].startswith("no worker can be used; start some: hadoopless ")
