"""Reads event logs, whole or as they grow."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from hadoopless.errors import InputError
from hadoopless.history import events as ev
from hadoopless.history import store
from hadoopless.history.course import Course

#: A line of more bytes is none that we have written.
_LONGEST_LINE = 4 << 20
_PIECE = 1 << 20
#: The bytes at an end of a log in which its line is looked for, the usual ones first.
_LOOKS = (1 << 14, 1 << 18, _LONGEST_LINE)


class Tail:
    """The lines of a log, as far as it has been written; use as a context manager."""

    def __init__(self, path: Path) -> None:
        """Raises InputError when there is no such file, or when it cannot be read."""
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
        try:
            self._descriptor = os.open(path, flags)
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}") from error
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            self.close()
            raise InputError(f"cannot read {path}: it is no regular file")
        self._torn = b""

    def __enter__(self) -> Tail:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Read no more."""
        os.close(self._descriptor)

    def events(self) -> Iterator[ev.Event]:
        """The events that have been written since the last call; a torn line waits for its end."""
        while data := os.read(self._descriptor, _PIECE):
            *lines, torn = (self._torn + data).split(b"\n")
            self._torn = torn if len(torn) <= _LONGEST_LINE else b""
            yield from ev.decoded(lines)

    def first_and_last(self) -> tuple[bytes, bytes]:
        """The first line and the last whole one."""
        size = os.fstat(self._descriptor).st_size
        begin = end = b""
        for length in _LOOKS:
            if b"\n" not in begin:
                begin = os.pread(self._descriptor, length, 0)
            if end.count(b"\n") < 2:  # the last line may begin before these bytes
                end = os.pread(self._descriptor, length, max(0, size - length))
        lines = end.rsplit(b"\n", 2)
        return begin.partition(b"\n")[0], lines[-2] if len(lines) > 1 else b""


def read_ends(path: Path) -> tuple[ev.JobBegan, ev.JobEnded | None]:
    """The first line of the log at *path*, and the last one if it tells the end of the job.

    Reads little of a large log. Raises InputError if it is no event log.
    """
    with Tail(path) as tail:
        first, last = tail.first_and_last()
    began = ev.decode(first)
    if not isinstance(began, ev.JobBegan) or began.schema != ev.SCHEMA:
        raise InputError(f"{path} is no event log, or one of another release")
    ended = ev.decode(last)
    return began, ended if isinstance(ended, ev.JobEnded) else None


def read_course(path: Path, *, brief: bool = False) -> Course:
    """The course, *brief* or whole, of the job whose log is at *path*.

    Raises InputError if it is no event log.
    """
    course = Course(brief=brief)
    with Tail(path) as tail:
        for event in tail.events():
            course.take(event)
    check_schema(path, course)
    return course


def check_schema(path: Path, course: Course) -> None:
    """Raise InputError unless the log at *path*, of which *course* was read, is one of ours."""
    if course.job is None:
        raise InputError(f"{path} is no event log, or one of another release")
    if course.job.schema != ev.SCHEMA:
        raise InputError(f"{path} has schema {course.job.schema}, not {ev.SCHEMA}: another release")


def read_so_far(path: Path, *, brief: bool = False) -> tuple[Course, bool]:
    """The course of the job whose log is at *path*, and True while its coordinator is there.

    The course of such a job goes on until now. Raises InputError if it is no event log.
    """
    runs = store.runs(path)  # before its lines: it may end meanwhile
    course = read_course(path, brief=brief)
    if runs and course.end is None and course.job is not None:
        course.now = max(course.now, time.time() - course.job.time)
    return course, runs
