"""Reads the spill files of other workers where they lie, if these run on the same machine.

A worker tells of an unnamed file by its process and descriptor; another one of the same user opens
it through ``/proc``. So what is on the disk once is neither sent nor written there again. Spark
does the like (``spark.shuffle.readHostLocalDisk``).
"""

from __future__ import annotations

import functools
import os
import resource
import stat
import threading
from pathlib import Path
from weakref import WeakValueDictionary

from hadoopless.data.runs.runs import FileRun, SharedFile
from hadoopless.wire.messages.segments import Place, Told

#: Shorter runs are sent, because a file that is read needs a window.
LEAST_IN_PLACE = 1 << 18
#: The files of others may be one in so many of all that this process may open.
_SHARE_OF_FILES = 8


class NotOpened(Exception):
    """A run cannot be read where it lies."""


class OthersFile(SharedFile):
    """An unnamed file to which another worker has written."""


@functools.cache
def machine() -> str | None:
    """A word that processes share if each may open the files of the others; None: nobody may."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        spaces = [os.readlink(f"/proc/self/ns/{name}") for name in ("pid", "user")]
    except OSError:
        return None
    return " ".join([boot, *spaces, str(os.geteuid())])


class OthersFiles:
    """The files of other workers that this process has open. Thread-safe."""

    def __init__(self) -> None:
        self._open: WeakValueDictionary[tuple[int, int], OthersFile] = WeakValueDictionary()
        self._lock = threading.Lock()
        self._is_in_vain = False

    @property
    def machine(self) -> str | None:
        """The word by which others see that they may tell of files; None: bytes must be sent."""
        return None if self._is_in_vain else machine()

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
            self._is_in_vain = True  # a rule of this system, which each try would meet
            raise NotOpened(str(error)) from error
        except OSError as error:
            raise NotOpened(str(error)) from error
        try:
            status = os.fstat(found)
            if not _is_unnamed(status):
                self._is_in_vain = True  # a file system on which all files have names
                raise NotOpened("it is no unnamed file of this user")
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
            try:
                descriptor = os.open(f"/proc/self/fd/{found}", os.O_RDONLY | os.O_CLOEXEC)
            except OSError as error:
                raise NotOpened(str(error)) from error
            file = self._open[key] = OthersFile(descriptor)
        return file


def _is_unnamed(status: os.stat_result) -> bool:
    """True for a file of this user that has no name, as spill files have none."""
    return stat.S_ISREG(status.st_mode) and not status.st_nlink and status.st_uid == os.geteuid()


def _most_files() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft // _SHARE_OF_FILES
