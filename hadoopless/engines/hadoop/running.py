"""Runs Hadoop's client to its end; a job that is cancelled here is killed there, too."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO, Any, cast

from hadoopless.engines.hadoop.client_log import ClientLog
from hadoopless.engines.hadoop.finding import RealHadoop
from hadoopless.errors import Cancelled, InputError

#: Seconds for the command that kills a job, and for a client that was told to end.
_KILL_SECONDS = 60
_END_SECONDS = 10
_PIECE = 1 << 16

#: Takes each line of the client, with its end.
Show = Callable[[bytes], None]


def run_client(
    hadoop: RealHadoop,
    words: Sequence[str],
    environment: Mapping[str, str],
    show: Show,
    *,
    cwd: str | None = None,
    stdout_too: bool,
) -> tuple[int, ClientLog]:
    """Run *words*, a command of *hadoop*; returns its exit code and what its stderr has told.

    It runs in *cwd*, where its local mode also runs the tasks. *show* gets the lines of stderr,
    with *stdout_too* also those of stdout, which else is ours. Raises InputError if it cannot
    start, and Cancelled after SIGINT, SIGTERM and SIGHUP.
    """
    with _Interrupts() as interrupts:
        process = _started(words, environment, cwd, stdout_too=stdout_too)
        stream = cast(IO[bytes], process.stdout or process.stderr)
        lines = _Lines(stream.fileno(), ClientLog(), show)
        try:
            interrupts.let_raise()
            lines.read()
            return process.wait(), lines.log
        except KeyboardInterrupt:
            interrupts.defer()
            lines.read_what_is_there()
            _kill_job(hadoop, lines.log, environment)
            raise Cancelled("the job was cancelled") from None
        finally:
            _end(process)


def _started(
    words: Sequence[str], environment: Mapping[str, str], cwd: str | None, *, stdout_too: bool
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            words,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if stdout_too else None,
            stderr=subprocess.STDOUT if stdout_too else subprocess.PIPE,
            # Ctrl-C is for us alone: the client would end, and leave the job on the cluster.
            start_new_session=True,
        )
    except OSError as error:
        raise InputError(f"cannot start {words[0]}: {error.strerror}") from error


class _Lines:
    """The lines that come through a pipe: shown, and taken into a *log*."""

    def __init__(self, descriptor: int, log: ClientLog, show: Show) -> None:
        self.log = log
        self._descriptor = descriptor
        self._show = show
        self._rest = b""

    def read(self) -> None:
        """All lines until the pipe ends."""
        while data := os.read(self._descriptor, _PIECE):
            self._take(data)
        if self._rest:
            self._take(b"\n")

    def read_what_is_there(self) -> None:
        """The lines that have come already: one of them may name the job."""
        os.set_blocking(self._descriptor, False)
        with suppress(BlockingIOError):
            self.read()

    def _take(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._show(line + b"\n")
            self.log.read(line.decode("utf-8", "surrogateescape"))


def _kill_job(hadoop: RealHadoop, log: ClientLog, environment: Mapping[str, str]) -> None:
    """Kill the job on the cluster; one of a local mode ends with its client."""
    if not log.was_submitted or log.is_local:
        return
    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            [*hadoop.jobs, "-kill", log.job],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            timeout=_KILL_SECONDS,
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    """End *process* with all that it has started, if it still runs."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


class _Interrupts:
    """While it is entered, signals that end a process raise KeyboardInterrupt: not before they may.

    One that comes while a process starts would leave that to itself.
    """

    def __init__(self) -> None:
        self._deferred = True
        self._came = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> _Interrupts:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            handler = signal.getsignal(number)
            if handler is not signal.SIG_IGN:  # as nohup sets it
                self._before[number] = handler
                signal.signal(number, self._handle)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, *_: object) -> None:
        self._came = True
        if not self._deferred:
            raise KeyboardInterrupt

    def let_raise(self) -> None:
        """From now on they raise; one that has come does so at once."""
        self._deferred = False
        if self._came:
            raise KeyboardInterrupt

    def defer(self) -> None:
        """From now on they wait: what has to be done at the end is done."""
        self._deferred = True
