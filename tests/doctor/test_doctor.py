"""The doctor, on healthy machines and on others."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from hadoopless.coordinator.push.client import WorkerClient
from hadoopless.data.machine import cache, prebuilt
from hadoopless.doctor import machine
from hadoopless.doctor.findings import Finding, Level
from hadoopless.doctor.main import main
from hadoopless.doctor.programs import of_program
from hadoopless.doctor.workers import clocks, of_workers
from hadoopless.errors import InputError
from hadoopless.wire.messages.tasks import MapRequest
from tests.oracle import REPOSITORY
from tests.pools import OurPoolFactory

Write = Callable[[bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Makes a program of its bytes."""

    def write(text: bytes) -> Path:
        path = tmp_path / "program"
        path.write_bytes(text)
        path.chmod(0o755)
        return path

    return write


@pytest.mark.parametrize(
    ("text", "level", "state"),
    [
        (b"#!/bin/sh\ncat\n", Level.PASS, "is a script for /bin/sh"),
        (b"#!/usr/bin/env -S sh -e\ncat\n", Level.PASS, "is a script for /usr/bin/env -S sh -e"),
        (b"#!/bin/sh\r\ncat\r\n", Level.FAIL, "ends with a carriage return"),
        (b"#!/no/body\n", Level.FAIL, "wants /no/body, which is not there"),
        (b"#!/usr/bin/env nobody9\n", Level.FAIL, "wants nobody9, which is not in PATH"),
        (b"#!/usr/bin/env\n", Level.FAIL, "wants nothing, which is not in PATH"),
        (b"#!\n", Level.FAIL, "names no program"),
        (b"\x7fELF\2\1\1\0\0", Level.PASS, "it is "),
        (b"import sys\nprint(1)\n", Level.FAIL, "is no binary and has no #! line"),
        (b"", Level.FAIL, "is no binary and has no #! line"),
    ],
)
def test_programs(write: Write, text: bytes, level: Level, state: str) -> None:
    path = write(text)
    found = of_program(f"{path} with words", str(path.parent))
    assert found.level is level
    assert state in found.state


def test_programs_that_are_not_there(tmp_path: Path) -> None:
    assert "no such program: nobody9" in of_program("nobody9", str(tmp_path)).state
    assert of_program("'", str(tmp_path)).level is Level.FAIL


def test_a_program_without_run_bit_is_run_by_python(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("print(1)\n")
    assert of_program("./m.py", str(tmp_path)).level is Level.PASS
    (tmp_path / "m.sh").write_text("echo\n")
    assert of_program("./m.sh", str(tmp_path)).level is Level.FAIL


@pytest.mark.parametrize(
    ("soft", "hard", "level"),
    [(256, 256, Level.WARN), (256, 4096, Level.PASS), (64, resource.RLIM_INFINITY, Level.PASS)],
)
def test_open_files(soft: int, hard: int, level: Level) -> None:
    assert machine.open_files(soft, hard).level is level


@pytest.mark.parametrize(
    ("free", "speed", "level"),
    [(1 << 20, 1e9, Level.WARN), (1 << 40, 1e6, Level.WARN), (1 << 40, 1e9, Level.PASS)],
)
def test_spill_directories(free: int, speed: float, level: Level) -> None:
    found = machine.spill_directory("/d", free, speed)
    assert found.level is level
    assert bool(found.advice) == (level is Level.WARN)


def test_commands_of_hadoop() -> None:
    ours = str(REPOSITORY / "bin" / "hadoop")
    assert machine.commands_of_hadoop([None, None]).level is Level.PASS
    assert machine.commands_of_hadoop([ours, None]).state == f"a shell finds {ours}"
    other = machine.commands_of_hadoop(["/opt/hadoop/bin/hadoop"])
    assert other.level is Level.WARN
    assert "PATH=" in other.advice


def test_kernels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A wheel's come first, then kept ones, then a compiler."""
    there: set[str] = {"llvmlite", "numba"}
    monkeypatch.setattr(machine, "find_spec", lambda name: name if name in there else None)
    monkeypatch.setattr(prebuilt, "found", lambda: (tmp_path / "kernels.so",))
    assert machine.kernels().state.endswith("/kernels.so")
    monkeypatch.setattr(prebuilt, "found", lambda: ())
    monkeypatch.setattr(cache, "directories", lambda: iter([tmp_path]))
    assert machine.kernels().level is Level.WARN
    (tmp_path / cache.file_name()).touch()
    assert machine.kernels().level is Level.PASS
    (tmp_path / cache.file_name()).unlink()
    there.remove("numba")
    assert machine.kernels().level is Level.FAIL
    there.remove("llvmlite")
    assert "there is no llvmlite" in machine.kernels().state


def test_mrjob(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "version", lambda name: "0.7.4")
    there = {"distutils", "pipes"}
    monkeypatch.setattr(machine, "find_spec", lambda name: name if name in there else None)
    assert machine.mrjob().level is Level.PASS
    there.remove("pipes")
    assert machine.mrjob().advice == "pip install standard-pipes"
    there.clear()
    assert machine.mrjob().level is Level.WARN
    assert machine.mrjob().advice == "pip install standard-distutils standard-pipes"

    def nothing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(machine, "version", nothing)
    assert machine.mrjob().state == "it is not installed, and only its own jobs need it"


def test_clocks() -> None:
    assert clocks("u", 1.5).level is Level.PASS
    assert clocks("u", 120.0).state == "it is 120 s ahead of this one"
    assert clocks("u", -3.2).state == "it is 3 s behind this one"


def by_subject(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}


@pytest.mark.cluster
def test_workers_of_ours(
    our_pool: OurPoolFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blind(client: WorkerClient, request: MapRequest, timeout: float) -> None:
        raise InputError(f"no such input: {request.split.path}\nmore")

    with our_pool(2) as pool:
        found = by_subject(list(of_workers(pool.urls, tmp_path, needed=True)))
        for url in pool.urls:
            assert found[f"worker {url}"].level is Level.PASS
            assert found[f"clock of {url}"].level is Level.PASS
            assert found[f"files of {url}"].state == f"it sees what is written to {tmp_path}"
        monkeypatch.setattr(WorkerClient, "map", blind)
        url = pool.urls[0]
        files = by_subject(list(of_workers([url], tmp_path, needed=True)))[f"files of {url}"]
    assert files.level is Level.FAIL
    assert files.state.startswith(f"it does not see what is written to {tmp_path}: no such input: ")
    assert "\n" not in files.state
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".hadoopless")] == []


