"""Searches for line ends and separators: kernels, and parts that other kernels call."""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

import numpy as np

from hadoopless.data.machine.kernels import (
    inlined,
    kernel,
    types,
)
from hadoopless.data.machine.memory import (
    find,
    load8,
    same,
)
from hadoopless.data.machine.selftest import self_test

#: A TAB and a newline in each byte of a word.
TABS = np.uint64(0x0909090909090909)
NEWLINES = np.uint64(0x0A0A0A0A0A0A0A0A)


@kernel
def last_newline(base, size):
    """Count the bytes up to the last NL, with it; 0 when there is none."""
    at = size
    while at > 0 and load8(base + at - 1) != 10:
        at -= 1
    return at


@self_test(last_newline)
def _finds_the_last_newline(last_newline):
    return last_newline(b"a\nbc\nd", 6) == 5 and last_newline(b"abc", 3) == 0


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


@kernel
def up_to_newline(source, size):
    """Count the bytes up to the first NL, with it; 0 when there is none."""
    found = find(source, source + size, NEWLINES)
    return found + 1 - source if found < source + size else types.int64(0)


@self_test(up_to_newline)
def _finds_the_first_newline(up_to_newline):
    return up_to_newline(b"longer than a word\n\n", 20) == 19 and up_to_newline(b"a\n", 1) == 0


@kernel
def count_lines(source, size):
    """The number of newlines in *size* bytes that end with one."""
    at = source
    end = source + size
    lines = types.int64(0)
    while at < end:
        at = find(at, end, NEWLINES) + 1
        lines += 1
    return lines


@self_test(count_lines)
def _counts_lines(count_lines):
    return count_lines(b"a\n\nlonger than a word\n", 22) == 3
