"""Kernels that find the pairs in what a mapper or combiner writes, one for each form of stdout.

Each fills a table of pairs (see ``key_kernels``) until the table is full.
"""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

import struct

import numpy as np

from hadoopless.data.machine.kernels import (
    Int64s,
    UInt32Rows,
    inlined,
    kernel,
    subroutine,
    types,
)
from hadoopless.data.machine.lines import NEWLINES, find_separator
from hadoopless.data.machine.memory import find, load8, load32_big
from hadoopless.data.machine.selftest import self_test
from hadoopless.data.record.frame_kernels import NULL
from hadoopless.data.sort.key_kernels import LENGTHS, STARTS, VALUE_LENGTHS

# States that `split_pairs` and `split_typed_bytes` return: the bytes behind the last whole pair.
WHOLE = 0  # are the beginning of another pair, or none, or did not fit the arrays
BROKEN = 1  # begin no pair
OVER = 2  # hold, in place of a key, the sign that the output is over: a length below 0, a marker

_LARGEST = 0x7FFFFFFF

# Results of `_item` that are no length.
_CUT = 0
_UNKNOWN = -1

#: In place of how many items a list wants.
_UP_TO_MARKER = -1

# The type codes of Hadoop's typed bytes.
_STRING = 7
_VECTOR = 8
_LIST = 9
_MAP = 10
_FIRST_OWN = 50
_LAST_OWN = 200
_MARKER = 255


@kernel
def split_lines(base, size, separator, separator_length, key_fields, key_only, pairs: UInt32Rows):
    """Find the pairs in whole lines; returns (pairs, bytes taken).

    A key ends at the separator number *key_fields*, or with the line; a value begins behind it.
    """
    limit = pairs.shape[1]
    repeated = types.uint64(load8(separator)) * types.uint64(0x0101010101010101)
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
        pairs[STARTS, records] = at - base
        if hit >= 0:
            pairs[LENGTHS, records] = hit - at
            pairs[VALUE_LENGTHS, records] = line_end - hit - separator_length
        else:
            pairs[LENGTHS, records] = line_end - at
            pairs[VALUE_LENGTHS, records] = NULL if key_only else 0
        records += 1
        at = line_end + 1
    return records, min(at, end) - base


@self_test(split_lines)
def _splits_lines(split_lines):
    pairs = np.zeros((3, 4), np.uint32)
    found = split_lines(b"a,b,c\nnone\n", 11, b",", 1, 2, False, pairs)
    return found == (2, 11) and pairs[:, :2].tolist() == [[0, 6], [3, 4], [1, 0]]


@kernel
def split_pairs(base, size, nulls, pairs: UInt32Rows):
    """Find whole pairs with lengths before keys and values; returns (pairs, bytes taken, state).

    With *nulls* a value of the length NULL is null.
    """
    limit = pairs.shape[1]
    records = 0
    at = base
    end = base + size
    while records < limit and at + 4 <= end:
        key_length = load32_big(at)
        if key_length > _LARGEST:
            return records, at - base, BROKEN if nulls else OVER
        middle = at + 4 + key_length
        if middle + 4 > end:
            break
        value_length = load32_big(middle)
        following = middle + 4
        if value_length <= _LARGEST:
            following += value_length
        elif not nulls or value_length != NULL:
            return records, at - base, BROKEN
        if following > end:
            break
        pairs[STARTS, records] = at + 4 - base
        pairs[LENGTHS, records] = key_length
        pairs[VALUE_LENGTHS, records] = value_length
        records += 1
        at = following
    return records, at - base, WHOLE


@self_test(split_pairs)
def _splits_pairs(split_pairs):
    pairs = np.zeros((3, 4), np.uint32)
    data = struct.pack(">I2sI3s", 2, b"ke", 3, b"val") + struct.pack(">I", 0x80000000)
    found = split_pairs(data, len(data), False, pairs)
    return found == (1, 13, OVER) and pairs[:, 0].tolist() == [4, 2, 3]


@kernel
def split_typed_bytes(base, size, stack: Int64s, pairs: UInt32Rows):
    """As :func:`split_pairs`, for typed bytes; *stack* limits how deep items are nested."""
    limit = pairs.shape[1]
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
        pairs[STARTS, records] = at - base
        pairs[LENGTHS, records] = key_length
        pairs[VALUE_LENGTHS, records] = value_length
        records += 1
        at += key_length + value_length
    return records, at - base, WHOLE


@self_test(split_typed_bytes)
def _splits_typed_bytes(split_typed_bytes):
    pairs = np.zeros((3, 4), np.uint32)
    text_and_list = struct.pack(">BI2sBBiB", _STRING, 2, b"ke", _LIST, 3, -1, _MARKER)
    found = split_typed_bytes(text_and_list + b"\x03", 15, np.zeros(4, np.int64), pairs)
    return found == (1, 14, WHOLE) and pairs[:, 0].tolist() == [0, 7, 7]


@inlined
def _fixed_size(code):
    """The bytes of an item whose type has a fixed size, with its code; 0 for all other types."""
    if code == 1 or code == 2:
        return 2
    if code == 3 or code == 5:
        return 5
    if code == 4 or code == 6:
        return 9
    return 0


@inlined
def _start(at, end, code):
    """The bytes of an item without the items in it, or _CUT or _UNKNOWN; and how many these are."""
    none = types.int64(0)
    fixed = _fixed_size(code)
    if fixed > 0:
        return types.int64(fixed), none
    if code == _LIST:
        return types.int64(1), types.int64(_UP_TO_MARKER)
    sized = code == 0 or code == _STRING or (code >= _FIRST_OWN and code <= _LAST_OWN)
    if not sized and code != _VECTOR and code != _MAP:
        return types.int64(_UNKNOWN), none
    if at + 5 > end:
        return types.int64(_CUT), none
    count = load32_big(at + 1)
    if sized:
        return types.int64(_UNKNOWN) if count > _LARGEST else 5 + count, none
    if count > _LARGEST:  # below 0 in Java, which then reads none
        count = none
    return types.int64(5), 2 * count if code == _MAP else count


@subroutine
def _item(begin, end, stack):
    """The length of the item at *begin* with all items in it, or _CUT or _UNKNOWN.

    The stack holds, for each open vector, map or list, how many items it still wants.
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
            if stack[depth] != _UP_TO_MARKER:
                return types.int64(_UNKNOWN)
            depth -= 1
            at += 1
            continue
        if stack[depth] > 0:
            stack[depth] -= 1
        size, inner = _start(at, end, code)
        if size <= 0:
            return size
        at += size
        if at > end:
            return types.int64(_CUT)
        if inner != 0:
            depth += 1
            if depth == len(stack):
                return types.int64(_UNKNOWN)
            stack[depth] = inner
