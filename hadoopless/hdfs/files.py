"""Files in HDFS: their states, their bytes, and what lies in a directory."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from hadoopless.errors import InputError
from hadoopless.hdfs.client import call, told
from hadoopless.hdfs.names import PREFIX, HdfsName
from hadoopless.job import FileState

#: Bytes that are asked for at once where nobody knows how far the reader will go.
_AHEAD = 1 << 24
_BUFFER = 1 << 18


class Entry(Struct, frozen=True):
    """A file or directory as the name node tells of it; sizes in bytes."""

    name: str
    is_directory: bool
    size: int
    #: Milliseconds since 1970.
    changed: int
    block_size: int


def entry_of(place: HdfsName) -> Entry:
    """The entry of *place*; InputError where there is none."""
    return _entry(place, call(place, "read", lambda client: client.get_file_info(place.path)))


def found(place: HdfsName) -> Entry | None:
    """The entry of *place*, or None where there is none."""
    return call(place, "read", lambda client: _found(client, place))


def _found(client: Any, place: HdfsName) -> Entry | None:
    try:
        return _entry(place, client.get_file_info(place.path))
    except FileNotFoundError:
        return None


def entries(directory: HdfsName) -> list[Entry]:
    """The entries of *directory*; InputError where it cannot be read."""
    told_of = call(directory, "read", lambda client: list(client.list_status(directory.path)))
    return [_entry(directory, status) for status in told_of]


def _entry(place: HdfsName, status: Any) -> Entry:
    return Entry(
        f"{PREFIX}{place.authority}{status.path}",
        status.isdir,
        status.length,
        status.modification_time,
        status.blocksize or 0,
    )


def state_of(place: HdfsName) -> FileState:
    """The state of the file *place*; InputError where it is none."""
    entry = entry_of(place)
    if entry.is_directory:
        raise InputError(f"cannot read the input {place}: it is a directory")
    return FileState(entry.size, entry.changed * 1_000_000, 0, 0)


def open_file(place: HdfsName) -> io.BufferedReader:
    """The file *place*, open for reading; its ``raw`` is an :class:`HdfsReader`. InputError."""
    return io.BufferedReader(HdfsReader(place), _BUFFER)


class HdfsReader(io.RawIOBase):
    """The bytes of a file in HDFS. What is read forwards comes as a stream."""

    def __init__(self, place: HdfsName) -> None:
        super().__init__()
        self._place = place
        self._file = call(place, "read", lambda client: client.read(place.path))
        self.size: int = self._told(lambda: len(self._file))
        self._at = 0
        self._stream: Iterator[bytes] = iter(())
        self._piece = memoryview(b"")

    def pieces(self, start: int, end: int) -> Iterator[memoryview]:
        """The bytes from *start* up to *end*, or to the end of the file; InputError."""
        stream = self._range(start, min(end, self.size))
        while piece := self._next(stream):
            yield memoryview(piece)

    def _range(self, start: int, end: int) -> Iterator[bytes]:
        # The library panics where a range leaves the file.
        if start >= end:
            return iter(())
        stream: Iterator[bytes] = self._told(
            lambda: self._file.read_range_stream(start, end - start)
        )
        return stream

    def _next(self, stream: Iterator[bytes]) -> bytes:
        piece: bytes = self._told(lambda: next(stream, b""))
        return piece

    def _told(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except BaseException as error:
            raise told(error, self._place, "read") from error

    def readinto(self, target: Any) -> int:
        """Read some bytes into *target*; 0 at the end of the file."""
        if not self._piece:
            self._piece = memoryview(self._next(self._stream))
        if not self._piece:
            self._stream = self._range(self._at, min(self._at + _AHEAD, self.size))
            self._piece = memoryview(self._next(self._stream))
        with memoryview(target).cast("B") as room:
            count = min(len(room), len(self._piece))
            room[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        self._at += count
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the file."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset != self._at:
            self._at = base + offset
            self._stream, self._piece = iter(()), memoryview(b"")
        return self._at

    def tell(self) -> int:
        """The place behind the last byte that was read."""
        return self._at

    def readable(self) -> bool:
        """True: that is what it is for."""
        return True

    def seekable(self) -> bool:
        """True: the next bytes may be anywhere."""
        return True
