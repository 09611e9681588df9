"""Reads the keys of a Hadoop sequence file, such as TotalOrderPartitioner wants one."""

from __future__ import annotations

import struct
from collections.abc import Iterator

MAGIC = b"SEQ"
_VERSION = 6
_SYNC_SIZE = 16
#: This number in place of the length of a record says that a synchronisation mark follows.
_ESCAPE = -1
_INT = struct.Struct(">i")
_TEXT = b"org.apache.hadoop.io.Text"
#: Keys of these classes are a length of four bytes, then the bytes.
_BYTES = (b"org.apache.hadoop.io.BytesWritable", b"org.apache.hadoop.typedbytes.TypedBytesWritable")


def sequence_file_keys(data: bytes) -> Iterator[bytes]:
    """The bytes of all keys in the file whose content is *data*; raises ValueError."""
    try:
        yield from _KeyReader(data).keys()
    except (IndexError, struct.error) as problem:
        raise ValueError("it is cut off") from problem


class _KeyReader:
    """Reads the header, then the keys, as SequenceFile.Reader does."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = len(MAGIC)
        version = self._take(1)[0]
        if version != _VERSION:
            raise ValueError(f"it is a sequence file of version {version}, not {_VERSION}")
        self._key_class = self._text()
        if self._key_class not in (_TEXT, *_BYTES):
            raise ValueError(f"its keys are {self._key_class.decode('utf-8', 'replace')}")
        self._text()
        is_compressed, in_blocks = self._take(2)
        if in_blocks:
            raise ValueError("it is compressed in blocks (io.seqfile.compression.type=BLOCK)")
        if is_compressed:  # values alone
            self._text()
        for _ in range(self._int()):
            self._text()
            self._text()
        self._take(_SYNC_SIZE)

    def keys(self) -> Iterator[bytes]:
        while self._at < len(self._data):
            size = self._int()
            if size == _ESCAPE:
                self._take(_SYNC_SIZE)
                continue
            key_size = self._int()
            end = self._at + size
            after_key = self._at + key_size
            key = self._text() if self._key_class == _TEXT else self._take(self._int())
            if self._at != after_key or end > len(self._data) or size < key_size:
                raise ValueError("it is damaged")
            self._at = end
            yield key

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if count < 0 or len(taken) < count:
            raise IndexError
        self._at += count
        return taken

    def _int(self) -> int:
        number: int = _INT.unpack(self._take(_INT.size))[0]
        return number

    def _text(self) -> bytes:
        """A length as WritableUtils.readVInt reads it, and so many bytes."""
        (first,) = struct.unpack("b", self._take(1))
        if first >= -112:
            return self._take(first)
        return self._take(int.from_bytes(self._take(-112 - first)))
