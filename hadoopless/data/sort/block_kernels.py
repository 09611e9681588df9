"""Kernels that make a block of sorted records: its sizes, and the records gathered in order.

``pairs`` and ``lines`` are tables as those of ``map_output_kernels`` and ``scan``, ``counts`` has
the columns of ``sort_kernels``.
"""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

import struct

import numpy as np

from hadoopless.data.machine.kernels import (
    Int64Rows,
    UInt32Rows,
    UInt32s,
    inlined,
    kernel,
    types,
)
from hadoopless.data.machine.memory import copy, store8, store64
from hadoopless.data.machine.selftest import self_test, uint32s
from hadoopless.data.record.frame_kernels import HEADER, NULL
from hadoopless.data.record.vint_kernels import vint_size
from hadoopless.data.sort.key_kernels import LENGTHS, STARTS, VALUE_LENGTHS
from hadoopless.data.sort.sort_kernels import BYTES, COUNT_COLUMNS, LINE_LENGTHS, RECORDS


@kernel
def partition_sizes_of_lines(records, lines: UInt32Rows, partition_of: UInt32s, counts: Int64Rows):
    """Add the records and their bytes as plain records to ``counts``."""
    for record in range(records):
        length = types.int64(lines[LINE_LENGTHS, record])
        has_no_tab = types.int64(lines[LENGTHS, record]) == length
        counts[partition_of[record], RECORDS] += 1
        counts[partition_of[record], BYTES] += length + (2 if has_no_tab else 1)


@self_test(partition_sizes_of_lines)
def _measures_lines(partition_sizes_of_lines):
    counts = np.zeros((2, COUNT_COLUMNS), np.int64)
    lines = uint32s([0, 6, 10], [3, 3, 3], [5, 3, 5])
    partition_sizes_of_lines(3, lines, uint32s(1, 0, 1), counts)
    return counts.tolist() == [[1, 5, 0], [2, 12, 0]]


@kernel
def partition_sizes_of_frames(
    records, pairs: UInt32Rows, sort_table: UInt32Rows, partition_of: UInt32s, counts: Int64Rows
):
    """Add the records and their bytes as frames to ``counts``."""
    for record in range(records):
        size = types.int64(HEADER) + sort_table[LENGTHS, record] + pairs[LENGTHS, record]
        if pairs[VALUE_LENGTHS, record] != NULL:
            size += pairs[VALUE_LENGTHS, record]
        counts[partition_of[record], RECORDS] += 1
        counts[partition_of[record], BYTES] += size


@self_test(partition_sizes_of_frames)
def _measures_frames(partition_sizes_of_frames):
    counts = np.zeros((2, COUNT_COLUMNS), np.int64)
    pairs = uint32s([0, 6], [1, 2], [4, NULL])
    partition_sizes_of_frames(2, pairs, uint32s([0, 0], [0, 5]), uint32s(1, 0), counts)
    return counts.tolist() == [[1, 19, 0], [1, 17, 0]]


@kernel
def gather_lines(base, records, lines: UInt32Rows, index: UInt32s, target):
    """Copy the lines in the order of ``index`` to *target*; returns the bytes written.

    A TAB and a newline are put in where the program left them out.
    """
    out = target
    for i in range(records):
        record = index[i]
        length = types.int64(lines[LINE_LENGTHS, record])
        copy(out, base + types.int64(lines[STARTS, record]), length)
        out += length
        if types.int64(lines[LENGTHS, record]) == length:
            store8(out, types.uint8(9))
            out += 1
        store8(out, types.uint8(10))
        out += 1
    return out - target


@self_test(gather_lines)
def _gathers_lines(gather_lines):
    target = np.zeros(100, np.uint8)
    lines = uint32s([0, 6, 10], [3, 3, 8], [5, 3, 10])
    size = gather_lines(b"bee\t1\nant\nlong key\t2\n", 3, lines, uint32s(1, 0, 2), target)
    return size == 22 and target[:22].tobytes() == b"ant\t\nbee\t1\nlong key\t2\n"


