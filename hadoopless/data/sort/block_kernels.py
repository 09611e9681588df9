"""Kernels that make a block of sorted records: its sizes, and the records gathered in order."""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

from hadoopless.data.machine.kernels import (
    Int64Rows,
    UInt32s,
    inlined,
    kernel,
    types,
)
from hadoopless.data.machine.memory import copy, store8, store64
from hadoopless.data.record.frame_kernels import HEADER, NULL
from hadoopless.data.record.vint_kernels import vint_size


@kernel
def partition_sizes_of_lines(
    records, parts: UInt32s, lengths: UInt32s, key_lengths: UInt32s, counts: Int64Rows
):
    """Add to ``counts``, two numbers a partition: plain records and their bytes."""
    for record in range(records):
        size = types.int64(lengths[record]) + (2 if key_lengths[record] == lengths[record] else 1)
        counts[parts[record], 0] += 1
        counts[parts[record], 1] += size


@kernel
def partition_sizes_of_frames(
    records,
    parts: UInt32s,
    sort_lengths: UInt32s,
    key_lengths: UInt32s,
    value_lengths: UInt32s,
    counts: Int64Rows,
):
    """Add to ``counts``, two numbers a partition: frames and their bytes."""
    for record in range(records):
        size = types.int64(HEADER) + sort_lengths[record] + key_lengths[record]
        if value_lengths[record] != NULL:
            size += value_lengths[record]
        counts[parts[record], 0] += 1
        counts[parts[record], 1] += size


@kernel
def gather_lines(
    base, records, index: UInt32s, starts: UInt32s, lengths: UInt32s, key_lengths: UInt32s, target
):
    """Copy the lines in the order of ``index`` to *target*; returns the bytes written.

    A TAB and a newline are put in where the program left them out.
    """
    out = target
    for i in range(records):
        record = index[i]
        length = types.int64(lengths[record])
        copy(out, base + starts[record], length)
        out += length
        if key_lengths[record] == length:
            store8(out, types.uint8(9))
            out += 1
        store8(out, types.uint8(10))
        out += 1
    return out - target


@kernel
def gather_frames(
    base,
    records,
    index: UInt32s,
    starts: UInt32s,
    key_lengths: UInt32s,
    value_lengths: UInt32s,
    gap,
    sort_base,
    sort_starts: UInt32s,
    sort_lengths: UInt32s,
    target,
):
    """Write the records in the order of ``index`` to *target* as frames; returns the bytes written.

    A value lies *gap* bytes behind its key.
    """
    out = target
    for i in range(records):
        record = index[i]
        sort_length = types.int64(sort_lengths[record])
        key_length = types.int64(key_lengths[record])
        value_length = types.int64(value_lengths[record])
        store64(out, types.uint64(sort_length | key_length << 32))
        store64(out + 8, types.uint64(value_length))
        out += HEADER
        if sort_length > 0:
            copy(out, sort_base + types.int64(sort_starts[record]), sort_length)
            out += sort_length
        key = base + types.int64(starts[record])
        copy(out, key, key_length)
        out += key_length
        if value_length != NULL:
            copy(out, key + key_length + gap, value_length)
            out += value_length
    return out - target


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


@kernel
def hadoop_sizes_of_lines(records, lengths: UInt32s, key_lengths: UInt32s):
    """As :func:`hadoop_sizes_of_frames`, for plain records."""
    written = types.int64(0)
    in_file = types.int64(0)
    for record in range(records):
        length = types.int64(lengths[record])
        key_length = types.int64(key_lengths[record])
        value_length = length - key_length - 1 if key_length < length else types.int64(0)
        key = _written_size(key_length, True)
        value = _written_size(value_length, True)
        written += key + value
        in_file += key + value + vint_size(key) + vint_size(value)
    return written, in_file
