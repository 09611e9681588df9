"""Kernels that encode keys so that bytes compare as the keys must be sorted.

A *sort key* is a byte string that compares, as unsigned bytes, as the order of the job wants its
record: one component for each range of the order, none a prefix of another of the same range, so
that they may stand one behind the other.

=====================  =============================================================
the range is missing   00
it ends before it      01, then how much, 4 bytes (Hadoop compares those lengths)
its bytes              each byte below 04 behind a 03, the others as they are; then 02
its number             80 + count of digits (FE and 4 bytes from 126), the digits, the byte behind
                       them, what follows a point (all but digits as 2F), and 00
=====================  =============================================================

Of a negative number, and of a reversed range, all bits are turned over.

The keys of many records are a table with a row for each of the constants below and a column for
each record.
"""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

import numpy as np

from hadoopless.data.machine.kernels import (
    Int64Rows,
    UInt32Rows,
    UInt64s,
    inlined,
    kernel,
    types,
)
from hadoopless.data.machine.memory import (
    copy,
    key_prefix,
    load8,
    load64,
    store8,
    store32_big,
    store64,
)
from hadoopless.data.machine.selftest import padded, self_test, uint32s
from hadoopless.data.record.frame_kernels import NULL
from hadoopless.data.sort.range_kernels import NUMERIC, REVERSE, end_of, measure, start_of

# Rows of a table of keys; a table of pairs has the third one, too.
STARTS = 0  # offsets from a base address
LENGTHS = 1
VALUE_LENGTHS = 2  # NULL for a value that is null
KEY_ROWS = 2
PAIR_ROWS = 3

#: The gap of sort keys without values.
NO_VALUES = -1

#: A component has at most twice the bytes of its range, and as many more.
OVERHEAD = 8

_HIGHS = np.uint64(0x8080808080808080)
_ESCAPED = np.uint64(0x0404040404040404)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_TERMINATOR = 2
_ESCAPE = 3
_MOST_SHORT_DIGITS = 126
_MINUS = 0x2D
_POINT = 0x2E
_NO_DIGIT = 0x2F
_ZERO = 0x30


@inlined
def _turn_over(start, end):
    """Invert all bits of [start, end); the bytes behind are not kept."""
    while start < end:
        store64(start, load64(start) ^ _ALL)
        start += 8


@inlined
def _escape(source, length, out):
    """Write the component for *length* bytes at *source*; returns the address behind it.

    The length is below 0 where a range ends before it begins.
    """
    if length < 0:
        store8(out, types.uint8(1))
        store32_big(out + 1, length + 0x80000000)
        return out + 5
    end = source + length
    while source < end:
        rest = end - source
        word = load64(source)
        test = word
        if rest < 8:
            test |= _ALL << types.uint64(8 * rest)
        if ((test - _ESCAPED) & ~test & _HIGHS) == 0:
            store64(out, word)
            step = min(rest, 8)
            source += step
            out += step
            continue
        for _ in range(min(rest, 8)):
            byte = load8(source)
            if byte < 4:
                store8(out, types.uint8(_ESCAPE))
                out += 1
            store8(out, byte)
            out += 1
            source += 1
    store8(out, types.uint8(_TERMINATOR))
    return out + 1


@inlined
def _is_digit(byte):
    return byte >= 0x30 and byte <= 0x39


@inlined
def _is_digit(byte):
    return byte >= 0x30 and byte <= 0x39


@inlined
def _find_number(start, end):
    """Find the number in [start, end), as KeyFieldBasedComparator.numericalCompare reads it.

    Returns whether it is negative, where its digits are and how many, whether a digit behind the
    point is not 0, the byte that is compared behind equal digits, and the end of what counts behind
    the point.

    Hadoop takes the first byte even of an empty range, and compares the bytes behind equal digits:
    at the end of the range the first byte once more (so ``01`` is below ``1``). Behind a point it
    goes on to the end of the range, and takes all that are no digits for equal. For numbers alone
    this is their order. With other bytes it is none (a < b < c and a = c): then the component is as
    near as an order can be.
    """
    first = types.int64(types.int8(load8(start)))
    negative = first == _MINUS
    at = start + 1 if negative else start
    while at < end and load8(at) == _ZERO:
        at += 1
    digits = at
    while at < end and _is_digit(load8(at)):
        at += 1
    count = at - digits
    behind = types.int64(types.int8(load8(at))) if at < end else first
    fraction = at + 1
    at = fraction
    rest = fraction
    has_value = False
    if behind == _POINT:
        while at < end and _is_digit(load8(at)):
            if load8(at) != _ZERO:
                has_value = True
            at += 1
        rest = end
        while rest > fraction and load8(rest - 1) == _ZERO:
            rest -= 1
        if at < end:
            behind = types.int64(types.int8(load8(at)))
        elif count > 0:
            behind = types.int64(_MINUS) if negative else types.int64(load8(digits))
    if count == 0 and not has_value:
        negative = False
        if first == _MINUS or behind == _POINT:
            behind = types.int64(_ZERO)
    return negative, digits, count, has_value, behind, rest


