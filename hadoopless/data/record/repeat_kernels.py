"""How often a plain record comes in a row: a count before it, and the parts of kernels for it.

A plain record is ``key TAB value NL``. No record begins with a newline, so a newline where a record
begins says that a count follows, and then the record that comes so many times, at least twice. The
count is told in digits, the highest first: seven bits in each byte from 0x80 on, and six in the
last one, which is 0x40 to 0x7F. None of them is a newline, so lines still end where newlines are.
"""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

import numpy as np

from hadoopless.data.machine.kernels import inlined, kernel, types
from hadoopless.data.machine.lines import NEWLINES
from hadoopless.data.machine.memory import (
    copy_large,
    find,
    load8,
    load64,
    lowest_bit,
    store8,
    store64,
)
from hadoopless.data.machine.selftest import padded, self_test

#: The bits of the last digit, and those of the others.
_LAST_BITS = 6
_BITS = 7
#: No count has more digits.
_MOST_DIGITS = 7
#: Records up to this length are repeated word by word.
_SHORT = 16


@inlined
def repeat_size(times):
    """The bytes of a count with its newline."""
    size = types.int64(2)
    rest = times >> _LAST_BITS
    while rest > 0:
        size += 1
        rest >>= _BITS
    return size


@inlined
def write_repeat(out, times):
    """Write the newline and the count *times*; returns the address behind them."""
    store8(out, types.uint8(10))
    size = repeat_size(times)
    last = out + size - 1
    store8(last, types.uint8(0x40 | (times & 0x3F)))
    rest = times >> _LAST_BITS
    while rest > 0:
        last -= 1
        store8(last, types.uint8(0x80 | (rest & 0x7F)))
        rest >>= _BITS
    return out + size


@inlined
def read_repeat(at, end):
    """The count whose newline is at *at*, and the address behind it.

    The count is 0 if it is none, and the address is *end* if the bytes end within it.
    """
    times = types.int64(0)
    at += 1
    last = min(end, at + _MOST_DIGITS)
    while at < last:
        digit = types.int64(load8(at))
        at += 1
        if digit < 0x80:
            return (times << _LAST_BITS | (digit & 0x3F) if digit >= 0x40 else types.int64(0)), at
        times = times << _BITS | (digit & 0x7F)
    return types.int64(0), at


@kernel
def last_record_end(base, size, within):
    """Count the bytes of *size* up to the end of the last record that ends there.

    The first byte begins a record, unless it is *within* one that has no count.
    """
    at = size
    while at > 0 and load8(base + at - 1) != 10:
        at -= 1
    if (at == 1 and not within) or (at > 1 and load8(base + at - 2) == 10):
        return at - 1  # a count begins there
    return at


@self_test(last_record_end)
def _finds_the_last_record(last_record_end):
    text = padded(b"a\t\n\n\x42b\t\n\n\x42c")
    return [last_record_end(text, size, False) for size in (2, 3, 4, 6, 8, 9, 11)] == [
        *(0, 3, 3, 3, 8, 8, 8)
    ] and [last_record_end(b"\n", 1, within) for within in (False, True)] == [0, 1]


@inlined
def _next_repeat(at, end):
    """The first newline behind another one in [at, end), or *end*."""
    low = types.uint64(0x0101010101010101)
    high = types.uint64(0x8080808080808080)
    while at < end:
        word = (load64(at) ^ NEWLINES) | (load64(at + 1) ^ NEWLINES)
        hit = (word - low) & ~word & high
        if hit != 0:
            return min(at + (lowest_bit(hit) >> 3) + 1, end)
        at += 8
    return end


@kernel
def has_repeats(source, size, within):
    """1 if one of the records in *size* bytes has a count, else 0; as :func:`last_record_end`."""
    first = load8(source) == 10 and not within
    end = source + size
    return types.int64(first or _next_repeat(source, end) < end)


@self_test(has_repeats)
def _finds_repeats(has_repeats):
    texts = [b"a long key\t\nb\t\n", b"\n\x42a\t\n", b"a long key\t\n\n\x42b\t\n"]
    found = [has_repeats(padded(text), len(text), False) for text in texts]
    return found == [0, 1, 1] and has_repeats(padded(texts[1]), 5, True) == 0


@inlined
def _repeat(out, record, length, times):
    """Write the *length* bytes at *record* *times* times; up to 15 bytes more are written."""
    if length <= _SHORT:
        word = load64(record)
        other = load64(record + 8)
        for _ in range(times):
            store64(out, word)
            store64(out + 8, other)
            out += length
        return
    for _ in range(times):
        copy_large(out, record, length)
        out += length


@kernel
def expand(source, size, done, target, room):
    """Write the records in *size* bytes as often as they come, as far as *room* reaches.

    Those with a count are whole. *done* is what the call before has returned: of the first record
    so many are written, and with -1 the bytes begin within a record that has no count. Behind
    *room* there are 16 bytes that may be written. Returns the bytes taken (-1: they are no
    records), those written, *done*, and the records that had a count.
    """
    at = source
    end = source + size
    out = target
    limit = target + room
    counted = types.int64(0)
    while at < end:
        if done < 0 or load8(at) != 10:
            stop = _next_repeat(at, end)
            part = min(stop - at, limit - out)
            copy_large(out, at, part)
            out += part
            at += part
            done = types.int64(0)
            if at < stop:
                done = types.int64(-1)
                break
            continue
        times, record = read_repeat(at, end)
        line_end = find(record, end, NEWLINES)
        if times < 2 or line_end == end:
            return types.int64(-1), out - target, done, counted
        length = line_end + 1 - record
        fit = min(times - done, (limit - out) // length)
        _repeat(out, record, length, fit)
        out += fit * length
        done += fit
        counted += fit
        if done < times:
            break
        at = line_end + 1
        done = types.int64(0)
    return at - source, out - target, done, counted


@self_test(expand)
def _expands_records(expand):
    """At once, and in steps for which there is hardly room."""
    stored = padded(b"an\t1\n\n\x81\x41b\t1\nc\t\n\n\x42a long key, and a value\t\nz\t\n")
    size = len(stored.tobytes().rstrip(b"\0"))
    whole = b"an\t1\n" + 65 * b"b\t1\n" + b"c\t\n" + 2 * b"a long key, and a value\t\n" + b"z\t\n"
    target = np.zeros(400, np.uint8)
    if expand(stored, size, 0, target, 380) != (size, len(whole), 0, 67):
        return False
    if target[: len(whole)].tobytes() != whole:
        return False
    seen, at, done = b"", 0, 0
    while at < size:
        taken, written, done, _ = expand(stored.ctypes.data + at, size - at, done, target, 27)
        seen += target[:written].tobytes()
        at += taken
    return seen == whole and expand(padded(b"\n\x30a\t\n"), 5, 0, target, 99)[0] == -1
