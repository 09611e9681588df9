"""Kernels that count merged records and write them as a reducer or combiner reads them.

A record is plain, ``key TAB value NL``, or framed (see ``frame_kernels``). Arguments that are no
lengths, counts or switches are addresses.
"""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

import struct

import numpy as np

from hadoopless.data.machine.kernels import Int64s, inlined, kernel, types
from hadoopless.data.machine.lines import NEWLINES, TABS
from hadoopless.data.machine.memory import copy, find, load8, load32, same, store32_big
from hadoopless.data.machine.selftest import padded, self_test
from hadoopless.data.record.frame_kernels import HEADER, NULL
from hadoopless.data.record.repeat_kernels import read_repeat

# Cells of `form`: what surrounds keys and values. Texts are told by address and length.
WITH_LENGTHS = 0  # 1: there is a length before each key and value
WITH_VALUES = 1  # 0: keys alone are written
SEPARATOR = 2
SEPARATOR_LENGTH = 3
ENDING = 4
ENDING_LENGTH = 5
NULL_TEXT = 6  # stands for a value that is null and its length
NULL_LENGTH = 7
FORM_CELLS = 8


@kernel
def count_plain(source, size, key, key_length):
    """Count whole plain records, as often as they come, and the stretches of equal keys among them.

    *key* is that of the record before (*key_length* -1: there is none). Returns records, groups,
    and where the last key is and how long.
    """
    at = source
    end = source + size
    records = types.int64(0)
    groups = types.int64(0)
    while at < end:
        times = types.int64(1)
        if load8(at) == 10:
            times, at = read_repeat(at, end)
        value = at + key_length + 1
        if key_length < 0 or value > end or load8(value - 1) != 9 or not same(key, at, key_length):
            value = find(at, end, TABS) + 1
            key = at
            key_length = value - 1 - at
            groups += 1
        at = find(value, end, NEWLINES) + 1
        records += times
    return records, groups, key, key_length


@self_test(count_plain)
def _counts_records(count_plain):
    text = padded(b"a\t1\n\n\x45a\t2\na longer key\t3\n")
    last = text.ctypes.data + 10
    return count_plain(text, 25, 0, -1) == (7, 2, last, 12)


@inlined
def _plain_record(at, end):
    """Addresses and lengths of the key and the value of the line at *at*."""
    value = find(at, end, TABS) + 1
    return at, value - 1 - at, value, find(value, end, NEWLINES) - value


@inlined
def _framed_record(at):
    """Addresses and lengths of the key and the value of the frame at *at*."""
    key = at + HEADER + load32(at)
    key_length = load32(at + 4)
    return key, key_length, key + key_length, load32(at + 8)


@inlined
def _copied(out, source, length):
    """Copy *length* bytes; returns the address behind them."""
    copy(out, source, length)
    return out + length


@kernel
def write_pairs(source, size, framed, form: Int64s, key, key_length, target, room):
    """Write whole records as ``[length] key separator [length] value ending``, if they fit *room*.

    *key* is that of the record before, as in :func:`count_plain`. Returns the bytes taken and
    written, records, groups, and where the last key is and how long.
    """
    with_lengths = form[WITH_LENGTHS] != 0
    with_values = form[WITH_VALUES] != 0
    # Copies: behind a store the machine would load each cell anew.
    separator, separator_length = form[SEPARATOR], form[SEPARATOR_LENGTH]
    ending, ending_length = form[ENDING], form[ENDING_LENGTH]
    null, null_length = form[NULL_TEXT], form[NULL_LENGTH]
    extra = 8 + separator_length + ending_length + null_length
    at = source
    end = source + size
    out = target
    records = types.int64(0)
    groups = types.int64(0)
    while at < end:
        is_null = False
        if framed:
            this, this_length, value, value_length = _framed_record(at)
            if value_length == NULL:
                is_null = True
                value_length = types.int64(0)
            after = value + value_length
        else:
            this, this_length, value, value_length = _plain_record(at, end)
            after = value + value_length + 1
        if out - target + this_length + value_length + extra > room:
            break
        if this_length != key_length or not same(key, this, key_length):
            groups += 1
        key = this
        key_length = this_length
        records += 1
        if with_lengths:
            store32_big(out, key_length)
            out += 4
        out = _copied(out, key, key_length)
        out = _copied(out, separator, separator_length)
        if is_null:
            out = _copied(out, null, null_length)
        elif with_values:
            if with_lengths:
                store32_big(out, value_length)
                out += 4
            out = _copied(out, value, value_length)
        out = _copied(out, ending, ending_length)
        at = after
    return at - source, out - target, records, groups, key, key_length


@self_test(write_pairs)
def _writes_pairs(write_pairs):
    """Two lines, then a frame with lengths and a value that is null."""
    out = np.zeros(200, np.uint8)
    texts = padded(b"=;null")
    at = texts.ctypes.data
    form = np.array([0, 1, at, 1, at + 1, 1, at + 2, 4], np.int64)
    lines = padded(b"a\t1\na\t2\n")
    pairs = write_pairs(lines, 8, False, form, 0, -1, out, 100)
    if pairs != (8, 8, 2, 1, lines.ctypes.data + 4, 1) or out[:8].tobytes() != b"a=1;a=2;":
        return False
    form[WITH_LENGTHS] = 1
    frame = padded(struct.pack("<3I", 0, 3, NULL) + b"key")
    pairs = write_pairs(frame, 15, True, form, 0, -1, out, 100)
    wanted = b"\0\0\0\3key=null;"
    return pairs == (15, 13, 1, 1, frame.ctypes.data + 12, 3) and out[:13].tobytes() == wanted
