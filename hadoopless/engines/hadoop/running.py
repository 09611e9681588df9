"""Runs Hadoop's client to its end; a job that is cancelled here is killed there, too."""

from __future__ import annotations

import os
import select
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
#: Seconds between two looks at a client that has closed its stderr.
_LOOK_SECONDS = 0.1
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
            lines.read(interrupts.came)
            while not interrupts.have_come:
                with suppress(subprocess.TimeoutExpired):
                    return process.wait(_LOOK_SECONDS), lines.log
            lines.read_what_is_there()
            _kill_job(hadoop, lines.log, environment)
            raise Cancelled("the job was cancelled")
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

    def read(self, end: int) -> None:
        """All lines until the pipe ends, or until the descriptor *end* can be read."""
        while end not in select.select([self._descriptor, end], [], [])[0]:
            data = os.read(self._descriptor, _PIECE)
            if not data:
                self._take_rest()
                break
            self._take(data)

    def read_what_is_there(self) -> None:
        """The lines that have come already: one of them may name the job."""
        os.set_blocking(self._descriptor, False)
        with suppress(BlockingIOError):
            while data := os.read(self._descriptor, _PIECE):
                self._take(data)
        self._take_rest()

    def _take_rest(self) -> None:
        """Take a last line that has no end."""
        if self._rest:
            self._take(b"\n")

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
    """Notes the signals that end a process, while it is entered.

    None raises: a line that is being read, or a process that is being started, would be lost.
    """

    def __init__(self) -> None:
        self.have_come = False
        #: Can be read as soon as one has come.
        self.came, self._note = os.pipe()
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
        for descriptor in (self.came, self._note):
            os.close(descriptor)

    def _handle(self, *_: object) -> None:
        if not self.have_come:
            self.have_come = True
            os.write(self._note, b".")
