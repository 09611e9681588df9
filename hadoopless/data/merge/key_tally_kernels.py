"""Kernels that find the keys with the most bytes in a stream of merged records.

Equal keys come one after the other, so a *group* (all records with one key) is a stretch of the
stream. The kernels keep the open group in ``state`` and the largest closed ones in ``table``. To
look at each record of a long stream would cost more than one per cent of a job; so with a STEP, the
kernel for lines looks only at the record that holds every STEP-th byte, and then finds both ends of
that record's group. A group that it passes over has at most STEP bytes.
"""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

import struct

import numpy as np

from hadoopless.data.machine.kernels import Int64s, inlined, kernel, subroutine, types
from hadoopless.data.machine.lines import NEWLINES, TABS
from hadoopless.data.machine.memory import (
    byteswap,
    copy,
    find,
    load8,
    load32,
    load64,
    lowest_bit,
    same,
    store64,
)
from hadoopless.data.machine.selftest import padded, self_test
from hadoopless.data.record.frame_kernels import HEADER, frame_size
from hadoopless.data.record.repeat_kernels import read_repeat

# Cells of `state`.
OPEN = 0  # how often the record comes within which the next byte is; 0: a record begins there
KEY = 1  # where the key of the open group is
KEY_LENGTH = 2  # -1: there is no open group
RECORDS = 3  # of the open group, as its BYTES
BYTES = 4
GROUPS = 5  # that were closed; with a STEP, those that were looked at
ROWS = 6  # of the table that are in use
LEAST = 7  # the bytes of the smallest row, when all rows are in use
STEP = 8  # 0: each record is looked at
STATE_CELLS = 9

#: The rows of `table`, and the bytes of a key that a row keeps.
MOST_ROWS = 20
KEPT_KEY = 200
# Cells of a row. The key follows them.
ROW_BYTES = 0
ROW_RECORDS = 1
ROW_NUMBER = 2  # of the group, from 1: groups of equal bytes stay in the order of the stream
ROW_KEY_LENGTH = 3
ROW_KEY = 4
ROW_CELLS = ROW_KEY + KEPT_KEY // 8


def empty_state(step: int) -> tuple[np.ndarray, np.ndarray]:
    """The arrays ``state`` and ``table`` at the beginning of a stream."""
    state = np.zeros(STATE_CELLS, np.int64)
    state[KEY_LENGTH] = -1
    state[STEP] = step
    return state, np.zeros((MOST_ROWS, ROW_CELLS), np.int64)


@inlined
def _cell(table, row, cell):
    return types.int64(load64(table + 8 * (row * ROW_CELLS + cell)))


@inlined
def _smallest(table):
    """The row with the fewest bytes; of several, the one that came last."""
    found = types.int64(0)
    for row in range(1, MOST_ROWS):
        size = _cell(table, row, ROW_BYTES)
        least = _cell(table, found, ROW_BYTES)
        later = _cell(table, row, ROW_NUMBER) > _cell(table, found, ROW_NUMBER)
        if size < least or (size == least and later):
            found = types.int64(row)
    return found


@subroutine
def _enter(state: Int64s, table, key, key_length, records, size):
    """Put a group into the table, which has room or a smaller row."""
    row = state[ROWS]
    if row == MOST_ROWS:
        row = _smallest(table)
    else:
        state[ROWS] = row + 1
    at = table + 8 * row * ROW_CELLS
    kept = min(key_length, KEPT_KEY)
    store64(at + 8 * ROW_BYTES, types.uint64(size))
    store64(at + 8 * ROW_RECORDS, types.uint64(records))
    store64(at + 8 * ROW_NUMBER, types.uint64(state[GROUPS]))
    store64(at + 8 * ROW_KEY_LENGTH, types.uint64(kept))
    copy(at + 8 * ROW_KEY, key, kept)
    if state[ROWS] == MOST_ROWS:
        state[LEAST] = _cell(table, _smallest(table), ROW_BYTES)


@inlined
def _close(state, table, key, key_length, records, size):
    """Count a group that has ended, and keep it if it is one of the largest."""
    state[GROUPS] += 1
    if state[ROWS] < MOST_ROWS or size > state[LEAST]:
        _enter(state, table, key, key_length, records, size)


@inlined
def _line_start(low, high):
    """The address behind the last newline in [low, high), or *low*; as ``memory.find``."""
    ones = types.uint64(0x0101010101010101)
    tops = types.uint64(0x8080808080808080)
    while high - low >= 8:
        word = byteswap(load64(high - 8)) ^ NEWLINES
        hit = (word - ones) & ~word & tops
        if hit != 0:
            return high - (lowest_bit(hit) >> 3)
        high -= 8
    while high > low and load8(high - 1) != 10:
        high -= 1
    return high


@inlined
def _begins_with(record, end, key, key_length):
    """True when the line at *record* has that key, which a TAB follows."""
    return (
        record + key_length < end
        and load8(record + key_length) == 9
        and same(key, record, key_length)
    )


