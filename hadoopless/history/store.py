"""The directory of event logs: one file for each job, old ones removed.

A log lies in a directory of the user (mode 0700), and is locked (flock) by the coordinator that
writes it, so that a reader can tell a job that runs from one whose coordinator was killed.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from hadoopless import forks
from hadoopless.errors import InputError, UsageError
from hadoopless.history.profile import profile_path

_log = logging.getLogger(__name__)

#: The directory for the logs, or ``off`` for none.
ENVIRONMENT = "MAPREDUCE_HISTORY"
OFF = "off"

_NAME = "hadoopless"
_SUFFIX = ".jsonl"
_UNLOCKED = ".unlocked"
#: The logs of ended jobs that are kept: their number, their age in seconds, their bytes.
MOST_LOGS = 500
LONGEST_AGE = 90 * 86_400.0
MOST_BYTES = 1 << 30
#: Seconds after which no coordinator still makes its log.
_LONGEST_START = 3600.0
#: The word for the newest job.
LAST = "last"
_NOT_PRIVATE = "it is not a directory that only you can write"


class LogEntry(Struct, frozen=True, order=True):
    """A log in the directory: the time at which its job began (seconds since 1970), its name."""

    began: float
    path: Path

    @property
    def job(self) -> str:
        """The id of the job."""
        return self.path.name.removesuffix(_SUFFIX).partition("-")[2]


class LogFile:
    """The event log of a job that runs now."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._ended = False

    def append(self, data: bytes) -> None:
        """Add whole lines; the first error ends the log, and is told once.

        Its lock stays until :meth:`close`: the job goes on.
        """
        if self._ended:
            return
        try:
            if os.write(self._descriptor, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            _log.warning(
                "the history of this job is not complete: %s: %s", self.path, error.strerror
            )
            self._ended = True

    def close(self) -> None:
        """End the log, and give up its lock."""
        self._ended = True
        forks.close(self._descriptor)


def new_log(job: str, now: float) -> LogFile | None:
    """A new log for *job*, which begins at *now* (seconds since 1970); old logs are removed.

    None where the user wants none, or where no directory can be written.
    """
    problems = []
    for directory in directories():
        try:
            descriptor, path = _new_file(directory, f"{int(1000 * now)}-{job}{_SUFFIX}")
        except OSError as error:
            problems.append(f"{directory}: {error.strerror}")
            continue
        with suppress(OSError):
            _remove_old(directory, now)
        return LogFile(path, descriptor)
    if problems:
        _log.warning(
            "no history of this job is kept (%s); set %s to a directory that can be written, or to"
            " %s",
            "; ".join(problems),
            ENVIRONMENT,
            OFF,
        )
    return None


def directories() -> list[Path]:
    """The directories where logs may lie, the best one first; none if the user wants no history.

    They are the one that the user names, or else the user's state directory, and one below the
    directory for temporary files.
    """
    wanted = os.environ.get(ENVIRONMENT)
    if wanted:
        return [] if wanted == OFF else [Path(wanted).absolute()]
    found = []
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    if os.path.isabs(state):  # there may be no HOME, and no entry for the user either
        found.append(Path(state, _NAME, "jobs"))
    temporary = os.environ.get("TMPDIR") or "/tmp"  # noqa: S108 - who owns what is there is checked
    return [*found, Path(temporary, f"{_NAME}-{os.getuid()}", "jobs")]


def _new_file(directory: Path, name: str) -> tuple[int, Path]:
    """The open log *name* in *directory*, and its path."""
    _make_private(directory)
    path = directory / name
    # Under its own name, a reader would find it without its lock, or with that of the reader.
    unlocked = directory / f".{name}{_UNLOCKED}"
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(unlocked, flags, 0o600)
    forks.keep(descriptor)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unlocked.rename(path)
    except BaseException:
        forks.close(descriptor)
        unlocked.unlink(missing_ok=True)
        raise
    return descriptor, path


def _make_private(directory: Path) -> None:
    """Make *directory*; OSError where somebody else could put logs there."""
    directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    if not _is_private(directory):
        raise OSError(errno.EPERM, _NOT_PRIVATE)


def _is_private(directory: Path) -> bool:
    try:
        status = directory.lstat()
    except OSError:
        return False
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return ours and not status.st_mode & 0o022


def _remove_old(directory: Path, now: float) -> None:
    """Remove the oldest logs of jobs that have ended, until the rest is few, young and small."""
    for unlocked in directory.glob(f".*{_UNLOCKED}"):
        if unlocked.lstat().st_mtime < now - _LONGEST_START:
            unlocked.unlink(missing_ok=True)
    size = 0
    for count, entry in enumerate(sorted(_entries(directory), reverse=True)):
        size += _size(entry.path) + _size(profile_path(entry.path))
        is_old = entry.began < now - LONGEST_AGE
        if (count >= MOST_LOGS or is_old or size > MOST_BYTES) and not runs(entry.path):
            with suppress(OSError):  # a directory, which is no log
                entry.path.unlink()
                profile_path(entry.path).unlink()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _entries(directory: Path) -> Iterator[LogEntry]:
    for name in os.listdir(directory):
        began, _, job = name.removesuffix(_SUFFIX).partition("-")
        if name.endswith(_SUFFIX) and job and began.isascii() and began.isdigit():
            yield LogEntry(int(began) / 1000, directory / name)


def entries() -> list[LogEntry]:
    """All logs of the user, the newest first."""
    found: list[LogEntry] = []
    for directory in directories():
        if _is_private(directory):
            with suppress(OSError):
                found += _entries(directory)
    return sorted(found, reverse=True)


def unusable() -> dict[Path, str]:
    """The directories that are there, but whose logs cannot be used, each with the reason."""
    found = {one: _trouble(one) for one in directories() if os.path.lexists(one)}
    return {one: why for one, why in found.items() if why}


def _trouble(directory: Path) -> str:
    """The reason why *directory* is no place for logs; "" if it is one."""
    if not _is_private(directory):
        return _NOT_PRIVATE
    try:
        os.listdir(directory)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def find(word: str) -> LogEntry:
    """The log that a user names: by the id of its job or the beginning of it, by ``last``, by path.

    Raises InputError when there is none, UsageError when there are several.
    """
    if "/" in word or word.endswith(_SUFFIX):
        if not os.path.isfile(word):
            raise InputError(f"there is no event log {word}")
        return LogEntry(0.0, Path(word))
    if not word:
        raise UsageError("JOB is empty: write its id or the beginning of it, or last")
    found = entries()
    if word != LAST:
        found = [entry for entry in found if entry.job.startswith(word)]
        jobs = {entry.job for entry in found}  # a resumed job has a log for each run
        if len(jobs) > 1 and word not in jobs:
            raise UsageError(f"{len(jobs)} jobs begin with {word}: write more of the id")
        found = [entry for entry in found if entry.job == word or word not in jobs]
    if not found:
        off = "; no history is kept" if not directories() else ""
        off = "".join(f"; {one}: {why}" for one, why in unusable().items()) or off
        told = "no job is in the history" if word == LAST else f"no job {word} is in the history"
        raise InputError(f"{told}{off}; hadoopless history lists all")
    return found[0]


def runs(path: Path) -> bool:
    """True if a coordinator writes to the log at *path*."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass  # a file system without locks
    finally:
        os.close(descriptor)
    return False


def shown_time(seconds: float) -> str:
    """A time since 1970 in local time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
