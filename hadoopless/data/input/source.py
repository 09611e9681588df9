"""Reads the bytes of an input: those of a file, or those that are unpacked from it."""

from __future__ import annotations

import os
from io import BufferedReader
from typing import TYPE_CHECKING, Protocol, cast

from hadoopless.codecs import is_compressed_for_hadoop, unpacked
from hadoopless.data.input.raw import open_file, open_input
from hadoopless.errors import InputError
from hadoopless.hdfs.located import Located
from hadoopless.hdfs.names import HdfsName
from hadoopless.job import FileState

if TYPE_CHECKING:
    from hadoopless.hdfs.files import HdfsReader

#: A place beyond the end of every file.
ENDLESS = 1 << 62


class Source(Protocol):
    """The bytes of one input."""

    #: Bytes that came from the disk.
    bytes_read: int
    #: The length of the input; None where it is known only when all of it has been unpacked.
    size: int | None

    def read_into(self, target: memoryview, position: int) -> int:
        """Read some bytes from *position* on; 0 only at the end of the input.

        Compressed inputs can be read forwards only.
        """

    def starts_with(self, prefix: bytes) -> bool:
        """True if the input begins with *prefix*; asked before any other read."""

    def close(self) -> None:
        """Close the input."""


def open_source(name: str, path: Located, state: FileState | None = None) -> Source:
    """The input *name*, which lies at *path*; raises InputError when it cannot be read."""
    if is_compressed_for_hadoop(name):
        return _Unpacked(name, open_file(name, path, state))
    if isinstance(path, HdfsName):
        return _InHdfs(open_file(name, path, state))
    return _Plain(name, open_input(name, path, state))


class _Plain:
    def __init__(self, name: str, descriptor: int) -> None:
        self.bytes_read = 0
        self._name = name
        self._descriptor = descriptor
        self.size: int | None = os.fstat(descriptor).st_size

    def read_into(self, target: memoryview, position: int) -> int:
        try:
            count = os.preadv(self._descriptor, [target], position)
        except OSError as error:
            raise InputError(f"cannot read the input {self._name}: {error.strerror}") from error
        self.bytes_read += count
        return count

    def starts_with(self, prefix: bytes) -> bool:
        # A short read is one at the end of the file.
        found = bytearray(len(prefix))
        count = self.read_into(memoryview(found), 0)
        self.bytes_read -= count
        return found[:count] == prefix

    def close(self) -> None:
        os.close(self._descriptor)


class _InHdfs:
    def __init__(self, file: BufferedReader) -> None:
        self.bytes_read = 0
        self._file = cast("HdfsReader", file.raw)
        self.size: int | None = self._file.size

    def read_into(self, target: memoryview, position: int) -> int:
        self._file.seek(position)
        count = self._file.readinto(target)
        self.bytes_read += count
        return count

    def starts_with(self, prefix: bytes) -> bool:
        self._file.seek(0)
        found = b""
        while len(found) < len(prefix) and (piece := self._file.read(len(prefix) - len(found))):
            found += piece
        return found == prefix

    def close(self) -> None:
        self._file.close()


class _Unpacked:
    def __init__(self, name: str, file: BufferedReader) -> None:
        self.bytes_read = 0
        self.size: int | None = None
        self._file = file
        self._pieces = unpacked(name, self._file)
        #: The next bytes, and their place.
        self._piece = memoryview(b"")
        self._at = 0

    def read_into(self, target: memoryview, position: int) -> int:
        while not self._piece or self._at < position:
            if not self._piece and not self._next():
                return 0
            self._drop(min(position - self._at, len(self._piece)))
        count = min(len(target), len(self._piece))
        target[:count] = self._piece[:count]
        self._drop(count)
        return count

    def starts_with(self, prefix: bytes) -> bool:
        found = b""
        while len(found) < len(prefix) and self._next():
            found += self._piece
        self._piece = memoryview(found)
        return found.startswith(prefix)

    def close(self) -> None:
        self._file.close()

    def _next(self) -> bool:
        self._piece = memoryview(next(self._pieces, b""))
        self.bytes_read = self._file.raw.tell()
        return bool(self._piece)

    def _drop(self, count: int) -> None:
        self._piece = self._piece[count:]
        self._at += count