@kernel
def gather_frames(
    base, records, pairs: UInt32Rows, gap, sort_base, sort_table: UInt32Rows, index: UInt32s, target
):
    """Write the records in the order of ``index`` to *target* as frames; returns the bytes written.

    A value lies *gap* bytes behind its key. A sort key has the length 0 where there is none.
    """
    out = target
    for i in range(records):
        record = index[i]
        sort_length = types.int64(sort_table[LENGTHS, record])
        key_length = types.int64(pairs[LENGTHS, record])
        value_length = types.int64(pairs[VALUE_LENGTHS, record])
        store64(out, types.uint64(sort_length | key_length << 32))
        store64(out + 8, types.uint64(value_length))
        out += HEADER
        if sort_length > 0:
            copy(out, sort_base + types.int64(sort_table[STARTS, record]), sort_length)
            out += sort_length
        key = base + types.int64(pairs[STARTS, record])
        copy(out, key, key_length)
        out += key_length
        if value_length != NULL:
            copy(out, key + key_length + gap, value_length)
            out += value_length
    return out - target


@self_test(gather_frames)
def _gathers_frames(gather_frames):
    target = np.zeros(100, np.uint8)
    pairs = uint32s([0, 8], [1, 2], [6, NULL])
    data = b"k-valuesab"
    size = gather_frames(
        data, 2, pairs, 1, b"sort key", uint32s([0, 0], [0, 8]), uint32s(1, 0), target
    )
    first = struct.pack("<3I", 8, 2, NULL) + b"sort keyab"
    second = struct.pack("<3I", 0, 1, 6) + b"kvalues"
    return size == 41 and target[:41].tobytes() == first + second


@inlined
def _written_size(length, text):
    """Bytes of a Text (a vint and its bytes) or of a BytesWritable."""
    if length == NULL:
        return types.int64(0)
    return length + (vint_size(length) if text else types.int64(4))


@kernel
def hadoop_sizes_of_frames(records, key_lengths: UInt32s, value_lengths: UInt32s, text):
    """Bytes of the records as Hadoop serialises them, and as its IFile holds them."""
    written = types.int64(0)
    in_file = types.int64(0)
    for record in range(records):
        key = _written_size(types.int64(key_lengths[record]), text)
        value = _written_size(types.int64(value_lengths[record]), text)
        written += key + value
        in_file += key + value + vint_size(key) + vint_size(value)
    return written, in_file


@self_test(hadoop_sizes_of_frames)
def _measures_frames_as_hadoop(hadoop_sizes_of_frames):
    keys, values = uint32s(1, 3), uint32s(200, NULL)
    return hadoop_sizes_of_frames(2, keys, values, True) == (208, 213) and hadoop_sizes_of_frames(
        2, keys, values, False
    ) == (216, 221)


@inlined
def text_sizes(key_length, line_length):
    """The bytes of the key and the value of a line as Texts, and of their lengths in an IFile."""
    value_length = line_length - key_length - 1 if key_length < line_length else types.int64(0)
    key = _written_size(key_length, True)
    value = _written_size(value_length, True)
    return key, value, vint_size(key) + vint_size(value)


@kernel
def hadoop_sizes_of_lines(records, lines: UInt32Rows):
    """As :func:`hadoop_sizes_of_frames`, for lines."""
    written = types.int64(0)
    in_file = types.int64(0)
    for record in range(records):
        key, value, lengths = text_sizes(
            types.int64(lines[LENGTHS, record]), types.int64(lines[LINE_LENGTHS, record])
        )
        written += key + value
        in_file += key + value + lengths
    return written, in_file


@self_test(hadoop_sizes_of_lines)
def _measures_lines_as_hadoop(hadoop_sizes_of_lines):
    return hadoop_sizes_of_lines(2, uint32s([0, 6], [3, 3], [5, 3])) == (11, 15)