@subroutine
def _next_looked_at(at, end, step):
    """The first record of the group that is looked at next; a group begins at *at*.

    It is that of the record which holds the byte at *at* + *step*, or the last byte, if the key of
    that record is whole.
    """
    low = types.int64(at)
    record = _line_start(low, min(low + step, end - 1))
    tab = find(record, end, TABS)
    if tab == end and record > low:
        record = _line_start(low, record - 1)
        tab = find(record, end, TABS)
    key, length = record, tab - record
    while record > low:
        before = _line_start(low, record - 1)
        if not _begins_with(before, end, key, length):
            break
        record = before
    return record


@kernel
def tally_lines(source, size, state: Int64s, table):
    """Look at *size* bytes of lines, which go on where the bytes of the call before have ended.

    With a STEP, none of them has a count. Returns the bytes taken: those behind them are the
    beginning of a record up to somewhere in its key, and must come again.
    """
    at = source
    end = source + size
    times = state[OPEN]
    key, key_length = state[KEY], state[KEY_LENGTH]
    records, total = state[RECORDS], state[BYTES]
    step = state[STEP]
    if times > 0:
        stop = min(find(at, end, NEWLINES) + 1, end)
        total += times * (stop - at)
        if load8(stop - 1) == 10:
            times = types.int64(0)
        at = stop
    while at < end:
        again = types.int64(1)
        record = at
        if load8(at) == 10:
            again, record = read_repeat(at, end)
            if record == end:
                break
        if key_length < 0 or not _begins_with(record, end, key, key_length):
            tab = find(record, end, TABS)
            if tab == end:
                break
            if key_length >= 0:
                _close(state, table, key, key_length, records, total)
            if step > 0:
                at = _next_looked_at(at, end, step)
                record = at
                tab = find(record, end, TABS)
            key, key_length = record, tab - record
            records, total = types.int64(0), types.int64(0)
        stop = find(record + key_length + 1, end, NEWLINES)
        if stop == end:
            times = again
        else:
            stop += 1
        records += again
        total += again * (stop - record)
        at = stop
    state[OPEN] = times
    state[KEY], state[KEY_LENGTH] = key, key_length
    state[RECORDS], state[BYTES] = records, total
    return at - source


@self_test(tally_lines)
def _tallies_lines(tally_lines):
    """Two lines with a count, and one that goes on; then many lines, of which few are looked at."""
    text = padded(b"a\t1\n\n\x45a\t2\na longer key\t")
    state, table = empty_state(0)
    taken = tally_lines(text, 23, state, table)
    key = text.ctypes.data + 10
    if (taken, *state) != (23, 1, key, 12, 1, 13, 1, 1, 0, 0):
        return False
    if not _holds(table[0], b"a", 6, 24):
        return False
    lines = b"".join(b"%03d\t\n" % number for number in [*range(30), *[30] * 20, *range(31, 60)])
    text = padded(lines)
    state, table = empty_state(40)
    taken = tally_lines(text, len(lines), state, table)
    return (
        taken == len(lines)
        and 3 < state[GROUPS] < 20
        and any(tuple(row[:2]) == (100, 20) for row in table)
        and tuple(state[[KEY_LENGTH, RECORDS, BYTES]]) == (3, 1, 5)
    )


@kernel
def tally_frames(source, size, state: Int64s, table):
    """Look at *size* bytes of whole frames, each of them."""
    at = source
    end = source + size
    key, key_length = state[KEY], state[KEY_LENGTH]
    records, total = state[RECORDS], state[BYTES]
    while at < end:
        this, this_length = at + HEADER + load32(at), load32(at + 4)
        if this_length != key_length or not same(key, this, key_length):
            if key_length >= 0:
                _close(state, table, key, key_length, records, total)
            key, key_length = this, this_length
            records, total = types.int64(0), types.int64(0)
        records += 1
        length = frame_size(at)
        total += length
        at += length
    state[KEY], state[KEY_LENGTH] = key, key_length
    state[RECORDS], state[BYTES] = records, total


@self_test(tally_frames)
def _tallies_frames(tally_frames):
    frames = [struct.pack("<3I", 1, 1, 2) + text for text in (b"skv1", b"tkv2", b"uwv3")]
    text = padded(b"".join(frames))
    state, table = empty_state(0)
    tally_frames(text, 48, state, table)
    key = text.ctypes.data + 45
    return tuple(state) == (0, key, 1, 1, 16, 1, 1, 0, 0) and _holds(table[0], b"k", 2, 32)


def _holds(row, key, records, size):
    """True when *row* holds the first group."""
    kept = row[ROW_KEY:].tobytes()[: len(key)]
    return kept == key and tuple(row[:ROW_KEY]) == (size, records, 1, len(key))


@kernel
def up_to_tab(source, size):
    """Count the bytes up to the first TAB, with it; 0 when there is none."""
    found = find(source, source + size, TABS)
    return found + 1 - source if found < source + size else types.int64(0)


@self_test(up_to_tab)
def _finds_the_first_tab(up_to_tab):
    return up_to_tab(b"longer than a word\t\t", 20) == 19 and up_to_tab(b"a\t", 1) == 0
