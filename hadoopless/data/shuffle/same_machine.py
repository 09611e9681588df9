"""Reads the spill files of other workers where they lie, if these run on the same machine.

A worker tells of an unnamed file by its process and descriptor; another one of the same user opens
it through ``/proc``. So what is on the disk once is neither sent nor written there again. Spark
does the like (``spark.shuffle.readHostLocalDisk``).
"""

from __future__ import annotations

import functools
import logging
import os
import resource
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from weakref import WeakValueDictionary

from hadoopless.data.runs.runs import FileRun, SharedFile
from hadoopless.wire.messages.segments import Place, Told

#: Shorter runs are sent, because a file that is read needs a window.
LEAST_IN_PLACE = 1 << 18
#: A worker whose files could not be read is not asked for them again for so many seconds.
_REFUSED_FOR = 60.0
#: The files of others may be one in so many of all that this process may open.
_SHARE_OF_FILES = 8


_log = logging.getLogger(__name__)


class NotOpened(Exception):
    """A run cannot be read where it lies; if that *lasts*, nor can others of its worker for now."""

    def __init__(self, reason: str, *, lasts: bool = False) -> None:
        super().__init__(reason)
        self.lasts = lasts


class OthersFile(SharedFile):
    """An unnamed file to which another worker has written."""


@functools.cache
def machine() -> str | None:
    """A word that processes share if each may open the files of the others; None: nobody may."""
    try:
        if os.readlink("/proc/self") != str(os.getpid()):
            return None  # the processes there have numbers of another namespace
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        spaces = [os.readlink(f"/proc/self/ns/{name}") for name in ("pid", "user")]
    except OSError:
        return None
    return " ".join([boot, *spaces, str(os.geteuid())])


class OthersFiles:
    """The files of other workers that this process has open. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """*clock* gives seconds."""
        self._open: WeakValueDictionary[tuple[int, int], OthersFile] = WeakValueDictionary()
        self._lock = threading.Lock()
        self._clock = clock
        #: The times until which workers send bytes, by their URLs.
        self._refused: dict[str, float] = {}

    def word_for(self, url: str) -> str | None:
        """The word by which the worker at *url* may tell of files; None: it must send bytes."""
        with self._lock:
            if self._refused.get(url, 0.0) > self._clock():
                return None
        return machine()

    def refused(self, url: str, why: NotOpened) -> None:
        """For a while the worker at *url* shall send bytes: its files cannot be read, and *why*."""
        now = self._clock()
        with self._lock:
            self._refused = {each: until for each, until in self._refused.items() if until > now}
            self._refused[url] = now + _REFUSED_FOR
        _log.info("what %s has spilled is sent, not read in place: %s", url, why)

    def run(self, told: Told, place: Place) -> FileRun:
        """The run that another worker has *told* of, at *place*; raises NotOpened."""
        file, size = self._opened(place.process, place.descriptor)
        if size < place.offset + told.length:
            raise NotOpened("the file is shorter")
        return FileRun(file, place.offset, told.length, told.sum, place.checksum)

    def _opened(self, process: int, descriptor: int) -> tuple[OthersFile, int]:
        """That file, and its size."""
        try:
            # Nothing happens to what is there, such as a pipe, until it is known for a file.
            found = os.open(f"/proc/{process}/fd/{descriptor}", os.O_PATH | os.O_CLOEXEC)
        except PermissionError as error:
            raise NotOpened(str(error), lasts=True) from error  # a rule of this system
        except OSError as error:
            raise NotOpened(str(error)) from error
        try:
            status = os.fstat(found)
            if not _is_unnamed(status):
                # Perhaps all files have names on that file system.
                raise NotOpened("it is no unnamed file of this user", lasts=True)
            with self._lock:
                return self._reopened(found, (status.st_dev, status.st_ino)), status.st_size
        finally:
            os.close(found)

    def _reopened(self, found: int, key: tuple[int, int]) -> OthersFile:
        """The file that *found* is only a path of."""
        file = self._open.get(key)
        if file is None:
            if len(self._open) >= _most_files():
                raise NotOpened("too many files are open")
            path = f"/proc/self/fd/{found}"
            try:
                directory = os.path.dirname(os.readlink(path))
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except OSError as error:
                raise NotOpened(str(error)) from error
            file = self._open[key] = OthersFile(descriptor, directory)
        return file


def _is_unnamed(status: os.stat_result) -> bool:
    """True for a file of this user that has no name, as spill files have none."""
    return stat.S_ISREG(status.st_mode) and not status.st_nlink and status.st_uid == os.geteuid()


def _most_files() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft // _SHARE_OF_FILES
