"""Reads the boundaries between the parts of a total order from a user's file.

Hadoop's TotalOrderPartitioner wants a sequence file of keys. Here a file with a key a line will do,
too, and none at all: then boundaries are found by sampling.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import pairwise

from msgspec.structs import replace

from hadoopless.errors import MapReduceError
from hadoopless.filesystem import anywhere
from hadoopless.hdfs.names import is_hdfs
from hadoopless.rules import Partitioner, Rules
from hadoopless.streaming.exits import StreamingExit, job_failure
from hadoopless.streaming.log import Log
from hadoopless.streaming.notices import STREAM_JOB
from hadoopless.streaming.properties.table import default_of
from hadoopless.streaming.request import Request
from hadoopless.streaming.rules.keys import is_total_order
from hadoopless.streaming.rules.sequence_file import MAGIC, sequence_file_keys

_PROPERTY = "mapreduce.totalorderpartitioner.path"
#: This path is among the local files of a task, whatever the file system; all others are paths as
#: any other.
_LOCAL = default_of(_PROPERTY)


def with_partition_file(rules: Rules, request: Request, log: Log) -> Rules:
    """*rules* with the boundaries that the user of *request* has in a file, if there is one.

    Raises StreamingExit, as each task would fail.
    """
    partition = rules.partition
    if partition.kind is not Partitioner.RANGES or not is_total_order(request.partitioner):
        return rules
    path = request.configuration.get(_PROPERTY)
    place = _place(path, request)
    if not os.path.isfile(place) and not (is_hdfs(place) and anywhere.exists(place)):
        if request.configuration.is_set(_PROPERTY):
            log.warn(STREAM_JOB, f"There is no {path}: the boundaries of the parts will be sampled")
        return rules
    try:
        with anywhere.open_file(place) as file:
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
    if data.startswith(MAGIC):
        yield from sequence_file_keys(data)
    elif data:
        yield from data.removesuffix(b"\n").split(b"\n")