@inlined
def _number(start, end, out):
    """Write the component for the number in [start, end); returns the address behind it."""
    begin = out
    negative, digits, count, has_value, behind, rest = _find_number(start, end)
    if count < _MOST_SHORT_DIGITS:
        store8(out, types.uint8(0x80 + count))
        out += 1
    else:
        store8(out, types.uint8(0xFE))
        store32_big(out + 1, count)
        out += 5
    copy(out, digits, count)
    out += count
    store8(out, types.uint8(0xFF if has_value else behind + 128))
    out += 1
    for at in range(digits + count + 1, rest):
        byte = load8(at)
        store8(out, byte if _is_digit(byte) else types.uint8(_NO_DIGIT))
        out += 1
    store8(out, types.uint8(0))
    out += 1
    if negative:
        _turn_over(begin, out)
    return out


@inlined
def _component(key, length, ranges, number, fields, found, out):
    """Write the component for range *number* of a key; returns the address behind it."""
    begin = out
    start = start_of(ranges, number, fields, found, length)
    if start < 0:
        store8(out, types.uint8(0))
        out += 1
    else:
        end = end_of(ranges, number, fields, found, length)
        if ranges[number, NUMERIC] != 0:
            out = _number(key + start, key + end, out)
        else:
            out = _escape(key + start, end - start, out)
    if ranges[number, REVERSE] != 0:
        _turn_over(begin, out)
    return out


@kernel
def sort_keys(
    base,
    records,
    keys: UInt32Rows,
    gap,
    ranges: Int64Rows,
    fields: Int64Rows,
    target,
    room,
    sort_table: UInt32Rows,
    prefixes: UInt64s,
):
    """Write the sort keys of the first records to *target*; returns for how many it has *room*.

    The values, which lie *gap* bytes behind their keys, are a part of the sort keys unless that is
    NO_VALUES. Fills ``sort_table``, the table of the sort keys, and ``prefixes``.
    """
    out = target
    for record in range(records):
        key = base + types.int64(keys[STARTS, record])
        length = types.int64(keys[LENGTHS, record])
        value_length = types.int64(0)
        if gap != NO_VALUES and keys[VALUE_LENGTHS, record] != NULL:
            value_length = types.int64(keys[VALUE_LENGTHS, record])
        if out - target + len(ranges) * (2 * length + OVERHEAD) + value_length > room:
            return record
        begin = out
        found = measure(key, key + length, fields)
        for number in range(len(ranges)):
            out = _component(key, length, ranges, number, fields, found, out)
        if value_length > 0:
            copy(out, key + length + gap, value_length)
            out += value_length
        sort_table[STARTS, record] = begin - target
        sort_table[LENGTHS, record] = out - begin
        prefixes[record] = key_prefix(begin, out - begin)
    return records


@self_test(sort_keys)
def _encodes_keys(sort_keys):
    """A number in the second field, then the first field reversed, then the value."""
    separator = padded(b",")
    ranges = np.array([[2, 1, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1]], np.int64)
    fields = np.zeros((4, 2), np.int64)
    fields[0] = separator.ctypes.data, 1
    target = np.zeros(200, np.uint8)
    table = np.zeros((2, 1), np.uint32)
    prefixes = np.zeros(1, np.uint64)
    keys = uint32s([0], [4], [5])
    wanted = b"\x8210\xb1\x00" + bytes([0xFF - 0x78, 0xFF - _TERMINATOR]) + b"value"
    return (
        sort_keys(b"x,10\tvalue", 1, keys, 1, ranges, fields, target, 100, table, prefixes) == 1
        and table.tolist() == [[0], [len(wanted)]]
        and target[: len(wanted)].tobytes() == wanted
        and prefixes.tolist() == [int.from_bytes(wanted[:7] + b"\x08", "big")]
    )


@kernel
def key_prefixes(base, records, keys: UInt32Rows, prefixes: UInt64s):
    """Fill ``prefixes`` for keys that are compared as they are."""
    for record in range(records):
        prefixes[record] = key_prefix(
            base + types.int64(keys[STARTS, record]), types.int64(keys[LENGTHS, record])
        )


@self_test(key_prefixes)
def _makes_prefixes(key_prefixes):
    prefixes = np.zeros(2, np.uint64)
    key_prefixes(b"ab,longer key", 2, uint32s([0, 3], [2, 10]), prefixes)
    return prefixes.tolist() == [0x6162000000000002, 0x6C6F6E6765722008]
