"""Users' programs: fed, read, drained and ended, whatever they do.

That nothing of a program is left shows at a pipe that all of it held: reading it comes to its end.
"""

from __future__ import annotations

import os
import signal
import sys
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from hadoopless.data.program import pipes, process
from hadoopless.data.program import program as programs
from hadoopless.data.program.cancellation import Cancellation, timed_out
from hadoopless.data.program.commands import Command
from hadoopless.data.program.process import SpawnerClient
from hadoopless.data.program.program import Program
from hadoopless.data.program.stdin import Feeder, write_all
from hadoopless.data.program.terms import Terms
from hadoopless.errors import Cancelled, InputError, ProgramFailed, ProgramTimedOut
from hadoopless.wire import tokens
from tests.processes import until

pytestmark = pytest.mark.cluster

Start = Callable[..., Program]


def feeding(*pieces: bytes) -> Feeder:
    return lambda descriptor: write_all(descriptor, map(memoryview, pieces))


nothing = feeding(b"")


@pytest.fixture
def start(spawner: SpawnerClient, cancellation: Cancellation) -> Start:
    """Start a command with nothing on its stdin, unless something else is given."""

    def start(
        command: Command,
        *,
        stdin: int | Feeder = nothing,
        stdout: int | None = None,
        **terms: Any,
    ) -> Program:
        return Program(
            command, spawner, cancellation, stdin=stdin, stdout=stdout, terms=Terms(**terms)
        )

    return start


def command(*argv: str) -> Command:
    return Command(argv, "as typed", "/")


def sh(script: str, *arguments: str) -> Command:
    return command("/bin/sh", "-c", script, "sh", *arguments)


def python(script: str) -> Command:
    return command(sys.executable, "-S", "-c", script)


def read_some(program: Program) -> bytes:
    buffer = bytearray(1 << 16)
    count = program.read_into(memoryview(buffer))
    return bytes(buffer[:count])


def read_all(program: Program) -> bytes:
    return b"".join(iter(lambda: read_some(program), b""))


def run(program: Program) -> None:
    with program:
        program.finish()


def cancelled() -> Cancelled:
    return Cancelled("for a test")


def test_stdin_to_stdout(start: Start) -> None:
    data = [bytes(range(256)) * 10_000, b"", b"last"]
    with start(command("cat"), stdin=feeding(*data)) as program:
        assert read_all(program) == b"".join(data)
        ended = program.finish()
        assert ended.returncode == 0
        assert ended.cpu_seconds >= 0
        assert program.stderr == ""


def test_stdin_and_stdout_as_files(start: Start, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"from a file\n")
    with (tmp_path / "in").open("rb") as source, (tmp_path / "out").open("wb") as target:
        with start(command("cat"), stdin=source.fileno(), stdout=target.fileno()) as program:
            program.finish()
        assert not source.closed
    assert (tmp_path / "out").read_bytes() == b"from a file\n"


def test_cpu_of_its_children_counts(start: Start) -> None:
    busy = "import time\nwhile time.process_time() < 0.2: pass"
    with start(sh('"$1" -S -c "$2"; exit 0', sys.executable, busy)) as program:
        assert program.finish().cpu_seconds >= 0.2


@pytest.mark.parametrize(
    ("script", "how"),
    [
        ("exit 1", "ended with exit code 1"),
        ("cat; exit 3", "ended with exit code 3"),
        ("exit 255", "ended with exit code 255"),
        ("kill -KILL $$", "was killed by SIGKILL"),
        ("kill -SEGV $$", "was killed by SIGSEGV"),
        ("kill -TERM $$", "was killed by SIGTERM"),
        ("kill -PIPE $$", "was killed by SIGPIPE"),
    ],
)
def test_how_a_program_failed(script: str, how: str, start: Start) -> None:
    with start(sh(f"echo told on stderr >&2; {script}")) as program:
        read_all(program)
        with pytest.raises(ProgramFailed) as caught:
            program.finish()
    assert caught.value.what == how
    assert caught.value.command == "as typed"
    assert caught.value.stderr == "told on stderr"


def test_the_last_lines_of_stderr(start: Start) -> None:
    with start(python("import sys\nfor i in range(50): print(i, '\\xff', file=sys.stderr)")) as one:
        one.finish()
        assert one.stderr.splitlines() == [f"{number} \xff" for number in range(30, 50)]
    with start(sh(r"printf 'a\377b\n'; printf 'a\377b\000c' >&2")) as other:
        other.finish()
        assert other.stderr == "a\ufffdb\0c"


