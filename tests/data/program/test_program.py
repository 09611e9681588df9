"""Programs are fed, read and drained, whatever they do."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
import tracemalloc
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from hadoopless import threads
from hadoopless.faults import BadRun
from tests.data.program.programs import Start, command, feeding, python, read_all, run, sh

pytestmark = pytest.mark.cluster

PATIENCE = 20.0


def test_stdin_to_stdout(start: Start) -> None:
    data = [bytes(range(256)) * 10_000, b"", b"last"]
    with start(command("cat"), stdin=feeding(*data)) as program:
        assert read_all(program) == b"".join(data)
        ended = program.finish()
        assert ended.returncode == 0
        assert ended.cpu_seconds >= 0
        assert program.stderr == ""


def test_stdin_as_a_file(start: Start, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"from a file\n")
    with (tmp_path / "in").open("rb") as source:
        with start(command("cat"), stdin=source.fileno()) as program:
            assert read_all(program) == b"from a file\n"
            program.finish()
        assert not source.closed


def test_stdout_is_taken_from_its_pipe(start: Start) -> None:
    taken: list[bytes] = []

    def take(pipe: int) -> int:
        taken.append(os.read(pipe, 4))
        return len(taken[-1])

    with start(sh("printf 'some bytes'")) as program:
        while program.take_stdout(take):
            pass
        program.finish()
    assert b"".join(taken) == b"some bytes"


def test_cpu_of_its_children_counts(start: Start) -> None:
    busy = "import time\nwhile time.process_time() < 0.2: pass"
    with start(sh('"$1" -S -c "$2"; exit 0', sys.executable, busy)) as program:
        assert program.finish().cpu_seconds >= 0.2


def test_memory_of_its_children_counts(start: Start) -> None:
    large = "len(bytes(range(256)) * 200_000)"
    with start(sh('"$1" -S -c "$2"; exit 0', sys.executable, large)) as program:
        ended = program.finish()
        assert ended.memory >= 256 * 200_000
        assert program.seconds > 0
    with start(command("true")) as program:
        assert program.finish().memory == 0


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
    with pytest.raises(BadRun) as caught:
        run(start(sh(f"echo told on stderr >&2; {script}")), reads=True)
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
        with pytest.raises(BadRun, match="exit code 7"):
            program.finish()


def test_a_program_that_closes_stdout_and_runs_on(start: Start) -> None:
    script = "echo early; exec >&-; test $(cat | wc -c) = 3000000 && exit 9"
    with start(sh(script), stdin=feeding(*[b"x" * 100_000] * 30)) as program:
        assert read_all(program) == b"early\n"
        with pytest.raises(BadRun, match="exit code 9"):
            program.finish()


def test_a_child_left_behind_ends_with_the_program(start: Start) -> None:
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as held:
        child = "exec 3>&0; sleep 1000 >&2 & echo done"
        with start(sh(child), stdin=write_end) as program:  # its child holds the pipe, too
            os.close(write_end)
            assert read_all(program) == b"done\n"
            program.finish()
        assert held.read() == b""


def test_a_child_left_behind_that_holds_stdin(start: Start) -> None:
    child = "import subprocess\nsubprocess.Popen(['sleep', '1000'], stdout=-3, stderr=-3)"
    with start(python(child), stdin=feeding(*[b"x" * 100_000] * 30)) as program:
        assert read_all(program) == b""
        assert program.finish().returncode == 0


def open_descriptors() -> set[str]:
    """The descriptors of this process, each with its file."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # the descriptor of the list itself
            found.add(f"{name} {os.readlink(f'/proc/self/fd/{name}')}")
    return found


def wait_for_descriptors(before: set[str]) -> None:
    """Wait until no descriptor is open that was not in *before*."""
    deadline = time.monotonic() + PATIENCE
    while left := open_descriptors() - before:
        assert time.monotonic() < deadline, left
        select.select([], [], [], 0.01)


def test_a_daemon_that_keeps_stderr_holds_nobody_up(start: Start) -> None:
    script = """
import subprocess, sys
daemon = subprocess.Popen(["sleep", "1000"], stdin=-3, stdout=-3, start_new_session=True)
print("told", file=sys.stderr, flush=True)
print(daemon.pid)
"""
    before = open_descriptors()
    with ExitStack() as daemons:
        with start(python(script), stderr_patience=0.1) as program:
            daemons.callback(os.kill, int(read_all(program)), signal.SIGKILL)
            assert program.finish().returncode == 0
            assert program.stderr == "told"
        wait_for_descriptors(before)


DAEMON_WITH_STDIN = """
import subprocess, sys
daemon = subprocess.Popen(["sleep", "1000"], stdout=-3, stderr=-3, start_new_session=True)
print(daemon.pid)
"""


@pytest.mark.parametrize("terms", [{}, {"as_hadoop": True}])
@pytest.mark.parametrize("size", [100_000, 30 << 20])
def test_a_daemon_that_keeps_stdin_holds_nobody_up(
    size: int, terms: dict[str, bool], start: Start
) -> None:
    before = open_descriptors()
    script = DAEMON_WITH_STDIN
    feeder = feeding(*[b"x" * 100_000] * (size // 100_000))
    with ExitStack() as daemons:
        with start(python(script), stdin=feeder, stdin_patience=0.1, **terms) as program:
            daemons.callback(os.kill, int(read_all(program)), signal.SIGKILL)
            if terms and size > 1 << 20:
                with pytest.raises(BadRun, match="Broken pipe"):
                    program.finish()
            else:
                assert program.finish().returncode == 0
        wait_for_descriptors(before)


def test_a_daemon_that_keeps_the_stdin_of_a_failed_program(start: Start, tmp_path: Path) -> None:
    """Nobody waits for its feeder, which would wait for ever."""
    before = open_descriptors()
    large = tmp_path / "large"
    large.write_bytes(b"x" * (30 << 20))

    def splicing(descriptor: int) -> None:
        with large.open("rb") as source:
            while os.splice(source.fileno(), descriptor, 1 << 20):
                pass

    with ExitStack() as daemons:
        program = start(python(DAEMON_WITH_STDIN), stdin=splicing)
        daemons.callback(os.kill, int(read_all(program)), signal.SIGKILL)
        program.__exit__(KeyError, KeyError("of the test"), None)
        wait_for_descriptors(before)


@pytest.mark.parametrize("name", ["stderr", "stdin"])
def test_a_program_for_which_no_thread_can_be_started(
    name: str, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for a user who has all processes that a user may have."""
    run_thread = threads.run

    def refuse(work: Callable[[], None], wanted: str) -> None:
        if wanted == name:
            raise RuntimeError("can't start new thread")
        run_thread(work, wanted)

    monkeypatch.setattr(threads, "run", refuse)
    lives = tmp_path / "lives"
    os.mkfifo(lives)
    held = os.open(lives, os.O_RDONLY | os.O_NONBLOCK)
    before = open_descriptors()
    with pytest.raises(RuntimeError):
        start(sh('exec 9>"$1"; sleep 1000', str(lives)))
    wait_for_descriptors(before)
    with os.fdopen(held, "rb") as stream:
        assert stream.read() == b""  # whoever has opened the other end is gone
