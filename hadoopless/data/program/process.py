"""The worker's side of the spawner: starts programs, waits for their end, kills their groups."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import chain
from typing import Any, Protocol, cast

from msgspec import Struct

from hadoopless.data.program import orphans, spawner
from hadoopless.data.program.environment import program_environment
from hadoopless.descriptors import restore_limit
from hadoopless.errors import Cancelled


class SpawnerGone(Cancelled):
    """The spawner has ended: this worker can start no programs any more, so it must end too."""

    exit_code = 1

    def __init__(self) -> None:
        super().__init__("the process that starts programs is gone")


class Exit(Struct, frozen=True):
    """The exit code of a program (negative: the signal that killed it), and its CPU seconds.

    Its children's CPU seconds count, too.
    """

    returncode: int
    cpu_seconds: float
    #: The most bytes of memory that it, or one of its children, has had; 0 for few.
    memory: int = 0


class Process:
    """One started program. Thread-safe."""

    def __init__(self, client: SpawnerClient, number: int, pid: int) -> None:
        self._client = client
        self._number = number
        self._killed: float | None = None
        self._lock = threading.Lock()
        self._asked: Future[dict[str, Any]] | None = None
        self.pid = pid

    def when_ended(self, tell: Callable[[], None]) -> None:
        """Call *tell*, in any thread, when the program ends, or nobody can know any more.

        What it left running in its group is killed then.
        """
        self._end().add_done_callback(lambda end: tell())

    def finish(self) -> Exit:
        """Wait for the end of the program; what it left running in its group is killed."""
        reply = self._end().result()
        return Exit(reply["exit"], reply["cpu"], reply["memory"])

    def _end(self) -> Future[dict[str, Any]]:
        """The end of the program, which is asked for once."""
        with self._lock:
            if self._asked is None:
                self._asked = self._client.ask({"do": "finish", "id": self._number})
            return self._asked

    def kill(self) -> None:
        """Ask the program's group to end, and kill it when it does not; returns at once."""
        if self._killed is None:
            self._killed = time.monotonic()
        self._client.send({"do": "kill", "id": self._number})

    def killed_before(self, seconds: float) -> bool:
        """True when the first kill was so many seconds ago, or earlier."""
        return self._killed is not None and time.monotonic() - self._killed >= seconds


class _Spawner(Protocol):
    """The process of a spawner."""

    def poll(self) -> int | None:
        """Return its exit code; None while it runs."""

    def wait(self) -> int:
        """Wait for its end; returns its exit code."""


def _executed(channel: socket.socket, remove_at_end: Sequence[str]) -> _Spawner:
    return subprocess.Popen(
        [
            *(sys.executable, "-I", "-S"),
            spawner.__file__,
            str(channel.fileno()),
            *remove_at_end,
        ],
        pass_fds=[channel.fileno()],
        stdin=subprocess.DEVNULL,
        cwd="/",
        env=program_environment(),
    )


_TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _forked(channel: socket.socket, remove_at_end: Sequence[str]) -> _Spawner:
    # The handlers of our process are not for the child, which would run them in the first moments.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _TO_STOP)
    try:
        pid = os.fork()
        if not pid:
            for number in _TO_STOP:
                signal.signal(number, lambda *_: None)  # it ends when its channel does
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if pid:
        return _Child(pid)
    code = 1
    try:
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        kept = channel.detach()
        _close_others(kept)
        restore_limit()
        os.chdir("/")
        environment = program_environment()
        os.environ.clear()
        os.environ.update(environment)
        spawner.main(kept, remove_at_end)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _close_others(kept: int) -> None:
    """Close all descriptors of ours but *kept* and the standard streams."""
    # A loop up to the limit of descriptors could be one of a billion system calls, or endless.
    for name in os.listdir("/dev/fd"):
        if int(name) > 2 and int(name) != kept:
            try:
                os.close(int(name))
            except OSError:
                pass  # the descriptor of the list itself