def test_a_hundred_megabytes_of_stderr(start: Start) -> None:
    flood = "import os\nfor _ in range(100): os.write(2, b'x' * (1 << 20))\nos.write(2, b'\\nend')"
    tracemalloc.start()
    try:
        with start(python(flood)) as program:
            program.finish()
            assert program.stderr.endswith("x\nend")
            assert len(program.stderr) < 20_000
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


def test_both_pipes_full_at_once(start: Start) -> None:
    """Nothing is read before all is written, and stderr is full as well."""
    script = "import sys\ndata = sys.stdin.buffer.read()\nsys.stderr.write('e' * 300_000)\n"
    script += "sys.stdout.buffer.write(data)"
    data = b"0123456789" * 500_000
    with start(python(script), stdin=feeding(data)) as program:
        assert read_all(program) == data
        program.finish()


def test_a_program_that_stops_reading_early(start: Start) -> None:
    with start(command("head", "-c", "5"), stdin=feeding(*[b"x" * 100_000] * 100)) as program:
        assert read_all(program) == b"xxxxx"
        assert program.finish().returncode == 0


def test_a_program_that_reads_nothing_and_fails(start: Start) -> None:
    with start(sh("exec 0<&-; exit 7"), stdin=feeding(*[b"x" * 100_000] * 100)) as program:
        assert read_all(program) == b""
        with pytest.raises(ProgramFailed, match="exit code 7"):
            program.finish()


def test_a_program_that_closes_stdout_and_runs_on(start: Start) -> None:
    script = "echo early; exec >&-; test $(cat | wc -c) = 3000000 && exit 9"
    with start(sh(script), stdin=feeding(*[b"x" * 100_000] * 30)) as program:
        assert read_all(program) == b"early\n"
        with pytest.raises(ProgramFailed, match="exit code 9"):
            program.finish()


def test_a_child_left_behind_ends_with_the_program(start: Start) -> None:
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as held:
        try:
            with start(sh("sleep 1000 & echo done"), stdout=write_end) as program:
                program.finish()
        finally:
            os.close(write_end)
        assert held.read() == b"done\n"


def test_a_child_left_behind_that_holds_stdin(start: Start) -> None:
    child = "import subprocess\nsubprocess.Popen(['sleep', '1000'], stdout=-3, stderr=-3)"
    with start(python(child), stdin=feeding(*[b"x" * 100_000] * 30)) as program:
        assert read_all(program) == b""
        assert program.finish().returncode == 0


def test_a_daemon_that_keeps_stderr_holds_nobody_up(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipes, "_STDERR_PATIENCE", 0.1)
    script = """
import subprocess, sys
daemon = subprocess.Popen(["sleep", "1000"], stdin=-3, stdout=-3, start_new_session=True)
print("told", file=sys.stderr, flush=True)
print(daemon.pid)
"""
    with start(python(script)) as program:
        daemon = int(read_all(program))
        try:
            assert program.finish().returncode == 0
            assert program.stderr == "told"
        finally:
            os.kill(daemon, signal.SIGKILL)


# how programs are ended


@pytest.mark.parametrize(
    "script",
    [
        "echo ready; exec sleep 1000",
        "echo ready; sleep 1000 & exit 0",
        "sh -c 'sleep 1000' & sleep 1000 & echo ready; wait",
        "echo ready; kill -STOP $$",
        "trap '' TERM; (trap '' TERM; sleep 1000) & echo ready; while :; do sleep 1000; done",
    ],
    ids=["alone", "leader gone", "children", "stopped", "deaf to SIGTERM"],
)
def test_cancel_ends_the_whole_group(script: str, start: Start, cancellation: Cancellation) -> None:
    with start(sh(script)) as program:
        assert read_some(program) == b"ready\n"
        cancellation.cancel(cancelled())
        assert read_all(program) == b""
        with pytest.raises(Cancelled, match="for a test"):
            program.finish()


def test_a_program_may_say_good_bye(start: Start, cancellation: Cancellation) -> None:
    with start(sh("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done")) as one:
        assert read_some(one) == b"ready\n"
        cancellation.cancel(cancelled())
        assert read_all(one) == b"bye\n"
        with pytest.raises(Cancelled):
            one.finish()


