"""Kernels at the edges of the road: from records to a program's stdin, and from stdout to a file.

A record is plain, ``key TAB value NL``, or framed: the lengths of its sort key, key and value (four
bytes each, little-endian), then these three. Arguments that are no lengths, counts or switches are
addresses. A kernel writes whole records as long as they fit *room*.
"""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

import numpy as np

from hadoopless.data.machine.kernels import inlined, kernel, types
from hadoopless.data.machine.memory import copy, find, load8, load64, lowest_bit, same, store8
from hadoopless.data.record.frame_kernels import HEADER, NULL

_TABS = np.uint64(0x0909090909090909)
_NEWLINES = np.uint64(0x0A0A0A0A0A0A0A0A)


@inlined
def _load32(address):
    return types.int64(load64(address) & types.uint64(0xFFFFFFFF))


@inlined
def _store32(address, value):
    """Four bytes, big-endian."""
    store8(address, types.uint8(value >> 24))
    store8(address + 1, types.uint8(value >> 16))
    store8(address + 2, types.uint8(value >> 8))
    store8(address + 3, types.uint8(value))


@inlined
def _load32_big(address):
    return (
        (types.int64(load8(address)) << 24)
        | (types.int64(load8(address + 1)) << 16)
        | (types.int64(load8(address + 2)) << 8)
        | types.int64(load8(address + 3))
    )


@inlined
def _find_either(address, end, repeated, other):
    """The first address in [address, end) of one of two bytes, or *end*; see ``memory.find``."""
    low = types.uint64(0x0101010101010101)
    high = types.uint64(0x8080808080808080)
    while address < end:
        word = load64(address)
        a = word ^ repeated
        b = word ^ other
        hit = (((a - low) & ~a) | ((b - low) & ~b)) & high
        if hit != 0:
            return min(address + (lowest_bit(hit) >> 3), end)
        address += 8
    return end


@kernel
def count_plain(source, size, key, key_length):
    """Count whole plain records and the stretches of equal keys among them.

    *key* is that of the record before (*key_length* -1: there is none). Returns records, groups,
    and where the last key is and how long.
    """
    at = source
    end = source + size
    records = types.int64(0)
    groups = types.int64(0)
    while at < end:
        value = at + key_length + 1
        if key_length < 0 or value > end or load8(value - 1) != 9 or not same(key, at, key_length):
            value = find(at, end, _TABS) + 1
            key = at
            key_length = value - 1 - at
            groups += 1
        at = find(value, end, _NEWLINES) + 1
        records += 1
    return records, groups, key, key_length


@kernel
def write_pairs(
    source,
    size,
    framed,
    with_lengths,
    with_values,
    separator,
    separator_length,
    ending,
    ending_length,
    null,
    null_length,
    key,
    key_length,
    target,
    room,
):
    """Write whole records as ``[length] key separator [length] value ending``.

    *null* stands for a value that is null and its length. *key* as in ``count_plain``. Returns the
    bytes taken and written, records, groups, and where the last key is and how long.
    """
    at = source
    end = source + size
    out = target
    records = types.int64(0)
    groups = types.int64(0)
    extra = 8 + separator_length + ending_length + null_length
    while at < end:
        is_null = False
        if framed:
            this = at + HEADER + _load32(at)
            this_length = _load32(at + 4)
            value = this + this_length
            value_length = _load32(at + 8)
            if value_length == NULL:
                is_null = True
                value_length = types.int64(0)
            after = value + value_length
        else:
            this = at
            value = find(at, end, _TABS) + 1
            this_length = value - 1 - at
            after = find(value, end, _NEWLINES) + 1
            value_length = after - 1 - value
        if out - target + this_length + value_length + extra > room:
            break
        if this_length != key_length or not same(key, this, key_length):
            groups += 1
        key = this
        key_length = this_length
        records += 1
        if with_lengths:
            _store32(out, key_length)
            out += 4
        copy(out, key, key_length)
        out += key_length
        copy(out, separator, separator_length)
        out += separator_length
        if is_null:
            copy(out, null, null_length)
            out += null_length
        elif with_values:
            if with_lengths:
                _store32(out, value_length)
                out += 4
            copy(out, value, value_length)
            out += value_length
        copy(out, ending, ending_length)
        out += ending_length
        at = after
    return at - source, out - target, records, groups, key, key_length


@inlined
def _find_bytes(address, end, repeated, pattern, length):
    """The first address in [address, end) of *length* bytes, the first of them repeated; or *end*.

    All of them lie before *end*.
    """
    last = end - length + 1
    while address < last:
        address = find(address, last, repeated)
        if address < last and same(address, pattern, length):
            return address
        address += 1
    return end


@kernel
def write_lines(source, size, fields, old, old_length, new, new_length, target, room):
    """Write whole lines with *new* in place of the *fields*-th *old*, or at the end without it.

    An empty *old* is before each line. Returns bytes taken, bytes written and lines.
    """
    at = source
    end = source + size
    out = target
    limit = target + room
    first = types.uint64(load8(old)) * types.uint64(0x0101010101010101)
    unchanged = old_length == new_length and same(old, new, old_length)
    simple = fields <= 1 and old_length == 1
    passed = at  # what lies between it and the current line is to be written as it is
    lines = types.int64(0)
    while at < end:
        if simple:
            cut = _find_either(at, end, first, _NEWLINES)
            line_end = find(cut, end, _NEWLINES)
        elif old_length == 0:
            line_end = find(at, end, _NEWLINES)
            cut = at
        else:
            line_end = find(at, end, _NEWLINES)
            cut = _find_bytes(at, line_end, first, old, old_length)
            for _ in range(1, fields):
                if cut == line_end:
                    break
                cut = _find_bytes(cut + old_length, line_end, first, old, old_length)
        if out + (line_end + 1 - passed) + new_length > limit:
            break
        lines += 1
        if cut == line_end or not unchanged:
            copy(out, passed, cut - passed)
            out += cut - passed
            copy(out, new, new_length)
            out += new_length
            passed = cut if cut == line_end else cut + old_length
        at = line_end + 1
    copy(out, passed, at - passed)
    out += at - passed
    return at - source, out - target, lines


@kernel
def write_text_pairs(source, size, separator, separator_length, target, room):
    """Write pairs with lengths (four bytes, big-endian) as ``key [separator value] NL``.

    Returns bytes taken, bytes written, pairs, and how long the pair is that lies there but did not
    fit *room* (0: the next pair is not whole).
    """
    at = source
    end = source + size
    out = target
    pairs = types.int64(0)
    needed = types.int64(0)
    while at + 8 <= end:
        key_length = _load32_big(at)
        value_at = at + 4 + key_length
        if value_at + 4 > end:
            break
        value_length = _load32_big(value_at)
        is_null = value_length == NULL
        if is_null:
            value_length = types.int64(0)
        if value_at + 4 + value_length > end:
            break
        needed = key_length + separator_length + value_length + 1
        if out - target + needed > room:
            break
        needed = types.int64(0)
        copy(out, at + 4, key_length)
        out += key_length
        if not is_null:
            copy(out, separator, separator_length)
            out += separator_length
            copy(out, value_at + 4, value_length)
            out += value_length
        store8(out, types.uint8(10))
        out += 1
        pairs += 1
        at = value_at + 4 + value_length
    return at - source, out - target, pairs, needed
