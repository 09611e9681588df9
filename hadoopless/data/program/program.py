"""Run a user's program as one step of the road: feed stdin, hand out stdout, drain stderr."""

from __future__ import annotations

import errno
import os
import select
import threading
from contextlib import ExitStack
from dataclasses import replace

from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Command
from hadoopless.data.program.idle import IdleWatch
from hadoopless.data.program.pipes import open_pipe, waiting
from hadoopless.data.program.process import Exit, Process, SpawnerClient, program_environment
from hadoopless.data.program.reporter import Counters, Reporter
from hadoopless.data.program.start_errors import unread_by_shell, why_not_run, why_not_started
from hadoopless.data.program.stderr import StderrTail
from hadoopless.data.program.stdin import Feeder, StdinPipe, feeding
from hadoopless.data.program.unread import MOST_FORGIVEN, is_broken_pipe
from hadoopless.errors import ProgramFailed, ProgramTimedOut, describe_exit

#: Milliseconds between two looks at whether a program that writes nothing was killed.
_LOOK = 1000


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
        reporter: Reporter | None = None,
        status_matters: bool = True,
        idle_timeout: float | None = None,
        strict_input: bool = False,
        unread_after: int | None = None,
    ) -> None:
        """Start *command*. *stdin*: a descriptor, or a function that writes to the one it is given,
        in a thread of its own. *stdout*: a descriptor, or None for :meth:`read_into`.

        The rest is Hadoop's. *reporter* gets what stderr says to it. With *status_matters* False
        any exit status will do. After *idle_timeout* seconds in which the program has read nothing,
        written nothing and said nothing on stderr it is killed; for that and for *strict_input*,
        *stdin* is a function, and for that stdout is None. *strict_input*: it must read its input,
        but for what pipes and buffers hold, unless it has written *unread_after* records; and a
        file that has no #! line is run by the shell.

        Raises ProgramFailed when it cannot start.
        """
        cancellation.check()
        self._command = command
        self._cancellation = cancellation
        self._reporter = reporter
        self._status_matters = status_matters
        self._idle_timeout = idle_timeout
        self._strict_input = strict_input
        self._unread_after = unread_after
        self._feeder: threading.Thread | None = None
        self._feed_error: Exception | None = None
        self._watch: IdleWatch | None = None
        self._stdin: StdinPipe | None = None
        self._exit: Exit | None = None
        self._read = 0
        #: stdout has come to its end, and nobody has asked for that of the program yet.
        self._read_all = False
        self._idled = False
        self._unread = 0
        self._by_shell = False
        self.stdout = -1
        self._stdout_ready = select.poll()
        with ExitStack() as theirs, ExitStack() as ours:
            stdin_end, feed_end = (stdin, -1) if isinstance(stdin, int) else open_pipe()
            if not isinstance(stdin, int):
                if strict_input or idle_timeout is not None:
                    self._stdin = StdinPipe(stdin_end, stdin)
                    ours.callback(self._stdin.close)
                else:
                    theirs.callback(os.close, stdin_end)
                ours.callback(os.close, feed_end)
            if stdout is None:
                self.stdout, stdout = open_pipe()
                self._stdout_ready.register(self.stdout, select.POLLIN)
                theirs.callback(os.close, stdout)
                ours.callback(os.close, self.stdout)
            stderr_read, stderr = os.pipe()
            theirs.callback(os.close, stderr)
            self._tail = StderrTail(stderr_read, reporter.stream() if reporter else None)
            environment = None if env is None else program_environment(env)
            self._process = self._launch(spawner, environment, (stdin_end, stdout, stderr))
            ours.pop_all()
        cancellation.watch(self._process)
        if not isinstance(stdin, int):
            self._feeder = threading.Thread(
                target=self._feed, args=(stdin, feed_end), name="stdin", daemon=True
            )
            self._feeder.start()
        if idle_timeout is not None:
            self._watch = IdleWatch(idle_timeout, self.signs, self._idle)

    def _launch(
        self,
        spawner: SpawnerClient,
        environment: dict[str, str] | None,
        descriptors: tuple[int, int, int],
    ) -> Process:
        argv, cwd = list(self._command.argv), self._command.cwd
        try:
            try:
                return spawner.start(argv, cwd, environment, descriptors)
            except OSError as error:
                if error.errno != errno.ENOEXEC or not self._strict_input:
                    raise
            # So do Java and the C library's execvp.
            self._by_shell = True
            return spawner.start(["/bin/sh", *argv], cwd, environment, descriptors)
        except OSError as error:
            raise self._cannot_start(error) from error

    def _cannot_start(self, error: OSError) -> ProgramFailed:
        if error.errno == errno.ENOEXEC:
            # A shell would run such a file by itself, so there is no line that repeats this.
            return ProgramFailed(
                f"{self._command.shell} cannot be started: it is no binary and has no #! line;"
                " put one first, like #!/usr/bin/env python3"
            )
        reason = why_not_started(self._command, error, ships_files=self._strict_input)
        if self._strict_input:
            # Hadoop's words, as below.
            reason += (
                " (Error in configuring object: configuration exception: Cannot run program"
                f' "{self._command.argv[0]}": error={error.errno}, {error.strerror})'
            )
        return ProgramFailed(f"cannot be started: {reason}", command=self._command.shell)

    def _feed(self, feeder: Feeder, descriptor: int) -> None:
        feeding.pipe = self._stdin
        try:
            feeder(descriptor)
        except BrokenPipeError:
            pass  # a program may stop reading early; its exit code says whether all is well
        except Exception as error:
            self._feed_error = error
            self._process.kill()
        finally:
            os.close(descriptor)

    def signs(self) -> object | None:
        """What changes as the program goes on; None while it waits for us."""
        if self._read_all or waiting(self.stdout):
            return None
        stdin = self._stdin.signs() if self._stdin is not None else None
        return stdin, self._read, self._tail.count

    def _idle(self) -> None:
        self._idled = True
        self._process.kill()

    def read_into(self, target: memoryview) -> int:
        """Read some of the program's stdout into *target*; 0 at its end.

        A daemon of another session may outlive a killed program and hold stdout for ever: what it
        writes is not waited for, and :meth:`finish` raises why the program was killed.
        """
        while not self._stdout_ready.poll(_LOOK) and not self._process.gone:
            pass
        count = 0 if self._process.gone else os.readv(self.stdout, [target])
        self._read += count
        self._read_all = count == 0
        return count

    def finish(self, records: int = 0) -> Exit:
        """Wait for the end; raises the error of a feeder or of a cancellation, or ProgramFailed.

        *records*: how many it has written; *unread_after* asks.
        """
        # First the end of the program, which ends its whole group: a child that it left behind
        # could hold the pipe that the feeder writes to.
        self._read_all = False
        ended = self._reap(records)
        if self._feeder is not None:
            self._feeder.join()
        if self._reporter is not None:
            self._tail.wait()
        try:
            self._cancellation.check()
        except ProgramTimedOut as error:
            raise replace(error, command=self._command.shell, stderr=self.stderr) from None
        if self._idled:
            raise ProgramTimedOut(
                idle_text(self._idle_timeout or 0.0),
                command=self._command.shell,
                stderr=self.stderr,
            )
        if self._feed_error is not None:
            raise self._feed_error
        if what := self._failure(ended, records):
            raise ProgramFailed(what, command=self._command.shell, stderr=self.stderr)
        return ended

    def _failure(self, ended: Exit, records: int) -> str | None:
        code = ended.returncode
        if code != 0 and self._status_matters:
            what = describe_exit(code)
            if self._strict_input:
                # Hadoop's words, which its users (and their tools) look for.
                number = code if code > 0 else 128 - code
                what += f" (PipeMapRed.waitOutputThreads(): subprocess failed with code {number})"
            if self._by_shell:
                what += "; it has no #! line, so /bin/sh ran it"
            elif trouble := why_not_run(self._command, code) or unread_by_shell(self._command):
                what += f"; {trouble}"
            return what
        if self._stdin is None or not self._strict_input or self._may_leave_input(records):
            return None
        # Nothing: then the feeder does not count.
        total = self._stdin.written or None
        return _BROKEN_PIPE if is_broken_pipe(self._unread, total) else None

    def _may_leave_input(self, records: int) -> bool:
        return self._unread_after is not None and records >= self._unread_after

    def _reap(self, records: int | None) -> Exit:
        """Wait for the program's end; with *records*, see what it has left of its input, too."""
        if self._exit is not None:
            return self._exit
        try:
            self._exit = ended = self._process.finish()
            self._cancellation.forget(self._process)
            self._stop_watch()
            good = (ended.returncode == 0 or not self._status_matters) and not self._idled
            if self._stdin is not None and self._strict_input and records is not None and good:
                # What an allowed early end leaves is read all the same, for its records count.
                limit = None if self._may_leave_input(records) else MOST_FORGIVEN
                self._unread = self._stdin.drain(limit, self._cancellation.check)
        finally:
            self._stop_watch()
            if self._stdin is not None:
                self._stdin.close()
        return ended

    def _stop_watch(self) -> None:
        if self._watch is not None:
            self._watch.stop()

    @property
    def stderr(self) -> str:
        """The last lines that it wrote to stderr, once it has ended."""
        return self._tail.text()

    @property
    def reported(self) -> Counters:
        """What it has counted, once it has ended."""
        return {} if self._reporter is None else self._reporter.counters

    def __enter__(self) -> Program:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        try:
            if kind is not None and self._exit is None:
                self._process.kill()
                self._reap(None)
        finally:
            self._stop_watch()
            if self.stdout >= 0:
                os.close(self.stdout)


def idle_text(seconds: float) -> str:
    """What is said of a program that has done nothing for *seconds*."""
    return (
        f"has neither read nor written anything, nor said anything on stderr, for {seconds:g} s"
        f" (mapreduce.task.timeout={seconds * 1000:.0f})"
    )


_BROKEN_PIPE = (
    "Broken pipe: it ended well, but has not read its input, and more of that is left than pipes"
    " and buffers hold; Hadoop takes this for a failure. Read stdin to its end (cat >/dev/null),"
    " or, in a mapper, give -D stream.minRecWrittenToEnableSkip_=0"
)
