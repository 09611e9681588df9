"""Kernels for keys that are not just compared and hashed as bytes.

Fields and characters are counted as Hadoop's KeyFieldHelper does. A *sort key* is a byte string
that compares, as unsigned bytes, as its record must be sorted: one piece for each range of the
order, none a prefix of another of the same range, so that they may stand one behind the other.

=====================  =============================================================
the range is missing   00
it ends before it      01, then how much, 4 bytes (Hadoop compares those lengths)
its bytes              each byte below 04 behind a 03, the others as they are; then 02
its number             80 + count of digits (FE and 4 bytes from 126), the digits, the byte behind
                       them, what follows a point (all but digits as 2F), and 00
=====================  =============================================================

Of a negative number, and of a reversed range, all bits are turned over.
"""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

import numpy as np

from hadoopless.data.machine.kernels import (
    Int64Rows,
    Int64s,
    UInt32s,
    UInt64,
    UInt64s,
    inlined,
    kernel,
    types,
)
from hadoopless.data.machine.lines import find_separator
from hadoopless.data.machine.memory import (
    copy,
    load8,
    load64,
    packed_prefix,
    store8,
    store32_big,
    store64,
)
from hadoopless.data.record.frame_kernels import NULL

# Columns of the rows that describe ranges.
START_FIELD = 0
START_CHAR = 1
END_FIELD = 2
END_CHAR = 3
NUMERIC = 4
REVERSE = 5
RANGE_COLUMNS = 6

#: How much longer than its bytes, twice, the piece of a range may be.
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
def measure(key, end, separator, separator_length, repeated, wanted, places, lengths):
    """Where the first *wanted* fields begin and how long they are; returns how many there are.

    As Hadoop's getWordLengths: the search goes on one byte behind a separator, however long that
    is, but a field begins where the lengths of all before it add up to.
    """
    place = types.int64(0)
    start = key
    field = 1
    while True:
        hit = find_separator(start, end, separator, separator_length, repeated)
        length = (hit if hit >= 0 else end) - start
        places[field] = place
        lengths[field] = length
        if hit < 0 or field >= wanted:
            return field
        place += length + separator_length
        start = hit + 1
        field += 1


@inlined
def start_of(specs, number, fields, places, length):
    """Where range *number* begins in a key of *length* bytes; -1 when it does not."""
    if fields >= specs[number, START_FIELD]:
        place = places[specs[number, START_FIELD]] + specs[number, START_CHAR]
        if place <= length:
            return place - 1
    return types.int64(-1)


@inlined
def end_of(specs, number, fields, places, lengths, length):
    """The offset behind the last byte of range *number*; may lie before its start."""
    field = specs[number, END_FIELD]
    if field == 0 or fields < field:
        return length
    place = places[field] + specs[number, END_CHAR]
    if specs[number, END_CHAR] == 0:
        place += lengths[field]
    return min(place, length)


@inlined
def _turn_over(start, end):
    """Invert all bits of [start, end); the bytes behind are not kept."""
    while start < end:
        store64(start, load64(start) ^ _ALL)
        start += 8


@inlined
def _escape(source, length, out):
    """The piece for *length* bytes at *source*, maybe below 0; returns the address behind it."""
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
def _number(start, end, out):
    """The piece for the number in [start, end), by KeyFieldBasedComparator.numericalCompare.

    Which takes the first byte even of an empty range, and compares what stands behind equal
    digits: there another byte, at the end of the range the first byte once more (so ``01`` is below
    ``1``). Behind a point it goes on to the end of the range, and takes all that are no digits for
    equal. For numbers alone this is their order. With other bytes it is none (a < b < c and a = c):
    then what the piece says is as near as an order can be.
    """
    begin = out
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
    rest = fraction  # up to where bytes behind the point count
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
    for at in range(fraction, rest):
        byte = load8(at)
        store8(out, byte if _is_digit(byte) else types.uint8(_NO_DIGIT))
        out += 1
    store8(out, types.uint8(0))
    out += 1
    if negative:
        _turn_over(begin, out)
    return out


@kernel
def sort_keys(
    base,
    records,
    starts: UInt32s,
    key_lengths: UInt32s,
    value_lengths: UInt32s,
    gap,
    with_values,
    specs: Int64Rows,
    separator,
    separator_length,
    repeated: UInt64,
    places: Int64s,
    lengths: Int64s,
    target,
    room,
    sort_starts: UInt32s,
    sort_lengths: UInt32s,
    prefixes: UInt64s,
):
    """Write the sort keys of the first records to *target*; returns for how many it has *room*.

    ``specs`` has a row a range, ``places`` and ``lengths`` have two entries more than there are
    fields to look at. A value begins *gap* bytes behind its key, and is a part of the sort key when
    *with_values*. Fills ``sort_starts`` (offsets), ``sort_lengths`` and ``prefixes``.
    """
    wanted = len(places) - 2
    places[0] = 0
    places[1] = 0
    out = target
    for record in range(records):
        key = base + types.int64(starts[record])
        length = types.int64(key_lengths[record])
        value_length = types.int64(0)
        if with_values and value_lengths[record] != NULL:
            value_length = types.int64(value_lengths[record])
        if out - target + len(specs) * (2 * length + OVERHEAD) + value_length > room:
            return record
        begin = out
        fields = 1
        if wanted > 0:
            fields = measure(
                key, key + length, separator, separator_length, repeated, wanted, places, lengths
            )
        for number in range(len(specs)):
            piece = out
            start = start_of(specs, number, fields, places, length)
            if start < 0:
                store8(out, types.uint8(0))
                out += 1
            else:
                end = end_of(specs, number, fields, places, lengths, length)
                if specs[number, NUMERIC] != 0:
                    out = _number(key + start, key + end, out)
                else:
                    out = _escape(key + start, end - start, out)
            if specs[number, REVERSE] != 0:
                _turn_over(piece, out)
        if value_length > 0:
            copy(out, key + length + gap, value_length)
            out += value_length
        sort_starts[record] = begin - target
        sort_lengths[record] = out - begin
        prefixes[record] = packed_prefix(begin, out - begin)
    return records


@kernel
def key_prefixes(base, records, starts: UInt32s, key_lengths: UInt32s, prefixes: UInt64s):
    """Fill ``prefixes`` for keys that are compared as they are."""
    for record in range(records):
        prefixes[record] = packed_prefix(
            base + types.int64(starts[record]), types.int64(key_lengths[record])
        )
