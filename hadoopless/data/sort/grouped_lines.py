"""Blocks of lines whose keys come again and again, by way of groups of equal keys."""

from __future__ import annotations

import numpy as np

from hadoopless.data.machine.buffers import new_buffer
from hadoopless.data.runs.blocks import SortedBlock
from hadoopless.data.sort import group_kernels
from hadoopless.data.sort.arranging import Order, block_of, bounds_of, new_counts
from hadoopless.data.sort.group_kernels import ENTRY_COLUMNS, GROUP_COLUMNS, ROW_COLUMNS
from hadoopless.data.sort.key_kernels import KEY_ROWS
from hadoopless.data.sort.keys import Keys

#: In a hundred records at the beginning of a block, so many must have a key that has come before:
#: with fewer, sorting all records is faster than finding their groups.
_LEAST_REPEATS = 20
#: Blocks after one with fewer that are sorted without another look.
_PAUSE = 15
_FEWEST_SLOTS = 64


class GroupedLines:
    """Lines into plain records by HashPartitioner, where their keys repeat."""

    def __init__(self, partitions: int, capacity: int, *, like_hadoop: bool) -> None:
        """*capacity* is that of a block that is sorted record by record."""
        groups, entries = max(capacity // 2, 1), max(capacity, 2)
        self._partitions = partitions
        self._like_hadoop = like_hadoop
        self._order = Order(groups)
        self._keys = np.empty((KEY_ROWS, groups), np.uint32)
        self._rows = np.empty((groups, ROW_COLUMNS), np.uint64)
        self._groups = np.empty((groups, GROUP_COLUMNS), np.uint32)
        self._entries = np.empty((entries, ENTRY_COLUMNS), np.uint32)
        self._table = np.empty(max(_power_of_two(2 * groups), _FEWEST_SLOTS), np.uint32)
        self._pause = 0

    def make(self, base: int, size: int) -> tuple[SortedBlock, int] | None:
        """The first block of *size* bytes, and the bytes taken; None: its keys hardly repeat."""
        if self._pause:
            self._pause -= 1
            return None
        slots = min(len(self._table), max(_power_of_two(size), _FEWEST_SLOTS))
        order = self._order
        rows = self._rows.ctypes.data
        groups, entries, _, taken = group_kernels.group(
            *(base, size, _LEAST_REPEATS, self._table, slots),
            *(rows, len(self._rows), self._entries),
        )
        if not groups:
            self._pause = _PAUSE
            return None
        counts, group_counts = new_counts(self._partitions), new_counts(self._partitions)
        found = (self._keys, self._groups, self._entries)
        entries = group_kernels.partition_groups(
            *(base, groups, entries, rows, order.prefixes, *found),
            *(order.partition_of, counts, group_counts),
        )
        order.sort(Keys(base, groups, self._keys), group_counts)
        bounds = bounds_of(counts)
        buffer = new_buffer(int(bounds[-1]))
        written = np.zeros(self._partitions, np.int64)
        group_kernels.gather_groups(
            *(base, groups, entries, *found, order.index, order.partition_of),
            *(written, buffer.ctypes.data),
        )
        sizes = (0, 0)
        if self._like_hadoop:
            sizes = group_kernels.hadoop_sizes_of_groups(entries, self._keys, self._entries)
        return block_of(buffer, bounds, counts, sizes, written), taken


def _power_of_two(count: int) -> int:
    """The first power of two that is not below *count*."""
    return 1 << (count - 1).bit_length()
