"""Kernels that find the partition of each key, as Hadoop's partitioners do."""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

import numpy as np

from hadoopless.data.machine.kernels import (
    Int64Rows,
    UInt32Rows,
    UInt32s,
    inlined,
    kernel,
    subroutine,
    types,
)
from hadoopless.data.machine.memory import compare, copy, load8, load64, store8
from hadoopless.data.machine.selftest import padded, self_test, uint32s
from hadoopless.data.sort.key_kernels import LENGTHS, STARTS
from hadoopless.data.sort.range_kernels import end_of, measure, start_of

_HIGHS = np.uint64(0x8080808080808080)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_REPLACEMENT = 0xFFFD


@kernel
def hash_keys(base, records, keys: UInt32Rows, partitions, partition_of: UInt32s):
    """Hadoop's HashPartitioner over the bytes of the keys, which are signed."""
    for record in range(records):
        at = base + types.int64(keys[STARTS, record])
        end = at + types.int64(keys[LENGTHS, record])
        h = types.int64(1)
        while at < end:
            h = h * 31 + types.int64(types.int8(load8(at)))
            at += 1
        partition_of[record] = (h & 0x7FFFFFFF) % partitions


@self_test(hash_keys)
def _hashes_keys(hash_keys):
    found = np.zeros(3, np.uint32)
    hash_keys(b"bee,ant,\xff", 3, uint32s([0, 4, 8], [3, 3, 1]), 1000, found)
    return found.tolist() == [201, 534, 30]


@kernel
def hash_fields(
    base,
    records,
    keys: UInt32Rows,
    partitions,
    ranges: Int64Rows,
    fields: Int64Rows,
    spare,
    partition_of: UInt32s,
):
    """Hadoop's KeyFieldBasedPartitioner with options; *spare* has room for 3 times a key."""
    for record in range(records):
        key = base + types.int64(keys[STARTS, record])
        length = types.int64(keys[LENGTHS, record])
        if not _is_ascii(key, length):
            length = _as_java_text(key, length, spare)
            key = spare
        found = measure(key, key + length, fields)
        h = types.int64(0)
        for number in range(len(ranges)):
            start = start_of(ranges, number, fields, found, length)
            if start < 0:
                continue
            for at in range(start, end_of(ranges, number, fields, found, length)):
                h = h * 31 + types.int64(types.int8(load8(key + at)))
        partition_of[record] = (h & 0x7FFFFFFF) % partitions


@self_test(hash_fields)
def _hashes_fields(hash_fields):
    """The second fields; the byte that is no text counts as U+FFFD."""
    separator = padded(b",")
    fields = np.zeros((4, 2), np.int64)
    fields[0] = separator.ctypes.data, 1
    ranges = np.array([[2, 1, 2, 0, 0, 0]], np.int64)
    spare = np.zeros(100, np.uint8)
    found = np.zeros(2, np.uint32)
    keys = uint32s([0, 4], [4, 3])
    hash_fields(b"x,aby,\xff", 2, keys, 1000, ranges, fields, spare, found)
    return found.tolist() == [105, 229]


@kernel
def hash_strings(base, records, keys: UInt32Rows, partitions, partition_of: UInt32s):
    """Java's String.hashCode of the keys, decoded as Hadoop's Text does."""
    for record in range(records):
        at = base + types.int64(keys[STARTS, record])
        end = at + types.int64(keys[LENGTHS, record])
        h = types.int64(0)
        while at < end:
            decoded = _decode(at, end)
            code = decoded >> 3
            at += decoded & 7
            if code >= 0x10000:
                h = h * 31 + 0xD800 + ((code - 0x10000) >> 10)
                code = 0xDC00 + ((code - 0x10000) & 0x3FF)
            h = h * 31 + code
        partition_of[record] = (h & 0x7FFFFFFF) % partitions


@self_test(hash_strings)
def _hashes_strings(hash_strings):
    found = np.zeros(3, np.uint32)
    text = "ab\u00e9\U0001f600".encode()
    hash_strings(text, 3, uint32s([0, 2, 4], [2, 2, 4]), 1000, found)
    return found.tolist() == [105, 233, 899]


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


@subroutine
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


@subroutine
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
def search_boundaries(
    base,
    records,
    keys: UInt32Rows,
    boundaries,
    boundary_table: UInt32Rows,
    partition_of: UInt32s,
):
    """For each (sort) key, how many of the sorted boundaries are not above it."""
    for record in range(records):
        low = 0
        high = boundary_table.shape[1]
        while low < high:
            middle = (low + high) >> 1
            order = compare(
                base + types.int64(keys[STARTS, record]),
                types.int64(keys[LENGTHS, record]),
                boundaries + types.int64(boundary_table[STARTS, middle]),
                types.int64(boundary_table[LENGTHS, middle]),
            )
            if order < 0:
                high = middle
            else:
                low = middle + 1
        partition_of[record] = low


@self_test(search_boundaries)
def _searches_boundaries(search_boundaries):
    found = np.zeros(3, np.uint32)
    keys = uint32s([0, 1, 2], [1, 1, 10])
    search_boundaries(b"abbehind it", 3, keys, b"bm", uint32s([0, 1], [1, 1]), found)
    return found.tolist() == [0, 1, 1]


@kernel
def lines_of_keys(base, records, keys: UInt32Rows, target):
    """Copy the keys to *target*, an NL behind each."""
    out = target
    for record in range(records):
        length = types.int64(keys[LENGTHS, record])
        copy(out, base + types.int64(keys[STARTS, record]), length)
        out += length
        store8(out, types.uint8(10))
        out += 1


@self_test(lines_of_keys)
def _writes_keys_as_lines(lines_of_keys):
    target = np.zeros(100, np.uint8)
    lines_of_keys(b"a longer key,b", 2, uint32s([0, 13], [12, 1]), target)
    return target[:15].tobytes() == b"a longer key\nb\n"