def test_cancel_frees_a_feeder_that_waits(start: Start, cancellation: Cancellation) -> None:
    endless = (memoryview(b"x" * 65_536) for _ in iter(int, 1))
    with start(sh("echo ready; exec sleep 1000"), stdin=lambda fd: write_all(fd, endless)) as one:
        assert read_some(one) == b"ready\n"
        cancellation.cancel(cancelled())
        with pytest.raises(Cancelled):
            one.finish()


def test_a_timeout_tells_what_the_program_wrote(start: Start, cancellation: Cancellation) -> None:
    with start(sh("echo slow work >&2; echo ready; exec sleep 1000")) as program:
        assert read_some(program) == b"ready\n"
        cancellation.cancel(timed_out(2.5))
        with pytest.raises(
            ProgramTimedOut, match=r"longer than the time limit of 2\.5 s"
        ) as caught:
            program.finish()
    assert caught.value.command == "as typed"
    assert caught.value.stderr == "slow work"


def test_the_first_cancel_counts(cancellation: Cancellation) -> None:
    cancellation.check()
    cancellation.cancel(cancelled())
    cancellation.cancel(timed_out(1))
    with pytest.raises(Cancelled):
        cancellation.check()


def test_nothing_starts_after_a_cancel(start: Start, cancellation: Cancellation) -> None:
    cancellation.cancel(cancelled())
    with pytest.raises(Cancelled):
        start(command("cat"))


def test_a_cancel_during_the_start(spawner: SpawnerClient) -> None:
    class Late(Cancellation):
        """The cancel comes after the check and before the program is known."""

        def check(self) -> None:
            super().check()
            self.cancel(cancelled())

    with Program(sh("exec sleep 1000"), spawner, Late(), stdin=feeding(b"")) as program:
        assert read_all(program) == b""
        with pytest.raises(Cancelled):
            program.finish()


def test_commit_happens_before_or_never(cancellation: Cancellation) -> None:
    done: list[str] = []
    cancellation.commit(lambda: done.append("before"))
    cancellation.cancel(cancelled())
    with pytest.raises(Cancelled):
        cancellation.commit(lambda: done.append("after"))
    assert done == ["before"]


def test_an_error_of_ours_ends_the_program(start: Start) -> None:
    read_end, write_end = os.pipe()

    def fail() -> None:
        with start(sh("sleep 1000 & exec sleep 1000"), stdout=write_end):
            os.close(write_end)
            raise KeyboardInterrupt

    with os.fdopen(read_end, "rb") as held:
        with pytest.raises(KeyboardInterrupt):
            fail()
        assert held.read() == b""


def test_an_error_of_the_feeder_ends_the_program(start: Start) -> None:
    def feeder(descriptor: int) -> None:
        os.write(descriptor, b"some")
        raise InputError("half of it is missing")

    with start(sh("cat >/dev/null; exec sleep 1000"), stdin=feeder) as program:
        assert read_all(program) == b""
        with pytest.raises(InputError, match="half of it"):
            program.finish()


# as Hadoop has it


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
    with hadoop(start, f"echo told >&2; {script}; echo done", size) as program:
        read_all(program)
        with pytest.raises(ProgramFailed, match=r"^Broken pipe: it ended well, but") as caught:
            program.finish()
    assert caught.value.stderr == "told"


def test_the_exit_status_comes_before_a_broken_pipe(start: Start) -> None:
    with hadoop(start, "exit 3", 1_000_000) as program:
        read_all(program)
        with pytest.raises(ProgramFailed) as caught:
            program.finish()
    assert caught.value.what == (
        "ended with exit code 3 (PipeMapRed.waitOutputThreads(): subprocess failed with code 3)"
    )
    with pytest.raises(ProgramFailed, match="failed with code 137"):
        run(hadoop(start, "kill -KILL $$", 0))


def test_any_exit_status_will_do(start: Start) -> None:
    with hadoop(start, "cat >/dev/null; exit 3", 1_000_000, status_matters=False) as program:
        assert program.finish().returncode == 3
    with pytest.raises(ProgramFailed, match=r"^Broken pipe"):
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
                with pytest.raises(ProgramFailed, match=r"^Broken pipe"):
                    program.finish(records)
            else:
                program.finish(records)


