"""The work of tasks on batches of Arrow, as Spark Connect gives and takes them.

A row has a partition and the bytes of a block. Rows of small blocks are put together to batches.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import pyarrow

from hadoopless.engines.spark.transports.blocks import Message
from hadoopless.engines.spark.transports.transport import Maps, Reduce, Work
from hadoopless.errors import WorkerError

PARTITION = "partition"
_DATA = "data"
#: The columns of rows, in Spark's words.
RESULTS = f"{_DATA} binary"
BLOCKS = f"{PARTITION} int, {RESULTS}"
#: Rows are put together up to so many bytes; a block that is larger is a batch of its own.
_BATCH = 1 << 20

Batches = Iterable[Any]


def each(work: Work[Any], batches: Batches) -> Iterator[Any]:
    """The results of *work* on the numbers in *batches*."""
    yield from map(_result, work(_numbers(batches)))


def _result(result: Any) -> Any:
    return pyarrow.record_batch([pyarrow.array([pickle.dumps(result)])], names=[_DATA])


def sent(maps: Maps, batches: Batches) -> Iterator[Any]:
    """The blocks of the maps whose numbers are in *batches*."""
    partitions: list[int] = []
    rows: list[bytes] = []
    held = 0
    for partition, message in maps(_numbers(batches)):
        row = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        if rows and held + len(row) > _BATCH:
            yield _batch(partitions, rows)
            partitions, rows, held = [], [], 0
        partitions.append(partition)
        rows.append(row)
        held += len(row)
    if rows:
        yield _batch(partitions, rows)


def nothing(batches: Batches) -> Iterator[Any]:
    """A row without a block for each partition in *batches*."""
    for partition in _numbers(batches):
        yield _batch([partition], [b""])


def received(reduce: Reduce, batches: Batches) -> Iterator[Any]:
    """The result of the reduce of the partition to which all rows of *batches* belong."""
    rows = _rows(batches)
    first = next(rows, None)
    if first is not None:
        partition, _ = first
        yield from map(_result, reduce(partition, _messages(partition, chain([first], rows))))


def _messages(partition: int, rows: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, Message]]:
    for number, row in rows:
        if number != partition:
            raise WorkerError(f"Spark's shuffle has mixed partitions {partition} and {number}")
        if row.size:
            yield partition, pickle.loads(row)  # noqa: S301 - of a map of this job


def _batch(partitions: list[int], rows: list[bytes]) -> Any:
    columns = [pyarrow.array(partitions, pyarrow.int32()), pyarrow.array(rows, pyarrow.binary())]
    return pyarrow.record_batch(columns, names=[PARTITION, _DATA])


def _numbers(batches: Batches) -> Iterator[int]:
    for batch in batches:
        yield from batch.column(0).to_pylist()


def _rows(batches: Batches) -> Iterator[tuple[int, Any]]:
    """The partitions of the rows, and their bytes, which are those of the batch."""
    for batch in batches:
        for partition, data in zip(batch.column(0), batch.column(1), strict=True):
            yield partition.as_py(), data.as_buffer()
