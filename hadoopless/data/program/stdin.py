"""Feeds a program's stdin and sees how far the program has read it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial

from hadoopless import threads
from hadoopless.data.program.pipes import Pace, open_pipe, waiting

#: Bytes at a time that a watched program is given, so that one that reads slowly is seen to read.
_LONGEST_WRITE = 128 << 10

#: Writes a program's input to a descriptor, with :func:`write_all`.
Feeder = Callable[[int], None]


class _Thread(threading.local):
    """The feed that the current thread writes, if that feed is watched."""

    feed: StdinFeed | None = None


_thread = _Thread()


def write_all(descriptor: int, pieces: Iterable[memoryview]) -> None:
    """Write *pieces* to *descriptor*, waiting as long as it takes."""
    feed, pace = _thread.feed, Pace(descriptor)
    for piece in pieces:
        rest = piece
        while rest:
            pace.wait()
            most = pace.room() or len(rest)
            if feed is not None:
                most = min(most, _LONGEST_WRITE)
            count = os.write(descriptor, rest[:most])
            if feed is not None:
                feed.written += count
            rest = rest[count:]


def drain(descriptor: int, limit: int | None, check: Callable[[], None]) -> int:
    """Read and forget the rest of a pipe; returns its bytes, at most a piece more than *limit*.

    *check* is called between pieces, and may raise.
    """
    count = 0
    while limit is None or count <= limit:
        check()
        data = os.read(descriptor, 1 << 18)
        if not data:
            break
        count += len(data)
    return count


class StdinFeed:
    """A pipe to a program's stdin and the thread that writes to it.

    A watched feed keeps a copy of the program's end, to see how far the program has got. As long as
    there is this copy, a write to the pipe waits even if the program has ended.
    """

    def __init__(self, feeder: Feeder, *, watched: bool) -> None:
        self._feeder = feeder
        self._watched = watched
        #: The end from which the program reads, until :meth:`close`.
        self.program_end, self._our_end = open_pipe()
        self._feeding: threads.Work | None = None
        #: The bytes that :func:`write_all` has written, if the feed is watched.
        self.written = 0
        #: The error that ended the feeder; a program that stops reading is none.
        self.error: Exception | None = None
        #: CPU seconds of the feeder, once it has ended.
        self.cpu_seconds = 0.0
        #: Held while our end is closed or replaced, so that it is never another file's by then.
        self._ending = threading.Lock()

    def start(self, failed: Callable[[], None]) -> None:
        """Begin to write, once the program has its end; *failed* is called after an error."""
        if not self._watched:
            self.close()
        self._feeding = threads.Work(partial(self._run, failed), "stdin")

    def _run(self, failed: Callable[[], None]) -> None:
        started = time.thread_time()
        if self._watched:
            _thread.feed = self
        try:
            self._feeder(self._our_end)
        except BrokenPipeError:
            pass  # a program may stop reading early; its exit code says whether all is well
        except Exception as error:
            self.error = error
            failed()
        finally:
            _thread.feed = None
            with self._ending:
                os.close(self._our_end)
                self._our_end = -1
            self.cpu_seconds = time.thread_time() - started

    def signs(self) -> tuple[int, int]:
        """A value that changes when the program reads."""
        return self.written, waiting(self.program_end)

    def drain(self, limit: int | None, check: Callable[[], None]) -> int:
        """Read the input that a program has left, once it has ended, as :func:`drain` does."""
        return drain(self.program_end, limit, check)

    def close(self) -> None:
        """Give up our copy of the program's end: a write fails once nobody else has that end."""
        if self.program_end >= 0:
            os.close(self.program_end)
            self.program_end = -1

    def join(self, patience: float) -> None:
        """Wait until the feeder has ended, once the program and its group have.

        It goes on for *patience* seconds at most when a daemon, say, holds the program's end.
        """
        while self._feeding is not None and not self._feeding.join(patience):
            self.give_up()

    def give_up(self) -> None:
        """Let the feeder's writes fail, although somebody may still hold the program's end."""
        self.close()
        with self._ending:
            if self._our_end < 0:
                return
            try:
                # Linux: another end to read from, of the same pipe.
                rest = os.open(f"/proc/self/fd/{self._our_end}", os.O_RDONLY)
            except OSError:
                return
            try:
                _break(self._our_end)
                # A write that waits goes on; this is the end once it was the last one.
                drain(rest, None, lambda: None)
            except OSError:
                pass  # no descriptor is left
            finally:
                os.close(rest)

    def abandon(self) -> None:
        """Close the pipe of a feed that was not started."""
        self.close()
        os.close(self._our_end)


def _break(descriptor: int) -> None:
    """Make *descriptor* the end of a pipe that nobody reads."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        os.dup2(write_end, descriptor, inheritable=False)
    finally:
        os.close(write_end)
