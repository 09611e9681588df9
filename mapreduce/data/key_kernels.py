"""Kernels for keys that are not just compared and hashed as bytes.

Fields and characters are counted as Hadoop's KeyFieldHelper does. A *sort key* is a byte string
that compares, as unsigned bytes, as its record must be sorted: one piece for each range of the
order, none a prefix of another of the same range, so that they may stand one behind the other.

=====================  =============================================================
the range is missing   00
it ends before it      01, then how much, 4 bytes (Hadoop compares those lengths)
its bytes              each byte below 04 behind a 03, the others as they are; then 02
its number             80 + count of digits (FE and 4 bytes from 126), the digits, then what follows
                       them: FF, the digits after the point and 00, or one byte
=====================  =============================================================

Of a negative number, and of a reversed range, all bits are turned over.
"""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

import numpy as np
from numba import types

from mapreduce.data.memory import (
    compare,
    copy,
    find,
    inlined,
    kernel,
    load8,
    load64,
    packed_prefix,
    same,
    store8,
    store64,
)

#: The length of a value that is null.
NULL = 0xFFFFFFFF

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

_LOWS = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)
_ESCAPED = np.uint64(0x0404040404040404)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_TERMINATOR = 2
_ESCAPE = 3
_MOST_SHORT_DIGITS = 126
_MINUS = 0x2D
_POINT = 0x2E
_ZERO = 0x30
_REPLACEMENT = 0xFFFD


@inlined
def find_separator(address, end, separator, length, repeated):
    """The first *separator* in [address, end), or -1; *repeated* is its first byte, eight times.

    An empty one is found at once, as by Hadoop's UTF8ByteArrayUtils.findBytes.
    """
    if length == 0:
        return address if address <= end else types.int64(-1)
    limit = end - length + 1
    while address < limit:
        address = find(address, limit, repeated)
        if address >= limit:
            break
        if length == 1 or same(address, separator, length):
            return address
        address += 1
    return types.int64(-1)


@inlined
def _measure(key, end, separator, separator_length, repeated, wanted, places, lengths):
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
def _start_of(specs, number, fields, places, length):
    """Where range *number* begins in a key of *length* bytes; -1 when it does not."""
    if fields >= specs[number, START_FIELD]:
        place = places[specs[number, START_FIELD]] + specs[number, START_CHAR]
        if place <= length:
            return place - 1
    return types.int64(-1)


@inlined
def _end_of(specs, number, fields, places, lengths, length):
    """The offset behind the last byte of range *number*; may lie before its start."""
    field = specs[number, END_FIELD]
    if field == 0 or fields < field:
        return length
    place = places[field] + specs[number, END_CHAR]
    if specs[number, END_CHAR] == 0:
        place += lengths[field]
    return min(place, length)


@inlined
def _store_number(out, value):
    """Four bytes, the highest first; returns the address behind them."""
    for shift in (24, 16, 8, 0):
        store8(out, types.uint8((value >> shift) & 0xFF))
        out += 1
    return out


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
        return _store_number(out + 1, length + 0x80000000)
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
    ``1``). A point without other digits than zeros behind it is as good as nothing.
    """
    first = types.int64(types.int8(load8(start)))
    at = start
    if first == _MINUS:
        at += 1
    while at < end and load8(at) == _ZERO:
        at += 1
    digits = at
    while at < end and _is_digit(load8(at)):
        at += 1
    count = at - digits
    behind = types.int64(types.int8(load8(at))) if at < end else first
    fraction = at + 1
    fraction_end = fraction
    if behind == _POINT:
        while at < end - 1 and _is_digit(load8(at + 1)):
            at += 1
            if load8(at) != _ZERO:
                fraction_end = at + 1
    negative = first == _MINUS
    if fraction_end == fraction and (behind == _POINT or (negative and count == 0)):
        if count == 0:
            negative = False
            behind = types.int64(_ZERO)
        elif negative:
            behind = types.int64(_MINUS)
        else:
            behind = types.int64(load8(digits))
    begin = out
    if count < _MOST_SHORT_DIGITS:
        store8(out, types.uint8(0x80 + count))
        out += 1
    else:
        store8(out, types.uint8(0xFE))
        out = _store_number(out + 1, count)
    copy(out, digits, count)
    out += count
    if fraction_end == fraction:
        store8(out, types.uint8(behind + 128))
        out += 1
    else:
        store8(out, types.uint8(0xFF))
        copy(out + 1, fraction, fraction_end - fraction)
        out += 1 + fraction_end - fraction
        store8(out, types.uint8(0))
        out += 1
    if negative:
        _turn_over(begin, out)
    return out


@kernel
def sort_keys(
    base,
    records,
    starts,
    key_lengths,
    value_lengths,
    gap,
    with_values,
    specs,
    separator,
    separator_length,
    repeated,
    places,
    lengths,
    target,
    room,
    sort_starts,
    sort_lengths,
    prefixes,
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
            fields = _measure(
                key, key + length, separator, separator_length, repeated, wanted, places, lengths
            )
        for number in range(len(specs)):
            piece = out
            start = _start_of(specs, number, fields, places, length)
            if start < 0:
                store8(out, types.uint8(0))
                out += 1
            else:
                end = _end_of(specs, number, fields, places, lengths, length)
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
def key_prefixes(base, records, starts, key_lengths, prefixes):
    """Fill ``prefixes`` for keys that are compared as they are."""
    for record in range(records):
        prefixes[record] = packed_prefix(
            base + types.int64(starts[record]), types.int64(key_lengths[record])
        )


@kernel
def hash_keys(base, records, starts, key_lengths, partitions, parts):
    """Hadoop's HashPartitioner over the bytes of the keys, which are signed."""
    for record in range(records):
        at = base + types.int64(starts[record])
        end = at + types.int64(key_lengths[record])
        h = types.int64(1)
        while at < end:
            h = h * 31 + types.int64(types.int8(load8(at)))
            at += 1
        parts[record] = (h & 0x7FFFFFFF) % partitions


