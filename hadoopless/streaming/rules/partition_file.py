"""The borders between the parts of a total order, where a user has them in a file.

Hadoop's TotalOrderPartitioner wants a sequence file of keys. Here a file with a key a line will do,
too, and none at all: then borders are found by sampling.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from hadoopless.errors import MapReduceError
from hadoopless.rules import Partitioner, Rules
from hadoopless.streaming.exits import StreamingExit, job_failure
from hadoopless.streaming.log import Log
from hadoopless.streaming.notices import STREAM_JOB
from hadoopless.streaming.properties.table import default_of
from hadoopless.streaming.request import Request
from hadoopless.streaming.rules.keys import is_total_order

_PROPERTY = "mapreduce.totalorderpartitioner.path"
#: This path is among the local files of a task, whatever the file system; all others are paths as
#: any other.
_LOCAL = default_of(_PROPERTY)

_MAGIC = b"SEQ"
_VERSION = 6
_SYNC_SIZE = 16
#: In place of the length of a record: a mark follows.
_ESCAPE = -1
_INT = struct.Struct(">i")
_TEXT = b"org.apache.hadoop.io.Text"
#: Both are a length of four bytes, then the bytes.
_BYTES = (b"org.apache.hadoop.io.BytesWritable", b"org.apache.hadoop.typedbytes.TypedBytesWritable")


def with_partition_file(rules: Rules, request: Request, log: Log) -> Rules:
    """*rules* with the borders that the user of *request* has in a file, if there is one.

    Raises StreamingExit, as each task would fail.
    """
    partition = rules.partition
    if partition.kind is not Partitioner.RANGES or not is_total_order(request.partitioner):
        return rules
    path = request.configuration.get(_PROPERTY)
    place = _place(path, request)
    if not os.path.isfile(place):
        if request.configuration.is_set(_PROPERTY):
            log.warn(STREAM_JOB, f"There is no {path}: the borders of the parts will be sampled")
        return rules
    try:
        with open(place, "rb") as file:
            keys = tuple(partition_keys(file.read()))
        if len(keys) != request.num_reduces - 1:
            raise ValueError("Wrong number of partitions in keyset")
        if rules.order is None and any(a >= b for a, b in pairwise(keys)):
            raise ValueError("Split points are out of order")
    except (OSError, ValueError) as problem:
        raise _unreadable(path, str(problem)) from problem
    return replace(rules, partition=replace(partition, boundaries=keys))


def _place(path: str, request: Request) -> str:
    if path == _LOCAL:
        shipped = (one.path for one in (*request.files, *request.bundled) if one.name == path)
        return next(shipped, os.path.abspath(path))
    try:
        return request.file_systems.place(path).file
    except MapReduceError as problem:
        raise _unreadable(path, str(problem)) from problem


def _unreadable(path: str, why: str) -> StreamingExit:
    return job_failure(
        f"java.lang.IllegalArgumentException: Can't read partitions file {path}: {why}"
    )


def partition_keys(data: bytes) -> Iterator[bytes]:
    """The keys in a sequence file, or else in lines; ValueError."""
    if not data.startswith(_MAGIC):
        yield from data.removesuffix(b"\n").split(b"\n") if data else ()
        return
    try:
        yield from _SequenceFile(data).keys()
    except (IndexError, struct.error) as problem:
        raise ValueError("it is cut off") from problem


class _SequenceFile:
    """Reads keys as SequenceFile.Reader does."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = len(_MAGIC)
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
