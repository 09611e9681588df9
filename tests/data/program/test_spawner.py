"""No program outlives its owner, however the owner ends; the spawner does not either.

All of them hold a pipe of the test: when reading it comes to its end, they are gone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadoopless.data.program.process import Process, SpawnerClient
from hadoopless.data.program.spawner import Deadlines
from hadoopless.errors import Cancelled
from tests.oracle import REPOSITORY

pytestmark = pytest.mark.cluster

#: An owner of three programs, one of them deaf to signals; it gives its stdout to all of them.
OWNER = """
import os, sys
from hadoopless.data.program.process import SpawnerClient
spawner = SpawnerClient(sys.argv[2:], by_fork=sys.argv[1] == "forked")
null = os.open("/dev/null", os.O_RDWR)
for script in (
    "echo ready; exec sleep 1000",
    "trap '' TERM HUP INT; echo ready; while :; do sleep 1000; done",
    "sh -c 'echo ready; sleep 1000' & wait",
):
    spawner.start(["/bin/sh", "-c", script], "/", None, (null, 1, 2))
os.write(1, b"started\\n")  # at once: the programs write to the same pipe
sys.stdin.read()
"""


@pytest.fixture(params=["forked", "executed"])
def owner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The owner, with its programs running, and a directory that is to go with it."""
    (tmp_path / "task" / "files").mkdir(parents=True)
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, request.param, str(tmp_path / "task")],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout is not None
            # Python can drop an interrupt that comes while the owner still starts them.
            lines = sorted(process.stdout.readline() for _ in range(4))
            assert lines == [*[b"ready\n"] * 3, b"started\n"]
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None])
def test_an_owner_that_is_gone(
    sent: signal.Signals | None, owner: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    assert owner.stdin is not None
    assert owner.stdout is not None
    if sent is None:
        owner.stdin.close()  # it ends by itself, and closes nothing
    else:
        owner.send_signal(sent)
    assert owner.stdout.read() == b""
    assert list(tmp_path.iterdir()) == []
    assert owner.wait() == (-sent if sent else 0) or sent is signal.SIGINT


@pytest.mark.parametrize("by_fork", [True, False])
def test_users_who_want_warnings_get_none_of_ours(by_fork: bool) -> None:
    """They set PYTHONWARNINGS for their own programs."""
    script = f"""
from hadoopless.data.program.process import SpawnerClient
import os
null = os.open("/dev/null", os.O_RDWR)
SpawnerClient(by_fork={by_fork}).start(["true"], "/", None, (null, null, null))
os._exit(0)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONWARNINGS": "always"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, "")


#: Tells if its spawner has closed all that it inherited, also beyond the limit of descriptors.
HEIR = """
import os, resource
from hadoopless.data.program.process import SpawnerClient
read_end, write_end = os.pipe()
os.dup2(write_end, 900)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
spawner = SpawnerClient(by_fork=True)
os.close(write_end)
os.close(900)
assert os.read(read_end, 1) == b""
assert spawner.alive
"""


def test_a_forked_spawner_keeps_nothing_open() -> None:
    subprocess.run([sys.executable, "-c", HEIR], cwd=REPOSITORY, check=True, timeout=30)


#: Its spawner is killed when it has started a program, and before it says so.
HASTY = """
import os, signal, sys
from hadoopless.data.program import spawner
from hadoopless.data.program.process import SpawnerClient, SpawnerGone
read_end, write_end = os.pipe()
spawner.Spawner._send = lambda self, message: os.kill(os.getpid(), signal.SIGKILL)
null = os.open("/dev/null", os.O_RDWR)
client = SpawnerClient(by_fork=True)
script = ["/bin/sh", "-c", "exec sleep 1000"]
try:
    client.start(script, "/", None, (null, write_end, null))
except SpawnerGone:
    os.close(write_end)
    assert os.read(read_end, 1) == b""
    print("gone")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it is found by the files of proc(5)")
def test_a_program_that_was_started_by_the_last_act_of_a_spawner() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HASTY], cwd=REPOSITORY, capture_output=True, timeout=30
    )
    assert (done.returncode, done.stdout) == (0, b"gone\n"), done.stderr


