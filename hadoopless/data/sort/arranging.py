"""The order of the records of a block, and the block that is made of them."""

from __future__ import annotations

import numpy as np

from hadoopless.data.machine.buffers import Buffer
from hadoopless.data.machine.kernels import Int64Rows, Int64s
from hadoopless.data.runs.blocks import SortedBlock
from hadoopless.data.sort import sort_kernels
from hadoopless.data.sort.keys import Keys
from hadoopless.data.sort.sort_kernels import BYTES, COUNT_COLUMNS, RECORDS


class Order:
    """The order of up to *capacity* records by (partition, key), and the arrays to find it."""

    def __init__(self, capacity: int) -> None:
        #: The beginning of each key as an integer that sorts as the keys do.
        self.prefixes = np.empty(capacity, np.uint64)
        #: The partition of each record.
        self.partition_of = np.empty(capacity, np.uint32)
        #: The numbers of the records in the order of the block.
        self.index = np.empty(capacity, np.uint32)
        self._work_space = (
            np.empty(capacity, np.uint64),
            np.empty(capacity, np.uint32),
            np.empty(capacity, np.uint64),
            np.empty(sort_kernels.HISTOGRAM, np.uint32),
        )

    def sort(self, keys: Keys, counts: Int64Rows) -> None:
        """Put the numbers of the records into ``index``, by (partition, key)."""
        sort_kernels.order(
            *(keys.base, keys.records, keys.table),
            *(self.prefixes, self.partition_of, counts, self.index),
            *self._work_space,
        )

    def keep(self, records: int) -> None:
        """Put the numbers of the records into ``index`` as they are."""
        self.index[:records] = np.arange(records, dtype=np.uint32)


def new_counts(partitions: int) -> Int64Rows:
    """No records yet, in any of *partitions*."""
    return np.zeros((partitions, COUNT_COLUMNS), np.int64)


def bounds_of(counts: Int64Rows) -> Int64s:
    """The offset of each partition in the block, and the end of the last one."""
    bounds = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts[:, BYTES], out=bounds[1:])
    return bounds


def block_of(
    buffer: Buffer,
    bounds: Int64s,
    counts: Int64Rows,
    sizes: tuple[int, int],
    written: Int64s | None = None,
) -> SortedBlock:
    """The block of *counts*, whose records are in *buffer*; *sizes* are those of Hadoop.

    *written* are the bytes of each partition where some records come several times.
    """
    records = counts[:, RECORDS].copy()
    if written is None:
        written = np.diff(bounds)
    held = buffer.nbytes + bounds.nbytes + records.nbytes + written.nbytes
    return SortedBlock(buffer, bounds, records, written, held, *sizes)