def test_workers_that_are_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one:
        url = f"http://127.0.0.1:{one.getsockname()[1]}"
    (found,) = of_workers([url], None, needed=True)
    assert found.level is Level.WARN
    assert found.state == f"nobody answers at {url} (the connection was refused)"


@pytest.mark.cluster
def test_somebody_elses_server(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline().split(b"port ")[1].split()[0])
            urls = [f"http://127.0.0.1:{port}"]
            (one,) = of_workers(urls, None, needed=False)
            (other,) = of_workers(urls, None, needed=True)
        finally:
            server.kill()
    assert (one.level, other.level) == (Level.WARN, Level.FAIL)
    assert one.state == other.state
    assert one.state.startswith("it is no worker")
    assert one.advice == other.advice + (
        "; a job goes past it, and starts workers of its own if there are no others"
    )


@pytest.fixture
def alone() -> dict[str, Any]:
    """An inventory of a worker that is not there."""
    return {"WORKER_0": "http://127.0.0.1:1"}


def test_the_command(
    alone: dict[str, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([f"--spillDir={tmp_path}", "cat"], alone) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert f"spill directory     {tmp_path}: " in " ".join(out.split("  ")) or str(tmp_path) in out
    assert list(tmp_path.iterdir()) == []
    assert main(["--json", "nobody9"], alone) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "fail"
    assert told["findings"][-1]["subject"] == "program nobody9"


def test_no_secret_is_told(tmp_path: Path) -> None:
    token = {"MAPREDUCE_TOKEN": "open-sesame"}
    done = run_as_a_command(tmp_path, **token)
    assert done.returncode == 0, done.stderr
    assert "sesame" not in done.stdout + done.stderr


def run_as_a_command(cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The doctor in a process of its own, which keeps the token that it is given."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "MAPREDUCE_WORKERS": "",
        **variables,
    }
    command = [sys.executable, "-m", "hadoopless", "doctor", "--workers=http://127.0.0.1:1"]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--jso"], "there is no option --jso; did you mean --json?"),
        (["--shared=/no/where"], "--shared: there is no directory /no/where"),
        (["--workers=nobody"], "not a worker's URL"),
    ],
)
def test_wrong_words(
    alone: dict[str, Any], words: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words, alone) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("hadoopless doctor: ")
    assert text in err
    assert main([*words, "--json"], alone) == 2
    told = json.loads(capsys.readouterr().out)
    assert (told["object"], told["status"], told["exitCode"]) == ("doctor", "failed", 2)
    assert text in told["error"]["message"]


def test_a_full_or_missing_spill_directory(
    alone: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--spillDir=/no/where"], alone) == 1
    assert "/no/where: No such file or directory" in capsys.readouterr().out


def test_it_runs_as_a_command(tmp_path: Path) -> None:
    done = run_as_a_command(tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("jobs can run; ")
