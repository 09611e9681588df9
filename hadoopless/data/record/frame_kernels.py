"""Kernels for framed records: find pairs in what a program writes, gather them, walk over them.

A frame is three numbers of four bytes (little-endian): the lengths of the sort key, the key and the
value (:data:`NULL` for a value that is null); then their bytes. The sort key is left out, its
length 0, where keys are compared as they are.
"""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

from hadoopless.data.machine.kernels import (
    Int64Rows,
    Int64s,
    UInt32s,
    UInt64,
    inlined,
    kernel,
    subroutine,
    types,
)
from hadoopless.data.machine.lines import NEWLINES, find_separator
from hadoopless.data.machine.memory import (
    byteswap,
    copy,
    find,
    load8,
    load64,
    store64,
)

#: The length of a value that is null.
NULL = 0xFFFFFFFF
#: Bytes before the contents of a frame.
HEADER = 12
_LOW = 0xFFFFFFFF
_LARGEST = 0x7FFFFFFF

# What `split_pairs` and `split_typed_bytes` found behind the last whole record.
WHOLE = 0  # the beginning of another one, nothing, or no room for more records
BROKEN = 1  # bytes that begin no record
OVER = 2  # what in place of a key ends the output: a length below 0, a marker

# What `_item` says in place of a length.
_CUT = 0
_UNKNOWN = -1

# The type codes of Hadoop's typed bytes.
_STRING = 7
_VECTOR = 8
_LIST = 9
_MAP = 10
_FIRST_OWN = 50
_LAST_OWN = 200
_MARKER = 255


@kernel
def split_lines(
    base,
    size,
    separator,
    separator_length,
    repeated: UInt64,
    key_fields,
    key_only,
    starts: UInt32s,
    key_lengths: UInt32s,
    value_lengths: UInt32s,
):
    """Find the records in whole lines until the arrays are full; returns (records, bytes taken).

    A key ends at the separator number *key_fields*, or with the line; a value begins behind it.
    """
    limit = len(starts)
    records = 0
    at = base
    end = base + size
    while at < end and records < limit:
        line_end = find(at, end, NEWLINES)
        hit = types.int64(-1)
        if not key_only:
            hit = find_separator(at, line_end, separator, separator_length, repeated)
            for _ in range(1, key_fields):
                if hit < 0:
                    break
                hit = find_separator(
                    hit + separator_length, line_end, separator, separator_length, repeated
                )
        starts[records] = at - base
        if hit >= 0:
            key_lengths[records] = hit - at
            value_lengths[records] = line_end - hit - separator_length
        else:
            key_lengths[records] = line_end - at
            value_lengths[records] = NULL if key_only else 0
        records += 1
        at = line_end + 1
    return records, min(at, end) - base


@inlined
def _length_at(address):
    """Four bytes, the highest first."""
    return types.int64(byteswap(load64(address)) >> types.uint64(32))


@kernel
def split_pairs(base, size, nulls, starts: UInt32s, key_lengths: UInt32s, value_lengths: UInt32s):
    """Find whole pairs, each part with its length in front; returns (records, bytes taken, state).

    Fills the arrays as :func:`split_lines` does; a value is null by its length where *nulls*.
    """
    limit = len(starts)
    records = 0
    at = base
    end = base + size
    while records < limit and at + 4 <= end:
        key_length = _length_at(at)
        if key_length > _LARGEST:
            return records, at - base, BROKEN if nulls else OVER
        middle = at + 4 + key_length
        if middle + 4 > end:
            break
        value_length = _length_at(middle)
        following = middle + 4
        if value_length <= _LARGEST:
            following += value_length
        elif not nulls or value_length != NULL:
            return records, at - base, BROKEN
        if following > end:
            break
        starts[records] = at + 4 - base
        key_lengths[records] = key_length
        value_lengths[records] = value_length
        records += 1
        at = following
    return records, at - base, WHOLE


@kernel
def split_typed_bytes(
    base, size, stack: Int64s, starts: UInt32s, key_lengths: UInt32s, value_lengths: UInt32s
):
    """As :func:`split_pairs`, for typed bytes; *stack* limits how deep items are nested."""
    limit = len(starts)
    records = 0
    at = base
    end = base + size
    while records < limit and at < end:
        if load8(at) == _MARKER:
            return records, at - base, OVER
        key_length = _item(at, end, stack)
        if key_length == _UNKNOWN:
            return records, at - base, BROKEN
        if key_length == _CUT:
            break
        value_length = _item(at + key_length, end, stack)
        if value_length == _UNKNOWN:
            return records, at - base, BROKEN
        if value_length == _CUT:
            break
        starts[records] = at - base
        key_lengths[records] = key_length
        value_lengths[records] = value_length
        records += 1
        at += key_length + value_length
    return records, at - base, WHOLE


