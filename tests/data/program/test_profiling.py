"""Programs are sampled by py-spy beside them, and notice nothing of it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hadoopless.data.program import profiling
from hadoopless.data.program.process import SpawnerClient, SpawnerGone
from hadoopless.data.program.profiling import Sampler, is_python, obstacle, ptrace_scope
from hadoopless.data.program.program import Program
from hadoopless.faults import BadRun
from tests.data.program.programs import Start, feeding, python, read_all, sh
from tests.processes import table, until, until_gone

#: Computes until it has been sampled for a while, then copies its stdin.
BUSY = """
import sys, time
def compute():
    end = time.process_time() + 0.4
    while time.process_time() < end:
        sum(range(1000))
compute()
sys.stdout.write(sys.stdin.read())
sys.stderr.write("said\\n")
"""


@pytest.mark.parametrize(
    "argv",
    [
        [sys.executable, "x.py"],
        ["/usr/bin/python3"],
        ["python3.11", "-c", ""],
        ["/usr/bin/env", "python3", "x.py"],
        ["env", "-S", "A=b", "python", "x.py"],
    ],
)
def test_words_that_start_python(argv: list[str]):
    assert is_python(argv)


@pytest.mark.parametrize(
    "line",
    [
        b"#!/usr/bin/env python3\n",
        b"#! /usr/bin/python3 -u\n",
        b"#!/usr/bin/env -S python3 -u\n",
        b"#!/opt/python3.13",
    ],
)
def test_programs_of_python(line: bytes, tmp_path: Path):
    (tmp_path / "mapper").write_bytes(line)
    assert is_python([str(tmp_path / "mapper"), "x"])


@pytest.mark.parametrize(
    "line",
    [b"", b"#!", b"#!/bin/sh\npython3\n", b"#!/usr/bin/env\n", b"\x7fELF", b"#!/x/pythonic\n"],
)
def test_programs_of_others(line: bytes, tmp_path: Path):
    (tmp_path / "mapper").write_bytes(line)
    assert not is_python([str(tmp_path / "mapper"), "python3"])


def test_what_cannot_be_read_is_not_python(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "nowhere", "."):
        assert not is_python([str(tmp_path / name)])


# Obstacles ---------------------------------------------------------------------------------------


def test_nothing_is_in_the_way(tmp_path: Path):
    assert obstacle(str(tmp_path / "no-yama")) == ""


def test_py_spy_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python3"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert profiling.find_py_spy() is None
    assert obstacle() == "py-spy is not installed"
    (tmp_path / "py-spy").touch(0o755)
    assert profiling.find_py_spy() == str(tmp_path / "py-spy")


@pytest.mark.parametrize(("text", "scope"), [("2\n", 2), ("0\n", 0), ("?", 0)])
def test_the_level_of_yama(text: str, scope: int, tmp_path: Path):
    (tmp_path / "scope").write_text(text)
    assert ptrace_scope(str(tmp_path / "scope")) == scope


@pytest.mark.parametrize(
    ("scope", "user", "hindered"), [(1, 7, 0), (2, 7, 1), (3, 7, 1), (2, 0, 0)]
)
def test_a_system_that_forbids_it(
    scope: int, user: int, hindered: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(os, "geteuid", lambda: user)
    file = tmp_path / "scope"
    file.write_text(str(scope))
    told = obstacle(str(file))
    assert (f"({file} is {scope})" in told) == hindered
    assert bool(told) == hindered


# Sampling ----------------------------------------------------------------------------------------


def run_sampled(spawner: SpawnerClient, program: Program) -> None:
    with sampled(spawner, program):
        read_all(program)
        program.finish()


@contextmanager
def sampled(spawner: SpawnerClient, program: Program) -> Iterator[Sampler]:
    """*program*, which is sampled until the block has ended it."""
    with program, Sampler(spawner, program.pid) as sampler:
        yield sampler


@pytest.mark.parametrize("traceable", [False, True])
def test_a_program_that_is_sampled_notices_nothing(
    start: Start, spawner: SpawnerClient, traceable: bool
):
    program = start(python(BUSY), stdin=feeding(b"read\n"), traceable=traceable)
    with sampled(spawner, program) as sampler:
        assert read_all(program) == b"read\n"
        ended = program.finish()
    assert (ended.returncode, program.stderr) == (0, "said")
    assert sampler.note == ""
    assert all(line.rpartition(" ")[2].isdigit() for line in sampler.stacks.splitlines())
    assert "compute" in sampler.stacks
    assert sampler.cpu_seconds > 0


def test_its_exit_code_is_its_own(start: Start, spawner: SpawnerClient):
    program = start(python(f"{BUSY}\nsys.exit(7)"))
    with pytest.raises(BadRun) as failed:
        run_sampled(spawner, program)
    assert failed.value.exit == 7
    assert failed.value.stderr == "said"


def test_its_signal_is_its_own(start: Start, spawner: SpawnerClient):
    program = start(python(f"{BUSY}\nimport os, signal\nos.kill(os.getpid(), signal.SIGSEGV)"))
    with pytest.raises(BadRun) as failed:
        run_sampled(spawner, program)
    assert failed.value.exit == -signal.SIGSEGV


@pytest.mark.parametrize("traceable", [False, True])
def test_its_session_and_its_parent_are_those_of_every_program(
    start: Start, spawner: SpawnerClient, traceable: bool
):
    script = "import os; print(os.getpid(), os.getpgrp(), os.getsid(0), os.getppid())"
    program = start(python(script), traceable=traceable)
    with sampled(spawner, program):
        pid, *group, parent = map(int, read_all(program).split())
        program.finish()
    other = start(python("import os; print(os.getppid())"))
    with other:
        assert group == [pid, pid]
        assert parent == int(read_all(other))
        other.finish()


def test_what_it_leaves_behind_is_killed(start: Start, spawner: SpawnerClient):
    program = start(sh("sleep 60 >/dev/null & echo $!"))
    with sampled(spawner, program):
        child = int(read_all(program))
        program.finish()
    until_gone([child])


def test_an_error_of_ours_ends_py_spy(start: Start, spawner: SpawnerClient):
    program = start(python("import time; time.sleep(60)"))
    parent = table()[program.pid].parent
    with pytest.raises(ValueError, match="ours"), sampled(spawner, program):
        raise ValueError("ours")
    until(lambda: parent not in {one.parent for one in table().values()}, table)


# py-spy itself -----------------------------------------------------------------------------------


def with_py_spy(script: str, directory: Path, patch: pytest.MonkeyPatch) -> None:
    """Let *script* take the place of py-spy."""
    path = directory / "py-spy"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    patch.setattr(profiling, "find_py_spy", lambda: str(path))


def sample_nothing(spawner: SpawnerClient) -> Sampler:
    with Sampler(spawner, 1) as sampler:
        pass
    return sampler


@pytest.mark.parametrize(
    ("script", "stacks", "note"),
    [
        ("{ echo 'a;b 3'; printf torn; } >/dev/stdin; echo talk", "a;b 3\n", ""),
        ("echo py-spy\\> x >&2; echo Error: no permission >&2", "", "Error: no permission"),
        ("exit 1", "", "the program has ended before it was sampled"),
        (f"echo Error: {'x' * 999} >&2", "", f"Error: {'x' * 293}"),
        (
            "exec 9>/dev/stdin; yes 'a 1' | head -n 200000 >&9",
            "a 1\n" * (profiling.MOST_STACKS // 4),
            "",
        ),
    ],
)
def test_the_answers_of_py_spy(
    script: str,
    stacks: str,
    note: str,
    spawner: SpawnerClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    with_py_spy(script, tmp_path, monkeypatch)
    sampler = sample_nothing(spawner)
    assert (sampler.stacks, sampler.note) == (stacks, note)


def test_it_is_bounded_in_rate_and_time(
    spawner: SpawnerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with_py_spy('echo "$@" 1 >&0', tmp_path, monkeypatch)
    words = "record --nonblocking --format raw --output /dev/stdin --rate 50 --duration 600 --pid 1"
    assert sample_nothing(spawner).stacks == f"{words} 1\n"


def test_one_that_does_not_end_is_killed(
    spawner: SpawnerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with_py_spy(f"echo $$ > {tmp_path}/pid; exec sleep 60", tmp_path, monkeypatch)
    monkeypatch.setattr(profiling, "PATIENCE", 0.05)
    with Sampler(spawner, 1) as sampler:
        until((tmp_path / "pid").exists, tmp_path.iterdir)
    assert sampler.stacks == ""
    until_gone([int((tmp_path / "pid").read_text())])


def test_a_worker_without_it_says_so(spawner: SpawnerClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(profiling, "find_py_spy", lambda: None)
    sampler = sample_nothing(spawner)
    assert (sampler.stacks, sampler.note) == ("", "py-spy is not installed there")


def test_one_that_cannot_start(
    spawner: SpawnerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(profiling, "find_py_spy", lambda: str(tmp_path / "gone"))
    assert sample_nothing(spawner).note == "py-spy cannot start: No such file or directory"


def test_a_spawner_that_is_gone_is_not_hidden(monkeypatch: pytest.MonkeyPatch):
    spawner = SpawnerClient()
    spawner.close()
    with pytest.raises(SpawnerGone), Sampler(spawner, 1):
        pass