class Pool:
    """A spawner, and programs that hold a pipe."""

    def __init__(self) -> None:
        self.spawner = SpawnerClient()
        self._read_end, self._write_end = os.pipe()

    def start(self, script: str) -> Process:
        null = os.open(os.devnull, os.O_RDWR)
        try:
            descriptors = (null, self._write_end, null)
            return self.spawner.start(["/bin/sh", "-c", script], "/", None, descriptors)
        finally:
            os.close(null)

    def line(self) -> bytes:
        """The next bytes that one of them wrote."""
        return os.read(self._read_end, 1000)

    def wait_until_all_are_gone(self) -> None:
        """Read to the end of the pipe."""
        os.close(self._write_end)
        self._write_end = -1
        while os.read(self._read_end, 1000):
            pass

    def close(self) -> None:
        self.spawner.close()
        for descriptor in (self._read_end, self._write_end):
            if descriptor >= 0:
                os.close(descriptor)


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool()
    yield pool
    pool.close()


def test_close_ends_every_program(pool: Pool) -> None:
    process = pool.start("trap '' TERM; echo ready; while :; do sleep 1000; done")
    assert pool.line() == b"ready\n"
    assert pool.spawner.alive
    pool.spawner.close()
    assert not pool.spawner.alive
    pool.wait_until_all_are_gone()
    with pytest.raises(Cancelled):
        process.finish()
    process.kill()
    with pytest.raises(Cancelled):
        pool.start("true")
    pool.spawner.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux has parent-death signals")
def test_a_killed_spawner_takes_the_programs_along(pool: Pool) -> None:
    process = pool.start("echo $PPID; exec sleep 1000")
    os.kill(int(pool.line()), signal.SIGKILL)
    with pytest.raises(Cancelled, match="the process that starts programs is gone"):
        process.finish()
    with pytest.raises(Cancelled):
        pool.start("true")
    pool.wait_until_all_are_gone()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_to_the_whole_session_leave_the_spawner(sent: signal.Signals, pool: Pool) -> None:
    process = pool.start("echo $PPID; exit 4")
    os.kill(int(pool.line()), sent)
    assert process.finish().returncode == 4
    assert pool.start("exit 5").finish().returncode == 5


def test_what_cannot_start_is_an_os_error(pool: Pool) -> None:
    for argv, cwd in ((["/no/such/program"], "/"), (["/bin/sh"], "/no/such/directory")):
        with pytest.raises(FileNotFoundError):
            pool.spawner.start(argv, cwd, None, (0, 1, 2))
    for env in ({"A=B": "c"}, {"A": "b\0"}):
        with pytest.raises(OSError, match="Invalid argument"):
            pool.spawner.start(["/bin/sh"], "/", env, (0, 1, 2))
    with pytest.raises(OSError, match="Invalid argument"):
        pool.spawner.start(["/bin/sh", "\ud800"], "/", None, (0, 1, 2))
    assert pool.start("exit 6").finish().returncode == 6


def test_the_end_of_a_program_is_told_before_anybody_waits_for_it(pool: Pool) -> None:
    process, ended = pool.start("echo ready; read line; exit 7"), threading.Event()
    process.when_ended(ended.set)
    assert ended.wait(60)
    assert process.finish().returncode == process.finish().returncode == 7
    again = threading.Event()
    process.when_ended(again.set)
    assert again.is_set()


def test_the_end_of_the_spawner_counts_as_that_of_its_programs(pool: Pool) -> None:
    process, ended = pool.start("echo ready; exec sleep 1000"), threading.Event()
    assert pool.line() == b"ready\n"
    process.when_ended(ended.set)
    pool.spawner.close()
    assert ended.wait(60)
    with pytest.raises(Cancelled):
        process.finish()


def test_killing_what_has_ended(pool: Pool) -> None:
    process = pool.start("exit 3")
    process.kill()
    assert process.finish().returncode in (3, -signal.SIGTERM)
    process.kill()
    assert pool.start("exit 6").finish().returncode == 6


def test_a_repeated_kill_does_not_put_the_end_off() -> None:
    deadlines = Deadlines(grace=10.0)
    assert deadlines.seconds_left(100.0) is None
    assert deadlines.begin(7, 100.0)
    assert deadlines.begin(8, 104.0)
    for now in (103.0, 106.0, 109.0):
        assert not deadlines.begin(7, now)
        assert deadlines.take_overdue(now) == []
        assert deadlines.seconds_left(now) == 110.0 - now
    assert deadlines.take_overdue(110.0) == [7]
    assert deadlines.take_overdue(110.0) == []
    assert deadlines.seconds_left(110.0) == 4.0
    assert deadlines.seconds_left(115.0) == 0.0
    deadlines.drop(8)
    deadlines.drop(8)
    assert deadlines.take_overdue(200.0) == []