class _Child:
    """A forked process, with as much of Popen as is needed. Thread-safe."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._lock = threading.Lock()
        self._code: int | None = None

    def poll(self) -> int | None:
        return self._reap(os.WNOHANG)

    def wait(self) -> int:
        return cast(int, self._reap(0))

    def _reap(self, options: int) -> int | None:
        with self._lock:
            if self._code is None:
                pid, status = os.waitpid(self._pid, options)
                if pid:
                    self._code = os.waitstatus_to_exitcode(status)
            return self._code


class SpawnerClient:
    """Starts a spawner process and speaks with it. Thread-safe."""

    def __init__(self, remove_at_end: Sequence[str] = (), *, by_fork: bool = False) -> None:
        """*remove_at_end*: directories that are removed when this process ends, however it ends.

        *by_fork* makes the spawner a fork of this process, which spares a start of Python. That is
        only for a process that has no other thread yet.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            begin = _forked if by_fork else _executed
            self._process = begin(theirs, remove_at_end)
        self._channel = ours
        self._closing = False
        self._lock = threading.Lock()
        self._waiting: dict[int, Future[dict[str, Any]]] = {}
        #: The process groups of programs that have not been reported ended.
        self._groups: dict[int, int] = {}
        #: The programs that have not been reported started: when that was asked for, and the
        #: states of their descriptors.
        self._starting: dict[int, tuple[float, list[os.stat_result]]] = {}
        self._count = 0
        self._reader = threading.Thread(
            target=self._read_replies, name="spawner-replies", daemon=True
        )
        self._reader.start()

    def start(
        self,
        argv: list[str],
        cwd: str,
        env: dict[str, str] | None,
        descriptors: tuple[int, int, int],
        *,
        traceable: bool = False,
    ) -> Process:
        """Start *argv* with copies of *descriptors* as stdin, stdout and stderr; raises OSError.

        *env* None: the :func:`program_environment` of the time when the spawner was started. Other
        processes of the spawner may look into one that is *traceable*.
        """
        with self._lock:
            self._count += 1
            number = self._count
        message = {"do": "start", "id": number, "argv": argv, "cwd": cwd, "env": env}
        if traceable:
            message["traceable"] = True
        try:
            self._starting[number] = time.monotonic(), [os.fstat(each) for each in descriptors]
        except OSError:
            pass  # one of them is closed, so there is nothing to start
        reply = self.call(message, descriptors)
        if "errno" in reply:
            raise OSError(reply["errno"], os.strerror(reply["errno"]))
        self._groups[number] = reply["pid"]
        return Process(self, number, reply["pid"])

    def call(self, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> dict[str, Any]:
        """Send *message* and wait for its reply."""
        return self.ask(message, descriptors).result()

    def ask(
        self, message: dict[str, Any], descriptors: tuple[int, ...] = ()
    ) -> Future[dict[str, Any]]:
        """Send *message*; the reply comes later."""
        future: Future[dict[str, Any]] = Future()
        self._waiting[message["id"]] = future
        self.send(message, descriptors)
        return future

    def send(self, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
        """Send *message*."""
        data = json.dumps(message).encode() + b"\n"
        try:
            with self._lock:
                sent = socket.send_fds(self._channel, [data], list(descriptors))
                if sent < len(data):
                    self._channel.sendall(data[sent:])
        except OSError:
            self._fail_waiting()

    def _read_replies(self) -> None:
        try:
            with self._channel.makefile("rb") as replies:
                for line in replies:
                    reply = json.loads(line)
                    self._starting.pop(reply["id"], None)
                    if "exit" in reply:
                        self._groups.pop(reply["id"], None)
                    future = self._waiting.pop(reply["id"], None)
                    if future is not None:
                        future.set_result(reply)
        except (OSError, ValueError):
            pass  # the spawner was killed before it had read our message, or within a reply
        if not self._closing:
            self._kill_orphans()
        self._fail_waiting()

    def _kill_orphans(self) -> None:
        """Kill the groups of all programs, as the spawner does when this process ends first."""
        starting = list(self._starting.values())
        unknown = (orphans.found(states, asked) for asked, states in starting)
        for group in chain(list(self._groups.values()), *unknown):
            try:
                os.killpg(group, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass

    def _fail_waiting(self) -> None:
        for number in list(self._waiting):
            future = self._waiting.pop(number, None)
            if future is not None:
                future.set_exception(SpawnerGone())

    @property
    def alive(self) -> bool:
        """True while the spawner runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """Kill every program and end the spawner."""
        self._closing = True
        try:
            self._channel.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # closed before
        self._process.wait()
        self._reader.join()
        self._channel.close()
