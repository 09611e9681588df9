"""The start of programs: those that cannot start, odd words, environments, what is inherited."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Command
from hadoopless.data.program.process import SpawnerClient
from hadoopless.data.program.program import Program
from hadoopless.faults import BadRun
from hadoopless.wire import tokens
from tests.data.program.programs import Start, command, feeding, read_all, sh
from tests.processes import until

pytestmark = pytest.mark.cluster


def open_descriptors() -> set[int]:
    """The descriptors of this process that are open, of the lowest ones."""

    def is_open(number: int) -> bool:
        try:
            os.fstat(number)
        except OSError:
            return False
        return True

    return {number for number in range(256) if is_open(number)}


@pytest.mark.parametrize(
    ("content", "mode", "says"),
    [
        (b"echo no first line of that kind\n", 0o755, "no #! line; put one first"),
        (b"#! /no/such -x\n", 0o755, "the interpreter in its #! line is not there: /no/such"),
        (b"#!/bin/sh\r\ncat\r\n", 0o755, r"remove them with: sed -i 's/\r$//' program"),
        (b"\x7fELF", 0o755, "is it for another kind of machine?"),
        (b"\xef\xbb\xbf#!/bin/sh\n", 0o755, "its first line begins with a byte order mark"),
        (b"#!/bin/sh\n", 0o644, "Permission denied; try: chmod +x /"),
        ("directory", 0o755, "it is a directory"),
        (None, 0, "not found"),
    ],
)
def test_what_cannot_be_started(
    content: bytes | str | None, mode: int, says: str, start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "program"
    if isinstance(content, str):
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
        path.chmod(mode)
    before = open_descriptors()
    with pytest.raises(BadRun, match="cannot be started: ") as caught:
        start(command(str(path)))
    # The thread that feeds stdin closes its pipe a moment later.
    until(lambda: open_descriptors() <= before, open_descriptors)
    assert says in caught.value.what
    assert "as typed" in caught.value.command + caught.value.what
    with start(command("true")) as program:  # the spawner lives on
        program.take_stdout(lambda pipe: len(os.read(pipe, 1)))
        program.finish()


def test_what_cannot_be_started_of_a_job_with_files(start: Start, tmp_path: Path) -> None:
    for name, says in (
        ("mapper.py", "let it go with the job: -files mapper.py"),
        ("mapper.R", "let it go with the job: -files mapper.R"),
        ("com.example.Mapper$Inner", "there is no Java here"),
    ):
        missing = Command((name,), name, str(tmp_path))
        with pytest.raises(BadRun, match=says):
            start(missing, stdin=lambda _: None, as_hadoop=True)


def test_a_program_that_path_leads_to_and_that_may_not_be_run(start: Start, tmp_path: Path) -> None:
    """The error of its start is the same where a directory of PATH is closed to this user."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/mapper.py").touch(0o644)
    missing = Command(("mapper.py",), "mapper.py", str(tmp_path))
    path = {"PATH": str(tmp_path / "bin")}
    with pytest.raises(BadRun, match=r"not found; .*: -files mapper.py \(.* error=13, "):
        start(missing, stdin=lambda _: None, as_hadoop=True, environment=path)


def test_line_ends_of_windows_before_env(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "a mapper"
    path.write_bytes(b"#!/usr/bin/env no-such-shell\r\n")
    path.chmod(0o755)
    with start(command(str(path))) as program, pytest.raises(BadRun) as caught:
        program.finish()
    assert caught.value.what.startswith("ended with exit code 127; its #! line ends with a carr")
    assert caught.value.what.endswith("sed -i 's/\\r$//' 'a mapper'")


def test_a_byte_order_mark_where_a_shell_runs_the_program(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "mapper"
    path.write_bytes(b"\xef\xbb\xbf#!/usr/bin/env python3\nexit 3\n")
    path.chmod(0o755)
    with (
        start(command(str(path)), stdin=lambda _: None, as_hadoop=True) as program,
        pytest.raises(BadRun, match="begins with a byte order mark") as caught,
    ):
        program.finish()
    line = caught.value.what.rpartition("with: ")[2]
    subprocess.run(["/bin/sh", "-c", line], cwd=tmp_path, check=True)
    assert path.read_bytes() == b"#!/usr/bin/env python3\nexit 3\n"


def test_signs_for_a_shell(start: Start) -> None:
    says = r"; no shell reads the command: what has \| is for sh -c '...'"
    words = ("/bin/cat", "/no such file", "|", "head")
    with start(command(*words)) as program, pytest.raises(BadRun, match=says):
        program.finish()


def test_long_words_and_odd_bytes(start: Start) -> None:
    odd = "".join(map(chr, range(1, 256))) + "\udc80\udcff\u20ac'\"\\"
    for word in (odd, "", "x" * 100_000):
        with start(sh('printf %s "$1"', word)) as program:
            assert read_all(program) == os.fsencode(word)
            program.finish()
    with pytest.raises(BadRun, match=r"Argument list too long$"):
        start(sh("true", "x" * 5_000_000))


def test_a_large_environment(start: Start) -> None:
    large = {f"name_{number}": "value" * 40 for number in range(1500)}
    with start(sh('echo "$name_0$name_1499"; env | wc -c'), environment=large) as program:
        values, size = read_all(program).split()
        program.finish()
    assert values == b"value" * 80
    assert int(size) > 300_000
    with pytest.raises(BadRun, match=r"-D stream.jobconf.truncate.limit="):
        start(sh("true"), environment={"one": "x" * 140_000}, as_hadoop=True)


def test_the_environment(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    monkeypatch.setenv("KEPT", "\udcff\n")
    monkeypatch.setenv(tokens.ENVIRONMENT, "secret of the workers")
    with start(command("env", "-0"), environment={"ADDED": "a=b"}) as program:
        variables = read_all(program).split(b"\0")
        program.finish()
    assert b"ADDED=a=b" in variables
    assert b"KEPT=\xff\n" in variables
    assert not [one for one in variables if one.startswith(b"PYTHONUNBUFFERED")]
    assert not [one for one in variables if b"secret" in one]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks into Linux's /proc")
def test_what_a_program_inherits(start: Start) -> None:
    with start(sh("ls /proc/self/fd | wc -l; grep -E 'SigIgn|SigBlk' /proc/self/status")) as one:
        lines = read_all(one).split()
        one.finish()
    assert lines[0] == b"4"  # one is ls's own
    # Signals 32 and 33 are the C library's; make ignores them in all that it starts.
    blocked, ignored = (int(lines[i], 16) & 0x7FFFFFFF for i in (2, 4))
    assert (blocked, ignored) == (0, 0)


def test_many_programs_at_once(spawner: SpawnerClient) -> None:
    def run(number: int) -> tuple[bytes, int]:
        script = f"cat; exit {number}"
        data = b"%d\n" % number * 50_000
        with Program(sh(script), spawner, Cancellation(), stdin=feeding(data)) as program:
            output = read_all(program)
            try:
                return output, program.finish().returncode
            except BadRun as error:
                return output, int(error.what.rpartition(" ")[2])

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(run, range(24)))
    assert results == [(b"%d\n" % number * 50_000, number) for number in range(24)]
