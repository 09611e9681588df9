"""Run a user's program as one step of the road: feed stdin, hand out stdout, drain stderr."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace

from mapreduce.data.commands import Command
from mapreduce.data.process import Exit, Process, SpawnerClient, program_environment
from mapreduce.errors import Cancelled, ProgramFailed, ProgramTimedOut, describe_exit

_PIPE_SIZE = 1 << 20
_STDERR_KEPT = 16 << 10
_STDERR_LINES = 20
#: Seconds for the rest of stderr after the end of a program and its group.
_STDERR_PATIENCE = 5.0
#: Linux; the constant is in fcntl since Python 3.10 only where the platform has it.
_SET_PIPE_SIZE: int | None = getattr(fcntl, "F_SETPIPE_SZ", None)

Feeder = Callable[[int], None]


class Cancellation:
    """A flag that other threads set, and what to kill when they do. Thread-safe.

    *unwanted* is asked once more before a commit. A process that was stopped and continued may
    get there before it has heard anything of what happened meanwhile.
    """

    def __init__(self, unwanted: Callable[[], bool] = lambda: False) -> None:
        self._unwanted = unwanted
        self._lock = threading.Lock()
        self._processes: set[Process] = set()
        self._error: Exception | None = None

    def cancel(self, error: Exception) -> None:
        """Kill what runs, and let :meth:`check` raise *error*; the first call counts."""
        with self._lock:
            if self._error is None:
                self._error = error
            processes = list(self._processes)
        for process in processes:
            process.kill()

    def check(self) -> None:
        """Raise the error given to :meth:`cancel`, if it was called."""
        if self._error is not None:
            raise self._error

    def commit(self, work: Callable[[], None]) -> None:
        """Do *work* unless cancelled; a cancel that comes meanwhile waits and has no effect."""
        with self._lock:
            self.check()
            if self._unwanted():
                raise Cancelled("nobody waits for the result any more")
            work()

    def watch(self, process: Process) -> None:
        """Kill *process* at :meth:`cancel`, or at once when that has been called."""
        with self._lock:
            self._processes.add(process)
            cancelled = self._error is not None
        if cancelled:
            process.kill()

    def forget(self, process: Process) -> None:
        """*process* has ended."""
        with self._lock:
            self._processes.discard(process)


def _pipe() -> tuple[int, int]:
    read_end, write_end = os.pipe()
    if _SET_PIPE_SIZE is not None:
        try:
            fcntl.fcntl(write_end, _SET_PIPE_SIZE, _PIPE_SIZE)
        except OSError:
            pass  # over the user's limit for pipe memory: the usual 64 KiB will do
    return read_end, write_end


def write_all(descriptor: int, pieces: Iterable[memoryview]) -> None:
    """Write *pieces* to *descriptor*, waiting as long as it takes."""
    for piece in pieces:
        rest = piece
        while rest:
            rest = rest[os.write(descriptor, rest) :]


class _StderrTail:
    """Reads stderr to its end in a thread of its own and keeps the last of it."""

    def __init__(self, descriptor: int) -> None:
        self._kept: deque[bytes] = deque()
        self._size = 0
        self._descriptor = descriptor
        self._thread = threading.Thread(target=self._drain, name="stderr", daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        with os.fdopen(self._descriptor, "rb", buffering=0) as stream:
            while data := stream.read(1 << 16):
                self._kept.append(data)
                self._size += len(data)
                while self._size - len(self._kept[0]) >= _STDERR_KEPT:
                    self._size -= len(self._kept.popleft())

    def text(self) -> str:
        """The last lines, once the program has ended."""
        # A daemon that the program started in a session of its own may hold the pipe for ever.
        self._thread.join(_STDERR_PATIENCE)
        data = b"".join(list(self._kept))[-_STDERR_KEPT:]
        lines = data.decode("utf-8", "replace").splitlines()
        return "\n".join(lines[-_STDERR_LINES:])


class Program:
    """One run of a user's program: stdin from a file or a function, stdout to a file or to us.

    Use as a context manager: leaving it by an exception kills the program's group.
    """

    def __init__(
        self,
        command: Command,
        spawner: SpawnerClient,
        cancellation: Cancellation,
        *,
        stdin: int | Feeder,
        stdout: int | None = None,
        env: dict[str, str] | None = None,
    ) -> None:
        """Start *command*. *stdin*: a descriptor, or a function that writes to the one it is given,
        in a thread of its own. *stdout*: a descriptor, or None for :meth:`read_into`.

        Raises ProgramFailed when it cannot start.
        """
        cancellation.check()
        self._command = command
        self._cancellation = cancellation
        self._feeder: threading.Thread | None = None
        self._feed_error: Exception | None = None
        self._exit: Exit | None = None
        self.stdout = -1
        with ExitStack() as theirs, ExitStack() as ours:
            stdin_end, feed_end = (stdin, -1) if isinstance(stdin, int) else _pipe()
            if not isinstance(stdin, int):
                theirs.callback(os.close, stdin_end)
                ours.callback(os.close, feed_end)
            if stdout is None:
                self.stdout, stdout = _pipe()
                theirs.callback(os.close, stdout)
                ours.callback(os.close, self.stdout)
            stderr_read, stderr = os.pipe()
            theirs.callback(os.close, stderr)
            self._tail = _StderrTail(stderr_read)
            environment = None if env is None else program_environment(env)
            try:
                self._process = spawner.start(
                    list(command.argv), command.cwd, environment, (stdin_end, stdout, stderr)
                )
            except OSError as error:
                raise self._cannot_start(error) from error
            ours.pop_all()
        cancellation.watch(self._process)
        if not isinstance(stdin, int):
            self._feeder = threading.Thread(
                target=self._feed, args=(stdin, feed_end), name="stdin", daemon=True
            )
            self._feeder.start()

    def _cannot_start(self, error: OSError) -> ProgramFailed:
        if error.errno == errno.ENOEXEC:
            # A shell would run such a file by itself, so there is no line that repeats this.
            return ProgramFailed(
                f"{self._command.shell} cannot be started: it is no binary and has no #! line;"
                " put one first, like #!/usr/bin/env python3"
            )
        reason = error.strerror or str(error)
        if error.errno == errno.ENOENT:
            reason = "not found, or the interpreter in its #! line is not there"
        return ProgramFailed(f"cannot be started: {reason}", command=self._command.shell)

    def _feed(self, feeder: Feeder, descriptor: int) -> None:
        try:
            feeder(descriptor)
        except BrokenPipeError:
            pass  # a program may stop reading early; its exit code says whether all is well
        except Exception as error:
            self._feed_error = error
            self._process.kill()
        finally:
            os.close(descriptor)

    def read_into(self, target: memoryview) -> int:
        """Read some of the program's stdout into *target*; 0 at its end."""
        return os.readv(self.stdout, [target])

    def finish(self) -> Exit:
        """Wait for the end; raises the error of a feeder or of a cancellation, or ProgramFailed."""
        # First the end of the program, which ends its whole group: a child that it left behind
        # could hold the pipe that the feeder writes to.
        ended = self._reap()
        if self._feeder is not None:
            self._feeder.join()
        try:
            self._cancellation.check()
        except ProgramTimedOut as error:
            raise replace(error, command=self._command.shell, stderr=self.stderr) from None
        if self._feed_error is not None:
            raise self._feed_error
        if ended.returncode != 0:
            raise ProgramFailed(
                describe_exit(ended.returncode), command=self._command.shell, stderr=self.stderr
            )
        return ended

    def _reap(self) -> Exit:
        if self._exit is None:
            self._exit = self._process.finish()
            self._cancellation.forget(self._process)
        return self._exit

    @property
    def stderr(self) -> str:
        """The last lines that it wrote to stderr, once it has ended."""
        return self._tail.text()

    def __enter__(self) -> Program:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        try:
            if kind is not None and self._exit is None:
                self._process.kill()
                self._reap()
        finally:
            if self.stdout >= 0:
                os.close(self.stdout)


def timed_out(seconds: float) -> ProgramTimedOut:
    """The error of a task that ran longer than *seconds*."""
    return ProgramTimedOut(f"ran longer than the time limit of {seconds:g} s (--taskTimeout)")
