"""Kernels of the record reader: they unify the ends of lines, and write lines as pairs.

They work on whole buffers at once. :mod:`hadoopless.data.input.records` says what is written when.
"""

# Numba infers the types of kernels by itself, in its own type system of machine integers.
# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from hadoopless.data.machine.kernels import UInt64, inlined, kernel, types
from hadoopless.data.machine.lines import NEWLINES
from hadoopless.data.machine.memory import (
    byteswap,
    copy,
    find,
    find_either,
    load8,
    load64,
    store8,
    store32_big,
    store64,
)
from hadoopless.data.machine.selftest import padded, self_test
from hadoopless.data.record.vint_kernels import store_vint

#: The key of a line: none, its offset, the text before a byte, or that text left out.
NO_KEY, OFFSET_KEY, TEXT_KEY, UNWANTED_KEY = range(4)
#: The numbers of Pipe.TEXT and so on, in the order of that class.
TEXT, KEY_ONLY, RAW, TYPED, PAIRS = range(5)
#: Bytes that a pair may take besides its line and the separator.
OVERHEAD = 40
#: A CR in each byte of a word.
_RETURNS = np.uint64(0x0D0D0D0D0D0D0D0D)
_LONG_CODE = 4
_STRING_CODE = 7


@kernel
def count_bytes(base, size, repeated: UInt64):
    """Count a byte among *size* bytes; *repeated* holds it eight times."""
    seven_bits = types.uint64(0x7F7F7F7F7F7F7F7F)
    even = types.uint64(0x00FF00FF00FF00FF)
    words = size >> 3
    count = 0
    at = 0
    while at < words:
        stop = min(words, at + 255)
        lanes = types.uint64(0)  # eight bytes, each of which counts up to 255
        for i in range(at, stop):
            word = load64(base + 8 * i) ^ repeated
            lanes += ~(((word & seven_bits) + seven_bits) | word | seven_bits) >> types.uint64(7)
        pairs = (lanes & even) + ((lanes >> types.uint64(8)) & even)
        count += types.int64((pairs * types.uint64(0x0001000100010001)) >> types.uint64(48))
        at = stop
    for i in range(8 * words, size):
        count += load8(base + i) == repeated & types.uint64(0xFF)
    return count


@self_test(count_bytes)
def _counts_bytes(count_bytes):
    return count_bytes(b"a,b,\x00" * 10, 48, repeated(0x2C)) == 19


@kernel
def unify(base, size, after_cr):
    """Turn CRLF and CR into LF in *size* bytes at *base*, in place.

    *after_cr*: the byte before them was a CR, so an LF that comes first belongs to its line end.
    Returns the bytes that are left, and the lines that end in them.
    """
    source = base
    end = base + size
    target = base
    lines = 0
    while source < end:
        byte = load8(source)
        source += 1
        if byte == 13:
            byte = types.uint8(10)
            lines += 1
            after_cr = True
        elif byte == 10:
            if after_cr:
                after_cr = False
                continue
            lines += 1
        else:
            after_cr = False
        store8(target, byte)
        target += 1
    return target - base, lines


@self_test(unify)
def _unifies_line_ends(unify):
    text = padded(b"\na\r\nb\rc")
    return unify(text, 7, True) == (5, 2) and text[:5].tobytes() == b"a\nb\nc"


@inlined
def _put32(out, number):
    store32_big(out, number)
    return out + 4


@inlined
def _put_decimal(out, number):
    digits = 1
    rest = number // 10
    while rest != 0:
        digits += 1
        rest //= 10
    at = out + digits
    for _ in range(digits):
        at -= 1
        store8(at, types.uint8(48 + number % 10))
        number //= 10
    return out + digits


@inlined
def _put_long(out, number, pipe):
    """Write a LongWritable; of text, the caller writes the end."""
    if pipe == RAW:
        out = _put32(out, 8)
    elif pipe == TYPED:
        store8(out, types.uint8(_LONG_CODE))
        out += 1
    elif pipe == PAIRS:
        end = _put_decimal(out + 4, number)
        _put32(out, end - out - 4)
        return end
    else:
        return _put_decimal(out, number)
    store64(out, byteswap(types.uint64(number)))
    return out + 8


@inlined
def _put_text(out, text, length, pipe):
    """Write a Text; of text, the caller writes the end."""
    if pipe == RAW:
        end = store_vint(out + 4, length)
        _put32(out, end - out - 4 + length)
        out = end
    elif pipe == TYPED:
        store8(out, types.uint8(_STRING_CODE))
        out = _put32(out + 1, length)
    elif pipe == PAIRS:
        out = _put32(out, length)
    copy(out, text, length)
    return out + length


@inlined
def _put_pair(line, stop, offset, pipe, key, key_end, separator, separator_size, out):
    """Write the line from *line* to *stop* as a pair; the parameters are those of write_lines."""
    value = line
    if key == OFFSET_KEY:
        out = _put_long(out, offset, pipe)
    elif key != NO_KEY:
        split = find(line, stop, key_end)
        value = min(split + 1, stop)
        if key == TEXT_KEY:
            out = _put_text(out, line, split - line, pipe)
    with_key = key in (OFFSET_KEY, TEXT_KEY)
    if with_key and pipe == KEY_ONLY:
        store8(out, types.uint8(10))
        out += 1
    elif with_key and pipe == TEXT:
        copy(out, separator, separator_size)
        out += separator_size
    if pipe != KEY_ONLY:
        out = _put_text(out, value, stop - value, pipe)
    if pipe == TEXT:
        store8(out, types.uint8(10))
        out += 1
    return out


@kernel
def write_lines(
    base, size, offset, longest, pipe, key, key_end: UInt64, separator, separator_size, out
):
    """Write the lines in *size* bytes at *base* as pairs to *out*; returns lines and bytes written.

    A line ends with LF, CR, CRLF or the last byte. *offset* is the key of the first line, *pipe*
    and *key* are constants from above, *key_end* holds the byte that ends a text key eight times.
    Lines that take *longest* bytes or more, with their ends, are left out. *out* has room for the
    lines and OVERHEAD and a separator for each.
    """
    line = base
    target = out
    end = base + size
    lines = 0
    while line < end:
        stop = find_either(line, end, NEWLINES, _RETURNS)
        following = stop
        if stop < end:
            following = stop + 1
            if load8(stop) == 13 and following < end and load8(following) == 10:
                following += 1
        if following - line < longest:
            lines += 1
            at = offset + (line - base)
            target = _put_pair(
                line, stop, at, pipe, key, key_end, separator, separator_size, target
            )
        line = following
    return lines, target - out


@self_test(write_lines)
def _writes_lines(write_lines):
    out = np.zeros(200, np.uint8)
    no_byte = np.uint64(0)
    lines = write_lines(b"one\r\ntwo", 8, 7, 9, TEXT, OFFSET_KEY, no_byte, b"\t", 1, out)
    if lines != (2, 13) or out[:13].tobytes() != b"7\tone\n12\ttwo\n":
        return False
    pairs = write_lines(b"k=v\n", 4, 0, 9, TYPED, TEXT_KEY, repeated(0x3D), b"", 0, out)
    return pairs == (1, 12) and out[:12].tobytes() == b"\x07\0\0\0\1k\x07\0\0\0\1v"


def repeated(byte: int) -> np.uint64:
    """*byte* eight times, as ``memory.find`` wants it."""
    return np.uint64(byte * 0x0101010101010101)
