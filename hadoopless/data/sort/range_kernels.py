"""Finds the ranges of a key that Hadoop's KeyFieldHelper finds; parts that other kernels call.

A key is cut into fields by a separator. A range begins at a character of one field and ends at a
character of another; fields and characters are counted from 1. Two arrays describe a job's ranges:

- ``ranges`` has a row for each range, with the columns below.
- ``fields`` has a row for each field that must be looked at, from row 1 on: where the field begins
  in the current key, and its length. Row 0 holds the address of the separator and its length. There
  is one row more than fields, and where no field must be looked at, row 1 holds zeros.
"""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

from hadoopless.data.machine.kernels import inlined, types
from hadoopless.data.machine.lines import find_separator
from hadoopless.data.machine.memory import load8

# Columns of `ranges`.
START_FIELD = 0
START_CHAR = 1
END_FIELD = 2
END_CHAR = 3
NUMERIC = 4
REVERSE = 5
RANGE_COLUMNS = 6

# Columns of `fields`.
PLACE = 0
LENGTH = 1


@inlined
def measure(key, end, fields):
    """Fill ``fields`` for the key in [key, end); returns how many of them the key has.

    As Hadoop's getWordLengths: the search goes on one byte behind a separator, however long that
    is, but a field begins where the lengths of all before it add up to.
    """
    wanted = len(fields) - 2
    if wanted <= 0:
        return 1
    separator = fields[0, PLACE]
    separator_length = fields[0, LENGTH]
    repeated = types.uint64(load8(separator)) * types.uint64(0x0101010101010101)
    place = types.int64(0)
    start = key
    field = 1
    while True:
        hit = find_separator(start, end, separator, separator_length, repeated)
        length = (hit if hit >= 0 else end) - start
        fields[field, PLACE] = place
        fields[field, LENGTH] = length
        if hit < 0 or field >= wanted:
            return field
        place += length + separator_length
        start = hit + 1
        field += 1


@inlined
def start_of(ranges, number, fields, found, length):
    """The offset of range *number* in a key of *length* bytes, or -1 when it is missing.

    *found* is how many fields the key has.
    """
    field = ranges[number, START_FIELD]
    if found >= field:
        place = fields[field, PLACE] + ranges[number, START_CHAR]
        if place <= length:
            return place - 1
    return types.int64(-1)


@inlined
def end_of(ranges, number, fields, found, length):
    """The offset behind the last byte of range *number*; may lie before its start."""
    field = ranges[number, END_FIELD]
    if field == 0 or found < field:
        return length
    place = fields[field, PLACE] + ranges[number, END_CHAR]
    if ranges[number, END_CHAR] == 0:
        place += fields[field, LENGTH]
    return min(place, length)
