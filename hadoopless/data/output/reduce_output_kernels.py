"""Kernels that rewrite the pairs on a program's stdout as the lines of an output file.

Arguments that are no lengths, counts or switches are addresses. A kernel writes whole lines as long
as they fit *room*.
"""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

import struct

import numpy as np

from hadoopless.data.machine.kernels import kernel, types
from hadoopless.data.machine.lines import NEWLINES, find_separator
from hadoopless.data.machine.memory import (
    copy,
    find,
    find_either,
    load8,
    load32_big,
    same,
    store8,
)
from hadoopless.data.machine.selftest import self_test
from hadoopless.data.record.frame_kernels import NULL


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
            cut = find_either(at, end, first, NEWLINES)
            line_end = find(cut, end, NEWLINES)
        elif old_length == 0:
            line_end = find(at, end, NEWLINES)
            cut = at
        else:
            line_end = find(at, end, NEWLINES)
            cut = find_separator(at, line_end, old, old_length, first)
            for _ in range(1, fields):
                if cut < 0:
                    break
                cut = find_separator(cut + old_length, line_end, old, old_length, first)
            if cut < 0:
                cut = line_end
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


@self_test(write_lines)
def _writes_lines(write_lines):
    """The first TAB of each line, then the second comma, becomes two colons."""
    out = np.zeros(100, np.uint8)
    first = write_lines(b"k\tv\nnone\n", 9, 1, b"\t", 1, b"::", 2, out, 100)
    if first != (9, 12, 2) or out[:12].tobytes() != b"k::v\nnone::\n":
        return False
    second = write_lines(b"a,b,c\n", 6, 2, b",", 1, b"::", 2, out, 100)
    return second == (6, 7, 1) and out[:7].tobytes() == b"a,b::c\n"


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
        key_length = load32_big(at)
        value_at = at + 4 + key_length
        if value_at + 4 > end:
            break
        value_length = load32_big(value_at)
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


@self_test(write_text_pairs)
def _writes_text_pairs(write_text_pairs):
    out = np.zeros(100, np.uint8)
    pairs = struct.pack(">I3sI5s", 3, b"key", 5, b"value") + struct.pack(">IsI", 1, b"k", NULL)
    written = write_text_pairs(pairs, len(pairs), b"\t", 1, out, 100)
    return written == (len(pairs), 12, 2, 0) and out[:12].tobytes() == b"key\tvalue\nk\n"
