"""Programs on Hadoop's terms: unread input, reports, idle programs, its words."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from queue import SimpleQueue

import pytest

from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.program import Program
from hadoopless.data.program.stdin import write_all
from hadoopless.errors import Cancelled
from hadoopless.faults import BadRun, TimeUp
from tests.data.program.programs import (
    Start,
    cancelled,
    command,
    feeding,
    python,
    read_all,
    read_some,
    run,
    sh,
)
from tests.processes import until

pytestmark = pytest.mark.cluster


def hadoop(start: Start, script: str, size: int, **options: object) -> Program:
    """A shell script with *size* bytes of input, which it should read."""
    feed = feeding(*[b"x" * 1000] * (size // 1000))
    return start(sh(script), stdin=feed, as_hadoop=True, **options)


@pytest.mark.parametrize(
    ("script", "size"),
    [("cat >/dev/null", 3_000_000), ("true", 131_000), ("head -c 2900000 >/dev/null", 3_000_000)],
)
def test_little_may_be_left_unread(script: str, size: int, start: Start) -> None:
    with hadoop(start, f"{script}; echo done", size) as program:
        assert read_all(program) == b"done\n"
        assert program.finish().returncode == 0


@pytest.mark.parametrize(
    ("script", "size"),
    [("exit 0", 132_000), ("exec 0<&-; exit 0", 132_000), ("head -c 5 >/dev/null", 50_000_000)],
)
def test_more_is_a_broken_pipe(script: str, size: int, start: Start) -> None:
    with pytest.raises(BadRun, match=r"^Broken pipe: it ended well, but") as caught:
        run(hadoop(start, f"echo told >&2; {script}; echo done", size), reads=True)
    assert caught.value.stderr == "told"


def test_the_exit_status_comes_before_a_broken_pipe(start: Start) -> None:
    with hadoop(start, "exit 3", 1_000_000) as program:
        read_all(program)
        with pytest.raises(BadRun) as caught:
            program.finish()
    assert caught.value.what == (
        "ended with exit code 3 (PipeMapRed.waitOutputThreads(): subprocess failed with code 3)"
    )
    with pytest.raises(BadRun, match="failed with code 137"):
        run(hadoop(start, "kill -KILL $$", 0))


def test_any_exit_status_will_do(start: Start) -> None:
    with hadoop(start, "cat >/dev/null; exit 3", 1_000_000, status_matters=False) as program:
        assert program.finish().returncode == 3
    with pytest.raises(BadRun, match=r"^Broken pipe"):
        run(hadoop(start, "exit 3", 1_000_000, status_matters=False))


def test_input_left_unread_with_permission(start: Start) -> None:
    given = []

    def feeder(descriptor: int) -> None:
        for number in range(100):
            write_all(descriptor, [memoryview(b"x" * 30_000)])
            given.append(number)

    with start(sh("exit 0"), stdin=feeder, as_hadoop=True, unread_after=0) as program:
        program.finish()
        assert len(given) == 100  # all records count as read
    for records, broken in ((4, True), (5, False)):
        with hadoop(start, "exit 0", 1_000_000, unread_after=5) as program:
            if broken:
                with pytest.raises(BadRun, match=r"^Broken pipe"):
                    program.finish(records)
            else:
                program.finish(records)


def test_an_error_of_ours_leaves_no_feeder_behind(start: Start) -> None:
    began, ended = threading.Event(), threading.Event()

    def feed(descriptor: int) -> None:
        began.set()
        try:
            feeding(b"x" * 10_000_000)(descriptor)
        finally:
            ended.set()

    def fail() -> None:
        with start(sh("exec 0<&-; exec sleep 1000"), stdin=feed, as_hadoop=True):
            assert began.wait(20)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert ended.wait(20)


def test_a_cancel_ends_one_that_reads_nothing(start: Start, cancellation: Cancellation) -> None:
    with hadoop(start, "exec 0<&-; echo ready; exec sleep 1000", 10_000_000) as program:
        assert read_some(program) == b"ready\n"
        cancellation.cancel(cancelled())
        with pytest.raises(Cancelled):
            program.finish()


def test_what_is_reported_is_no_stderr(start: Start) -> None:
    script = "echo a; echo reporter:counter:g,c,2; echo reporter:counter:g,c,3; echo b"
    script += "; printf reporter:status:going"
    with start(sh(f"({script}) >&2"), reporter_prefix="reporter:") as program:
        program.finish()
        assert program.reported == {("g", "c"): 5}
        assert program.stderr == "a\nb"
    with start(sh("echo reporter:counter:g,c,2 >&2")) as program:
        program.finish()
        assert program.reported == {}
        assert program.stderr == "reporter:counter:g,c,2"


@pytest.mark.parametrize(
    ("script", "size"),
    [
        ("exec sleep 1000", 0),
        ("exec sleep 1000", 10_000_000),
        ("exec 1>&-; exec sleep 1000", 0),
        ("head -c 100000 >/dev/null; exec sleep 1000", 10_000_000),
    ],
    ids=["silent", "reads nothing", "stdout closed", "has read some"],
)
def test_one_that_does_nothing_is_ended(script: str, size: int, start: Start) -> None:
    with pytest.raises(TimeUp) as caught:
        run(hadoop(start, f"echo told >&2; {script}", size, idle_timeout=0.2), reads=True)
    assert "anything on stderr, for 0.2 s (mapreduce.task.timeout=200)" in caught.value.what
    assert caught.value.stderr == "told"
    assert caught.value.command == "as typed"


def test_a_daemon_that_keeps_stdout_ends_with_the_patience(
    start: Start, cancellation: Cancellation
) -> None:
    script = """