def test_an_error_of_ours_leaves_no_feeder_behind(start: Start) -> None:
    def fail() -> None:
        with hadoop(start, "exec 0<&-; exec sleep 1000", 10_000_000) as program:
            feeders.append(program)
            raise KeyboardInterrupt

    feeders: list[Program] = []
    with pytest.raises(KeyboardInterrupt):
        fail()
    feed = feeders[0]._feed
    assert feed is not None
    feed.join()


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
    with hadoop(start, f"echo told >&2; {script}", size, idle_timeout=0.2) as program:
        read_all(program)
        with pytest.raises(ProgramTimedOut) as caught:
            program.finish()
    assert "anything on stderr, for 0.2 s (mapreduce.task.timeout=200)" in caught.value.what
    assert caught.value.stderr == "told"
    assert caught.value.command == "as typed"


def test_a_daemon_that_keeps_stdout_ends_with_the_patience(
    start: Start, cancellation: Cancellation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_PATIENCE", 0.0)
    monkeypatch.setattr(programs, "_LOOK", 10)
    script = """
import subprocess
daemon = subprocess.Popen(["sleep", "1000"], stdin=-3, stderr=-3, start_new_session=True)
print(daemon.pid)
"""
    with start(python(script), stdin=feeding()) as program:
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
    with pytest.raises(ProgramFailed) as caught:
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
    with pytest.raises(ProgramFailed, match="no #! line, so /bin/sh ran it"):
        run(start(command(str(path), "4"), as_hadoop=True))


# how programs are started


@pytest.mark.parametrize(
    ("content", "mode", "says"),
    [
        (b"echo no first line of that kind\n", 0o755, "no #! line; put one first"),
        (b"#! /no/such -x\n", 0o755, "the interpreter in its #! line is not there: /no/such"),
        (b"#!/bin/sh\r\ncat\r\n", 0o755, r"remove them with: sed -i 's/\r$//' program"),
        (b"\x7fELF", 0o755, "put one first"),
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
    free = os.dup(0)
    os.close(free)
    with pytest.raises(ProgramFailed, match="cannot be started: ") as caught:
        start(command(str(path)))
    assert says in caught.value.what
    assert "as typed" in str(caught.value)
    with start(command("true")) as program:  # the spawner lives on, nothing was left open
        assert program.stdout <= free + 2
        program.finish()


def test_what_cannot_be_started_of_a_job_with_files(start: Start, tmp_path: Path) -> None:
    for name, says in (
        ("mapper.py", "let it go with the job: -files mapper.py"),
        ("mapper.R", "let it go with the job: -files mapper.R"),
        ("com.example.Mapper$Inner", "there is no Java here"),
    ):
        missing = Command((name,), name, str(tmp_path))
        with pytest.raises(ProgramFailed, match=says):
            start(missing, stdin=lambda _: None, as_hadoop=True)


def test_line_ends_of_windows_before_env(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "a mapper"
    path.write_bytes(b"#!/usr/bin/env no-such-shell\r\n")
    path.chmod(0o755)
    with start(command(str(path))) as program, pytest.raises(ProgramFailed) as caught:
        program.finish()
    assert caught.value.what.startswith("ended with exit code 127; its #! line ends with a carr")
    assert caught.value.what.endswith("sed -i 's/\\r$//' 'a mapper'")


def test_signs_for_a_shell(start: Start) -> None:
    says = r"; no shell reads the command: what has \| is for sh -c '...'"
    words = ("/bin/cat", "/no such file", "|", "head")
    with start(command(*words)) as program, pytest.raises(ProgramFailed, match=says):
        program.finish()


def test_long_words_and_odd_bytes(start: Start) -> None:
    odd = "".join(map(chr, range(1, 256))) + "\udc80\udcff\u20ac'\"\\"
    for word in (odd, "", "x" * 100_000):
        with start(sh('printf %s "$1"', word)) as program:
            assert read_all(program) == os.fsencode(word)
            program.finish()
    with pytest.raises(ProgramFailed, match=r"Argument list too long\n"):
        start(sh("true", "x" * 5_000_000))


def test_a_large_environment(start: Start) -> None:
    large = {f"name_{number}": "value" * 40 for number in range(1500)}
    with start(sh('echo "$name_0$name_1499"; env | wc -c'), environment=large) as program:
        values, size = read_all(program).split()
        program.finish()
    assert values == b"value" * 80
    assert int(size) > 300_000
    with pytest.raises(ProgramFailed, match=r"-D stream.jobconf.truncate.limit="):
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
            except ProgramFailed as error:
                return output, int(error.what.rpartition(" ")[2])

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(run, range(24)))
    assert results == [(b"%d\n" % number * 50_000, number) for number in range(24)]