@kernel
def hash_fields(
    base,
    records,
    starts,
    key_lengths,
    partitions,
    specs,
    separator,
    separator_length,
    repeated,
    places,
    lengths,
    spare,
    parts,
):
    """Hadoop's KeyFieldBasedPartitioner with options; *spare* has room for 3 times a key."""
    wanted = len(places) - 2
    places[0] = 0
    places[1] = 0
    for record in range(records):
        key = base + types.int64(starts[record])
        length = types.int64(key_lengths[record])
        if not _is_ascii(key, length):
            length = _as_java_text(key, length, spare)
            key = spare
        fields = 1
        if wanted > 0:
            fields = _measure(
                key, key + length, separator, separator_length, repeated, wanted, places, lengths
            )
        h = types.int64(0)
        for number in range(len(specs)):
            start = _start_of(specs, number, fields, places, length)
            if start < 0:
                continue
            for at in range(start, _end_of(specs, number, fields, places, lengths, length)):
                h = h * 31 + types.int64(types.int8(load8(key + at)))
        parts[record] = (h & 0x7FFFFFFF) % partitions


@kernel
def hash_strings(base, records, starts, key_lengths, partitions, parts):
    """Java's String.hashCode of the keys, decoded as Hadoop's Text does."""
    for record in range(records):
        at = base + types.int64(starts[record])
        end = at + types.int64(key_lengths[record])
        h = types.int64(0)
        while at < end:
            decoded = _decode(at, end)
            code = decoded >> 3
            at += decoded & 7
            if code >= 0x10000:
                h = h * 31 + 0xD800 + ((code - 0x10000) >> 10)
                code = 0xDC00 + ((code - 0x10000) & 0x3FF)
            h = h * 31 + code
        parts[record] = (h & 0x7FFFFFFF) % partitions


@inlined
def _is_ascii(address, length):
    end = address + length
    while address + 8 <= end:
        if load64(address) & _HIGHS:
            return False
        address += 8
    rest = types.uint64(8 * (end - address))
    return (load64(address) & _HIGHS & ~(_ALL << rest)) == 0


@inlined
def _is_inner(byte):
    return (byte & 0xC0) == 0x80


@kernel
def _decode(at, end):
    """8 * the next character + its bytes; U+FFFD for as many as Java's decoder gives one for.

    That is the longest beginning of a character, as everywhere, but all of an encoded surrogate.
    """
    bad = types.int64(8 * _REPLACEMENT)
    first = types.int64(load8(at))
    if first < 0x80:
        return 8 * first + 1
    rest = end - at
    second = types.int64(load8(at + 1))
    third = types.int64(load8(at + 2))
    if first < 0xC2 or first > 0xF4 or rest < 2 or not _is_inner(second):
        return bad + 1
    if first < 0xE0:
        return 8 * ((first & 0x1F) << 6 | second & 0x3F) + 2
    if first < 0xF0:
        if first == 0xE0 and second < 0xA0:
            return bad + 1
        if rest < 3 or not _is_inner(third):
            return bad + 2
        code = (first & 0x0F) << 12 | (second & 0x3F) << 6 | third & 0x3F
        if code >= 0xD800 and code <= 0xDFFF:
            return bad + 3
        return 8 * code + 3
    if (first == 0xF0 and second < 0x90) or (first == 0xF4 and second > 0x8F):
        return bad + 1
    if rest < 3 or not _is_inner(third):
        return bad + 2
    fourth = types.int64(load8(at + 3))
    if rest < 4 or not _is_inner(fourth):
        return bad + 3
    code = (first & 0x07) << 18 | (second & 0x3F) << 12 | (third & 0x3F) << 6 | fourth & 0x3F
    return 8 * code + 4


@kernel
def _as_java_text(key, length, out):
    """The key with U+FFFD in place of what is no UTF-8; returns the new length."""
    begin = out
    at = key
    end = key + length
    while at < end:
        decoded = _decode(at, end)
        taken = decoded & 7
        if decoded >> 3 == _REPLACEMENT:
            store8(out, types.uint8(0xEF))
            store8(out + 1, types.uint8(0xBF))
            store8(out + 2, types.uint8(0xBD))
            out += 3
        else:
            copy(out, at, taken)
            out += taken
        at += taken
    return out - begin


@kernel
def search_ranges(base, records, starts, lengths, bounds, bound_starts, bound_lengths, parts):
    """For each (sort) key, how many of the sorted ``bounds`` are not above it."""
    for record in range(records):
        low = 0
        high = len(bound_starts)
        while low < high:
            middle = (low + high) >> 1
            order = compare(
                base + types.int64(starts[record]),
                types.int64(lengths[record]),
                bounds + types.int64(bound_starts[middle]),
                types.int64(bound_lengths[middle]),
            )
            if order < 0:
                high = middle
            else:
                low = middle + 1
        parts[record] = low


@kernel
def lines_of_keys(base, records, starts, key_lengths, target):
    """Copy the keys to *target*, an NL behind each."""
    out = target
    for record in range(records):
        length = types.int64(key_lengths[record])
        copy(out, base + types.int64(starts[record]), length)
        out += length
        store8(out, types.uint8(10))
        out += 1