@subroutine
def _item(begin, end, stack):
    """The length of the item at *begin*, all that is in it included; _CUT or _UNKNOWN.

    The stack has, for each vector, map or list that is open, how many items it still wants; -1: all
    up to a marker.
    """
    at = begin
    depth = 0
    stack[0] = 1
    while True:
        while depth >= 0 and stack[depth] == 0:
            depth -= 1
        if depth < 0:
            return at - begin
        if at >= end:
            return types.int64(_CUT)
        code = types.int64(load8(at))
        if code == _MARKER:
            if stack[depth] >= 0:
                return types.int64(_UNKNOWN)
            depth -= 1
            at += 1
            continue
        if stack[depth] > 0:
            stack[depth] -= 1
        inner = types.int64(0)
        if code == 1 or code == 2:
            at += 2
        elif code == 3 or code == 5:
            at += 5
        elif code == 4 or code == 6:
            at += 9
        elif code == _LIST:
            at += 1
            inner = types.int64(-1)
        else:
            sized = code == 0 or code == _STRING or (code >= _FIRST_OWN and code <= _LAST_OWN)
            if not sized and code != _VECTOR and code != _MAP:
                return types.int64(_UNKNOWN)
            if at + 5 > end:
                return types.int64(_CUT)
            count = _length_at(at + 1)
            at += 5
            if sized:
                if count > _LARGEST:
                    return types.int64(_UNKNOWN)
                at += count
            elif count <= _LARGEST:  # below 0 in Java, which then reads none
                inner = 2 * count if code == _MAP else count
        if at > end:
            return types.int64(_CUT)
        if inner != 0:
            depth += 1
            if depth == len(stack):
                return types.int64(_UNKNOWN)
            stack[depth] = inner


@kernel
def count_frames(
    records,
    parts: UInt32s,
    sort_lengths: UInt32s,
    key_lengths: UInt32s,
    value_lengths: UInt32s,
    counts: Int64Rows,
):
    """Add to ``counts``, two numbers a partition: records and bytes of frames."""
    for record in range(records):
        size = types.int64(HEADER) + sort_lengths[record] + key_lengths[record]
        if value_lengths[record] != NULL:
            size += value_lengths[record]
        counts[parts[record], 0] += 1
        counts[parts[record], 1] += size


@kernel
def count_lines(records, parts: UInt32s, lengths: UInt32s, key_lengths: UInt32s, counts: Int64Rows):
    """As :func:`count_frames`, for plain records."""
    for record in range(records):
        size = types.int64(lengths[record]) + (2 if key_lengths[record] == lengths[record] else 1)
        counts[parts[record], 0] += 1
        counts[parts[record], 1] += size


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
    """Copy the records in the order of ``index`` to *target*; returns the bytes written."""
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
def frame_size(at):
    """How many bytes the frame at *at* takes, by its header."""
    lengths = load64(at)
    sort_length = types.int64(lengths & types.uint64(_LOW))
    key_length = types.int64(lengths >> types.uint64(32))
    value_length = types.int64(load64(at + 8) & types.uint64(_LOW))
    if value_length == NULL:
        value_length = types.int64(0)
    return HEADER + sort_length + key_length + value_length


@kernel
def whole_frames(base, size):
    """How many of *size* bytes are whole frames, and at least how many the next frame wants."""
    at = types.int64(0)
    while size - at >= HEADER:
        length = frame_size(base + at)
        if length > size - at:
            return at, length
        at += length
    return at, types.int64(HEADER)


@inlined
def _vint_size(value):
    """Bytes of Hadoop's WritableUtils.writeVInt for a number of at least 0."""
    if value <= 127:
        return types.int64(1)
    size = types.int64(1)
    while value > 0:
        value >>= 8
        size += 1
    return size


@inlined
def _written_size(length, text):
    """Bytes of a Text (a vint and its bytes) or of a BytesWritable."""
    if length == NULL:
        return types.int64(0)
    return length + (_vint_size(length) if text else types.int64(4))


@kernel
def hadoop_sizes(records, key_lengths: UInt32s, value_lengths: UInt32s, text):
    """Bytes of the records as Hadoop serialises them, and as its IFile holds them."""
    written = types.int64(0)
    in_file = types.int64(0)
    for record in range(records):
        key = _written_size(types.int64(key_lengths[record]), text)
        value = _written_size(types.int64(value_lengths[record]), text)
        written += key + value
        in_file += key + value + _vint_size(key) + _vint_size(value)
    return written, in_file


@kernel
def hadoop_sizes_of_lines(records, lengths: UInt32s, key_lengths: UInt32s):
    """As :func:`hadoop_sizes`, for plain records."""
    written = types.int64(0)
    in_file = types.int64(0)
    for record in range(records):
        length = types.int64(lengths[record])
        key_length = types.int64(key_lengths[record])
        value_length = length - key_length - 1 if key_length < length else types.int64(0)
        key = _written_size(key_length, True)
        value = _written_size(value_length, True)
        written += key + value
        in_file += key + value + _vint_size(key) + _vint_size(value)
    return written, in_file
