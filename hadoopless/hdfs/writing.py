"""An output file in HDFS that appears whole or not at all.

It is written in the work directory of its job, and renamed. The coordinator makes that directory
and removes it at the end, so what a killed worker has left goes, and an attempt that outlives its
job finds no place any more.
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from typing import Any

from hadoopless.errors import DiskError, MapReduceError
from hadoopless.hdfs import changing
from hadoopless.hdfs.client import call, is_silent, told
from hadoopless.hdfs.files import entry_of
from hadoopless.hdfs.names import HdfsName

#: Bytes that are moved at once.
_PIECE = 1 << 20


class PendingHdfsOutput:
    """A file being written that will be *target*; a context manager that drops it if not committed.

    Raises DiskError, StoreError.
    """

    def __init__(self, target: HdfsName, work: HdfsName) -> None:
        """*work* is the directory in which it is written, which must be there."""
        self._target = target
        self._work = work
        self._hidden = work.child(f".{os.path.basename(target.name)}.{uuid.uuid4().hex[:12]}.tmp")
        self._is_there = False
        #: Bytes written so far.
        self.size = 0
        self._file = self._opened()

    def _opened(self) -> Any:
        file = call(self._hidden, "write", lambda client: changing.create(client, self._hidden))
        self._is_there = True
        return file

    def write(self, data: memoryview) -> None:
        """Add *data*; DiskError."""
        try:
            while data:
                count = self._file.write(data[:_PIECE])
                self.size += count
                data = data[count:]
        except BaseException as error:
            raise told(error, self._target, "write") from error

    def move_from(self, pipe: int) -> int:
        """Move some of the bytes that come through *pipe*; 0 at the end of them. DiskError."""
        data = os.read(pipe, _PIECE)
        self.write(memoryview(data))
        return len(data)

    def clear(self) -> None:
        """Drop all that was written; DiskError."""
        self._close()
        self._file = self._opened()
        self.size = 0

    def commit(self) -> None:
        """Give the file its final name, in place of any file of that name; DiskError."""
        self._give_name(self._target)

    def hand_over(self, name: str) -> None:
        """Leave the file under *name* in the work directory, for somebody else to commit."""
        self._give_name(self._work.child(name))

    def _give_name(self, target: HdfsName) -> None:
        call(target, "write", lambda client: changing.close(self._file))
        self._file = None
        found = entry_of(self._hidden).size
        if found != self.size:
            raise DiskError(
                f"cannot write {self._target}: {self.size:,} bytes were written to it, and it holds"
                f" {found:,}"
            )
        changing.rename(self._hidden, target)
        self._is_there = False

    def __enter__(self) -> PendingHdfsOutput:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()
        if self._is_there:
            changing.tidy(self._hidden)  # else the coordinator removes it with the directory

    def _close(self) -> None:
        """Close the file, of which nothing is wanted any more."""
        file, self._file = self._file, None
        if file is None:
            return
        if is_silent(self._hidden):
            changing.keep(file)
            return
        with suppress(MapReduceError):
            call(self._hidden, "write", lambda client: changing.close(file))