import subprocess
daemon = subprocess.Popen(["sleep", "1000"], stdin=-3, stderr=-3, start_new_session=True)
print(daemon.pid)
"""
    with start(python(script), stdin=feeding(), stdout_patience=0.02) as program:
        daemon = int(read_some(program))
        try:
            cancellation.cancel(Cancelled("no longer wanted"))
            assert read_all(program) == b""
            with pytest.raises(Cancelled):
                program.finish()
        finally:
            os.kill(daemon, signal.SIGKILL)


def test_signs_of_work(start: Start) -> None:
    """Each line that it reads makes it do something; then it waits for the next."""
    lines: SimpleQueue[bytes] = SimpleQueue()

    def feeder(descriptor: int) -> None:
        write_all(descriptor, map(memoryview, iter(lines.get, b"")))

    def changed() -> bool:
        return program.signs() not in (None, before)

    script = "read a; read b; echo told >&2; read c; echo out; exec 1>&-; cat >/dev/null"
    with start(sh(script), stdin=feeder, idle_timeout=1000.0) as program:
        before = program.signs()
        assert before == program.signs()
        lines.put(b"a\n")
        until(changed, program.signs)
        lines.put(b"b\n")
        until(lambda: program.signs() == ((4, 0), 0, 5), program.signs)
        lines.put(b"c\n")
        until(lambda: program.signs() is None, program.signs)  # now it waits for us
        assert read_some(program) == b"out\n"
        before = ((6, 0), 0, 5)
        assert changed()
        assert read_all(program) == b""
        assert program.signs() is None  # nobody has asked for its end yet
        lines.put(b"")
        program.finish()


def test_hadoops_words_for_what_cannot_be_started(start: Start) -> None:
    with pytest.raises(BadRun) as caught:
        start(command("/nowhere/x"), stdin=feeding(), as_hadoop=True)
    assert caught.value.what.endswith(
        "(Error in configuring object: configuration exception: Cannot run program"
        ' "/nowhere/x": error=2, No such file or directory)'
    )


def test_the_shell_runs_what_has_no_first_line(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "program"
    path.write_text('echo "$0 $1"; exit $1')
    path.chmod(0o755)
    with start(command(str(path), "0"), as_hadoop=True) as program:
        assert read_all(program) == f"{path} 0\n".encode()
        program.finish()
    with pytest.raises(BadRun, match="no #! line, so /bin/sh ran it"):
        run(start(command(str(path), "4"), as_hadoop=True))
