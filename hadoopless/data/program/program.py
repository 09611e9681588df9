"""Runs a user's program as one step of the road: feeds stdin, hands out stdout, drains stderr."""

from __future__ import annotations

import errno
import os
import select
import time
from collections.abc import Callable
from contextlib import ExitStack

from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Command
from hadoopless.data.program.environment import program_environment
from hadoopless.data.program.idle import IdleWatch, watcher
from hadoopless.data.program.outcome import BROKEN_PIPE, bad_status, idle_failure
from hadoopless.data.program.pipes import Pace, StderrTail, open_pipe, waiting
from hadoopless.data.program.process import Exit, Process, SpawnerClient
from hadoopless.data.program.reporter import Counters, Reporter
from hadoopless.data.program.start_errors import cannot_start
from hadoopless.data.program.stdin import Feeder, StdinFeed
from hadoopless.data.program.terms import Terms
from hadoopless.data.program.unread import MOST_FORGIVEN, is_broken_pipe
from hadoopless.faults import BadRun, Fault, TimeUp

_PLAIN = Terms()


class Program:
    """One run of a user's program: stdin from a file or a function, stdout through a pipe to us.

    Use as a context manager: leaving it by an exception kills the program's group, and a fault
    then tells the command and the end of its stderr.
    """

    def __init__(
        self,
        command: Command,
        spawner: SpawnerClient,
        cancellation: Cancellation,
        *,
        stdin: int | Feeder,
        terms: Terms = _PLAIN,
    ) -> None:
        """Start *command*. *stdin* is a descriptor, or a function that writes to the descriptor it
        is given, in a thread of its own.

        Raises BadRun when the program cannot start.
        """
        cancellation.check()
        self._command = command
        self._cancellation = cancellation
        self._terms = terms
        self._reporter: Reporter | None = None
        if terms.reporter_prefix is not None:
            self._reporter = Reporter(
                terms.reporter_prefix,
                limits=terms.counter_limits,
                made=terms.counters_made,
                strict=terms.as_hadoop,
            )
        self._watch: IdleWatch | None = None
        self._exit: Exit | None = None
        #: Seconds from the start of the program to its end, once it has ended.
        self.seconds = 0.0
        self._read = 0
        #: stdout has come to its end, and nobody waits for the end of the program yet.
        self._read_all = False
        self._idled = False
        self._unread = 0
        self._start(spawner, stdin)
        cancellation.watch(self._process)
        self._start_feeding()
        if terms.idle_timeout is not None:
            self._watch = IdleWatch(terms.idle_timeout, self.signs, self._idle)
            watcher.add(self._watch)

    def _start(self, spawner: SpawnerClient, stdin: int | Feeder) -> None:
        """Make the pipes and start the program with its ends of them; then only ours are open."""
        self._feed: StdinFeed | None = None
        self._stdout_ready = select.poll()
        with ExitStack() as theirs, ExitStack() as ours:
            if not isinstance(stdin, int):
                watched = self._terms.as_hadoop or self._terms.idle_timeout is not None
                self._feed = StdinFeed(stdin, watched=watched)
                ours.callback(self._feed.abandon)
                stdin = self._feed.program_end
            self._stdout, stdout = open_pipe()
            self._stdout_ready.register(self._stdout, select.POLLIN)
            self._pace = Pace(self._stdout)
            theirs.callback(os.close, stdout)
            ours.callback(os.close, self._stdout)
            stderr_read, stderr = os.pipe()
            theirs.callback(os.close, stderr)
            reports = self._reporter.stream() if self._reporter else None
            self._tail = StderrTail(stderr_read, reports, self._terms.stderr_patience)
            self._launch(spawner, (stdin, stdout, stderr))
            self._started = time.monotonic()
            ours.pop_all()

    def _start_feeding(self) -> None:
        if self._feed is None:
            return
        try:
            self._feed.start(self._process.kill)
        except BaseException:  # no thread can be started
            self._feed.abandon()
            with self:
                raise

    def _launch(self, spawner: SpawnerClient, descriptors: tuple[int, int, int]) -> None:
        """Start the process with *descriptors* as stdin, stdout and stderr."""
        command, terms = self._command, self._terms
        environment = program_environment(terms.environment) if terms.environment else None
        argv = list(command.argv)
        self._by_shell = False
        try:
            try:
                self._process = self._start_process(spawner, argv, environment, descriptors)
            except OSError as error:
                if error.errno != errno.ENOEXEC or not terms.as_hadoop:
                    raise
                # Java and the C library's execvp do the same.
                self._by_shell = True
                argv.insert(0, "/bin/sh")
                self._process = self._start_process(spawner, argv, environment, descriptors)
        except OSError as error:
            raise cannot_start(command, error, terms) from error

    def _start_process(
        self,
        spawner: SpawnerClient,
        argv: list[str],
        environment: dict[str, str] | None,
        descriptors: tuple[int, int, int],
    ) -> Process:
        cwd, traceable = self._command.cwd, self._terms.traceable
        return spawner.start(argv, cwd, environment, descriptors, traceable=traceable)

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def signs(self) -> object | None:
        """A value that changes as the program goes on; None while the program waits for us."""
        if self._read_all or waiting(self._stdout):
            return None
        stdin = self._feed.signs() if self._feed is not None else None
        return stdin, self._read, self._tail.count

    def _idle(self) -> None:
        self._idled = True
        self._process.kill()

    def read_into(self, target: memoryview) -> int:
        """Read some of the program's stdout into *target*; 0 at its end."""
        return self.take_stdout(lambda pipe: os.readv(pipe, [target]))

    def take_stdout(self, take: Callable[[int], int]) -> int:
        """Let *take* have some of the program's stdout from a pipe; returns its count, 0 at the
        end.

        A daemon of another session may outlive a killed program and hold stdout for ever: what it
        writes is not waited for, and :meth:`finish` raises why the program was killed.
        """
        self._pace.wait()
        between_looks = 500 * self._terms.stdout_patience  # milliseconds: half of it
        while not self._stdout_ready.poll(between_looks) and not self._gone():
            pass
        self._pace.before_read()
        count = 0 if self._gone() else take(self._stdout)
        self._read += count
        self._read_all = count == 0
        return count

    def _gone(self) -> bool:
        """Whoever still holds stdout is no part of the program."""
        return self._process.killed_before(self._terms.stdout_patience)

    def when_ended(self, tell: Callable[[], None]) -> None:
        """Call *tell*, in any thread, when the program has ended; for after the end of stdout.

        What is left of its group is killed then, and not only at :meth:`finish`.
        """
        self._process.when_ended(tell)

    def finish(self, records: int = 0) -> Exit:
        """Wait for the end; raises the error of a feeder or of a cancellation, or a fault.

        *records*: how many the program has written, for :attr:`Terms.unread_after`.
        """
        # First the end of the program, which ends its whole group: a child that it left behind
        # could hold the pipe that the feeder writes to.
        self._read_all = False
        ended = self._reap(records)
        if self._feed is not None:
            self._feed.join(self._terms.stdin_patience)
        if self._reporter is not None:
            self._tail.wait()
        self._cancellation.check()
        if self._idled:
            raise TimeUp(idle_failure(self._terms.idle_timeout or 0.0))
        if self._feed is not None and self._feed.error is not None:
            raise self._feed.error
        if failure := self._failure(ended, records):
            raise BadRun(failure, exit=ended.returncode)
        return ended

    def _failure(self, ended: Exit, records: int) -> str:
        """The failure that the program has made itself; empty when it has made none."""
        if ended.returncode != 0 and self._terms.status_matters:
            return bad_status(self._command, ended.returncode, self._terms, by_shell=self._by_shell)
        if self._reporter is not None and self._reporter.refusal:
            return self._reporter.refusal
        if self._feed is None or not self._unread or self._may_leave_input(records):
            return ""
        return BROKEN_PIPE if is_broken_pipe(self._unread, self._feed.written) else ""

    def _may_leave_input(self, records: int) -> bool:
        """A program that has written *records* may leave any input unread."""
        return self._terms.unread_after is not None and records >= self._terms.unread_after

    def _reap(self, records: int | None) -> Exit:
        """Wait for the program's end; with *records*, see what it has left of its input, too."""
        if self._exit is not None:
            return self._exit
        try:
            self._exit = ended = self._process.finish()
            self.seconds = time.monotonic() - self._started
            self._cancellation.forget(self._process)
            self._stop_watch()
            if records is not None and not self._idled:
                self._drain(ended, records)
        finally:
            self._stop_watch()
            if self._feed is not None:
                self._feed.close()
        return ended

    def _drain(self, ended: Exit, records: int) -> None:
        """Count what a program that ended well has left of its input, where that matters."""
        good = ended.returncode == 0 or not self._terms.status_matters
        if self._feed is not None and self._terms.as_hadoop and good:
            # Records that an allowed early end leaves unread count as read all the same.
            limit = None if self._may_leave_input(records) else MOST_FORGIVEN
            self._unread = self._feed.drain(limit, self._cancellation.check)

    def _stop_watch(self) -> None:
        if self._watch is not None:
            watcher.remove(self._watch)

    @property
    def own_cpu(self) -> float:
        """CPU seconds of our threads for stdin and stderr, once the program has ended."""
        feeding = 0.0 if self._feed is None else self._feed.cpu_seconds
        return feeding + self._tail.cpu_seconds

    @property
    def stderr(self) -> str:
        """The last lines that the program wrote to stderr, once it has ended."""
        return self._tail.text()

    @property
    def reported(self) -> Counters:
        """The counters that the program has reported, once it has ended."""
        return {} if self._reporter is None else self._reporter.counters

    def __enter__(self) -> Program:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        try:
            if kind is not None and self._exit is None:
                self._process.kill()
                self._reap(None)
            if isinstance(error, Fault) and error.repeatable:
                error.command, error.stderr = self._command.shell, self.stderr
        finally:
            self._stop_watch()
            os.close(self._stdout)
            if kind is not None:
                self._tail.leave()
                if self._feed is not None:
                    self._feed.give_up()
