"""Kernels that find the lines of a mapper, put equal keys into groups, and order the groups.

Mappers repeat keys, and often whole records. So each key is looked up in a hash table with open
addressing; a record that equals the one before it in its group is only counted. What is sorted,
hashed for its partition and written is then a small part of what the program has written.

An *entry* is a record and the number of times that it comes in a row within its group. While lines
are read, a group has a row of ``rows``; afterwards it has a prefix, a key in a table of keys, and a
row of ``groups``.
"""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

import numpy as np

from hadoopless.data.machine.kernels import (
    Int64Rows,
    Int64s,
    UInt32Rows,
    UInt32s,
    UInt64s,
    inlined,
    kernel,
    types,
)
from hadoopless.data.machine.lines import NEWLINES, TABS
from hadoopless.data.machine.memory import (
    copy_exactly,
    find,
    key_prefix,
    load8,
    load64,
    lowest_bit,
    same,
    store8,
    store64,
)
from hadoopless.data.machine.selftest import padded, self_test, uint32s
from hadoopless.data.record.repeat_kernels import repeat_size, write_repeat
from hadoopless.data.sort.block_kernels import text_sizes
from hadoopless.data.sort.key_kernels import LENGTHS, STARTS
from hadoopless.data.sort.sort_kernels import BYTES, COUNT_COLUMNS, RECORDS

# Columns of `rows`: what the table of a block knows of a group, in one line of the cache. The last
# record is not among its entries yet.
_PREFIX = 0
_KEY = 1  # offset of the first key in its upper half, length in its lower one
_REST = 2  # of the last record: the first eight bytes behind the key
_LAST = 3  # of the last record: offset and length of its line
_TIMES = 4  # of the last record
_SIZE = 5  # bytes of the records that are entries, as they are written
_TOTAL = 6  # the records that are entries
ROW_COLUMNS = 8

# Columns of `groups`.
SIZE = 0  # bytes of its records as they are written
TOTAL = 1  # its records
PLACE = 2  # where its next record is written
GROUP_COLUMNS = 3

# Columns of `entries`.
START = 0  # offset of its line
LENGTH = 1  # of its line, without the newline
TIMES = 2
GROUP = 3
ENTRY_COLUMNS = 4

#: Records after which a block shows how often its keys come again.
_SAMPLE = 4096
#: Looks at the table for one key. Half of it is free, so only keys that were made to have the same
#: hash need as many.
_MOST_LOOKS = 500
#: Higher bits of a product depend on all bytes of a last word, of which there are at most seven.
_UNUSED_BITS = 40
#: An odd number whose bits are mixed: 2**64 divided by the golden ratio.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_LOWS = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)


@inlined
def _ends(word):
    """The bits 7 of the bytes of *word* that are TAB or newline; only the lowest one is sure."""
    tab = word ^ TABS
    line_end = word ^ NEWLINES
    return (((tab - _LOWS) & ~tab) | ((line_end - _LOWS) & ~line_end)) & _HIGHS


@inlined
def _end_of_key(at):
    """The address of the first TAB or newline from *at* on, and a hash of the bytes before it."""
    h = types.uint64(0)
    word = load64(at)
    hit = _ends(word)
    while hit == 0:
        h = (h ^ word) * _SPREAD
        h ^= h >> types.uint64(32)
        at += 8
        word = load64(at)
        hit = _ends(word)
    bit = lowest_bit(hit) - 7
    kept = word & ((types.uint64(1) << types.uint64(bit)) - types.uint64(1))
    return at + (bit >> 3), (h ^ kept) * _SPREAD


@inlined
def _get(row, column):
    return load64(row + 8 * column)


@inlined
def _set(row, column, value):
    store64(row + 8 * column, types.uint64(value))


@inlined
def _upper(cell):
    return types.int64(cell >> types.uint64(32))


@inlined
def _lower(cell):
    return types.int64(cell & types.uint64(0xFFFFFFFF))


@inlined
def _both(upper, lower):
    return types.uint64(upper) << types.uint64(32) | types.uint64(lower)


@inlined
def _row(rows, number):
    return rows + number * (8 * ROW_COLUMNS)


@inlined
def _rest_of_line(at, end):
    """The address of the newline from *at* on, and the first eight bytes before it."""
    word = load64(at)
    line_end = word ^ NEWLINES
    hit = (line_end - _LOWS) & ~line_end & _HIGHS
    if hit == 0:
        return find(at + 8, end, NEWLINES), word
    bit = lowest_bit(hit) - 7
    return at + (bit >> 3), word & ((types.uint64(1) << types.uint64(bit)) - types.uint64(1))


@inlined
def _slot_of(base, at, key_length, prefix, h, table, mask, rows):
    """The slot of the key at *at*: it holds the number of its group plus 1, or 0.

    Slot -1 says that too many keys have nearly the same hash.
    """
    slot = (h >> types.uint64(_UNUSED_BITS)) & types.uint64(mask)
    for _ in range(_MOST_LOOKS):
        number = types.int64(table[slot])
        if number == 0:
            return types.int64(slot)
        row = _row(rows, number - 1)
        if _get(row, _PREFIX) == prefix:
            key = _get(row, _KEY)
            if key_length < 8 or (
                _lower(key) == key_length and same(base + _upper(key) + 7, at + 7, key_length - 7)
            ):
                return types.int64(slot)
        slot = (slot + types.uint64(1)) & types.uint64(mask)
    return types.int64(-1)


@inlined
def _comes_again(base, row, key_end, key_length, length, rest):
    """True if the line of *length* bytes, whose key ends at *key_end*, is the last one of *row*."""
    last = _get(row, _LAST)
    if _lower(last) != length or _get(row, _REST) != rest:
        return False
    done = key_length + 8
    return length <= done or same(base + _upper(last) + done, key_end + 8, length - done)


@inlined
def _add_entry(row, number, entry, entries):
    """Let the last record of *row* be an entry."""
    last = _get(row, _LAST)
    length = _lower(last)
    times = types.int64(_get(row, _TIMES))
    entries[entry, START] = types.uint32(_upper(last))
    entries[entry, LENGTH] = types.uint32(length)
    entries[entry, TIMES] = types.uint32(times)
    entries[entry, GROUP] = types.uint32(number)
    size = length + (2 if _lower(_get(row, _KEY)) == length else 1)
    if times > 1:
        size += repeat_size(times)
    _set(row, _SIZE, types.int64(_get(row, _SIZE)) + size)
    _set(row, _TOTAL, types.int64(_get(row, _TOTAL)) + times)


@kernel
def group(base, size, least_repeats, table: UInt32s, slots, rows, most_groups, entries: UInt32Rows):
    """Put the records in *size* bytes at *base*, all lines whole, into groups.

    Ends when there is no room for another group in the *most_groups* at *rows*, or for all entries.
    ``table`` is work space: *slots* of it, a power of two; at most half of them are used. Stops
    early, with 0 groups, if fewer than *least_repeats* in a hundred of the first records have the
    key of another one, or if too many keys have the same hash. Returns groups, entries, records and
    the bytes taken.
    """
    most_groups = min(most_groups, slots >> 1)
    most_entries = len(entries)
    for slot in range(slots):
        table[slot] = 0
    groups = types.int64(0)
    entry = types.int64(0)
    records = types.int64(0)
    at = base
    end = base + size
    while at < end and groups < most_groups and groups + entry < most_entries:
        if records == _SAMPLE and (records - groups) * 100 < records * least_repeats:
            return types.int64(0), entry, records, types.int64(0)
        key_end, h = _end_of_key(at)
        key_length = key_end - at
        line_end, rest = _rest_of_line(key_end, end)
        length = line_end - at
        prefix = key_prefix(at, key_length)
        slot = _slot_of(base, at, key_length, prefix, h, table, slots - 1, rows)
        if slot < 0:
            return types.int64(0), entry, records, types.int64(0)
        number = types.int64(table[slot]) - 1
        row = _row(rows, number)
        if number >= 0 and _comes_again(base, row, key_end, key_length, length, rest):
            _set(row, _TIMES, types.int64(_get(row, _TIMES)) + 1)
        else:
            if number >= 0:
                _add_entry(row, number, entry, entries)
                entry += 1
            else:
                row = _row(rows, groups)
                groups += 1
                table[slot] = types.uint32(groups)
                _set(row, _PREFIX, prefix)
                _set(row, _KEY, _both(at - base, key_length))
                _set(row, _SIZE, 0)
                _set(row, _TOTAL, 0)
            _set(row, _REST, rest)
            _set(row, _LAST, _both(at - base, length))
            _set(row, _TIMES, 1)
        records += 1
        at = line_end + 1
    return groups, entry, records, min(at, end) - base


@kernel
def partition_groups(
    base,
    group_count,
    entry,
    rows,
    prefixes: UInt64s,
    keys: UInt32Rows,
    groups: UInt32Rows,
    entries: UInt32Rows,
    partition_of: UInt32s,
    counts: Int64Rows,
    group_counts: Int64Rows,
):
    """Complete the groups in *rows*, and find the partition of each.

    That is Hadoop's HashPartitioner, in 32-bit arithmetic. Adds the records and bytes to
    ``counts``, the groups as records to ``group_counts``, and the last record of each group to the
    entries, of which there have been *entry*; returns how many there are.
    """
    partitions = len(counts)
    for number in range(group_count):
        row = _row(rows, number)
        _add_entry(row, number, entry + number, entries)
        key = _get(row, _KEY)
        prefixes[number] = _get(row, _PREFIX)
        keys[STARTS, number] = types.uint32(_upper(key))
        keys[LENGTHS, number] = types.uint32(_lower(key))
        groups[number, SIZE] = types.uint32(_get(row, _SIZE))
        groups[number, TOTAL] = types.uint32(_get(row, _TOTAL))
        at = base + _upper(key)
        h = types.int64(1)
        for p in range(at, at + _lower(key)):
            h = h * 31 + types.int64(types.int8(load8(p)))
        partition = (h & 0x7FFFFFFF) % partitions
        partition_of[number] = partition
        counts[partition, RECORDS] += types.int64(groups[number, TOTAL])
        counts[partition, BYTES] += types.int64(groups[number, SIZE])
        group_counts[partition, RECORDS] += 1
    return entry + group_count


@kernel
def gather_groups(
    base,
    group_count,
    entry_count,
    keys: UInt32Rows,
    groups: UInt32Rows,
    entries: UInt32Rows,
    index: UInt32s,
    partition_of: UInt32s,
    written: Int64s,
    target,
):
    """Write the records of the groups in the order of ``index`` to *target*; returns the bytes.

    Adds to ``written``, for each partition, what they would take if none were left out.

    A TAB is put in where the program left it out. A record that comes several times is written
    once, with a count before it (:mod:`hadoopless.data.record.repeat_kernels`), where that saves
    anything: two empty records take as much as one with a count.
    """
    at = types.int64(0)
    for i in range(group_count):
        row = types.int64(index[i])
        groups[row, PLACE] = types.uint32(at)
        at += types.int64(groups[row, SIZE])
    for entry in range(entry_count):
        row = types.int64(entries[entry, GROUP])
        out = target + types.int64(groups[row, PLACE])
        times = types.int64(entries[entry, TIMES])
        length = types.int64(entries[entry, LENGTH])
        if times == 2 and length <= 1 and types.int64(keys[LENGTHS, row]) == 0:
            store8(out, types.uint8(9))
            store8(out + 1, types.uint8(10))
            out += 2
        elif times > 1:
            out = write_repeat(out, times)
        copy_exactly(out, base + types.int64(entries[entry, START]), length)
        out += length
        if length == types.int64(keys[LENGTHS, row]):
            store8(out, types.uint8(9))
            out += 1
            length += 1
        store8(out, types.uint8(10))
        groups[row, PLACE] = types.uint32(out + 1 - target)
        written[partition_of[row]] += times * (length + 1)
    return at


@kernel
def hadoop_sizes_of_groups(entry_count, keys: UInt32Rows, entries: UInt32Rows):
    """The sizes as :func:`block_kernels.hadoop_sizes_of_lines` has them."""
    written = types.int64(0)
    in_file = types.int64(0)
    for entry in range(entry_count):
        length = types.int64(entries[entry, LENGTH])
        key_length = types.int64(keys[LENGTHS, types.int64(entries[entry, GROUP])])
        times = types.int64(entries[entry, TIMES])
        key, value, lengths = text_sizes(key_length, length)
        written += times * (key + value)
        in_file += times * (key + value + lengths)
    return written, in_file


@self_test(hadoop_sizes_of_groups)
def _measures_groups_as_hadoop(hadoop_sizes_of_groups):
    entries = uint32s([0, 5, 1, 0], [6, 3, 10, 1])
    return hadoop_sizes_of_groups(2, uint32s([0, 6], [3, 3]), entries) == (56, 78)


@self_test(group)
def _groups_records(group):
    """Short and long keys, long values, twice in a row and not."""
    text = padded(b"a\t1\nb\na\t1\na long key\t2\na\t2\na long key\t2\nb\t\n" + 2 * _LONG_VALUE)
    table, rows = np.ones(32, np.uint32), np.zeros((8, ROW_COLUMNS), np.uint64)
    entries = np.zeros((9, ENTRY_COLUMNS), np.uint32)
    found = group(text, 43 + 2 * len(_LONG_VALUE), 0, table, 32, rows.ctypes.data, 8, entries)
    keys = [(0, 1), (4, 1), (10, 10), (43, 1)]
    lasts = [(23, 3), (40, 2), (10, 12), (43, 14)]
    return (
        found == (4, 2, 9, 73)
        and rows[:4, _PREFIX].tolist()
        == [0x6100000000000001, 0x6200000000000001, 0x61206C6F6E672008, 0x6300000000000001]
        and rows[:4, _KEY].tolist() == [start << 32 | length for start, length in keys]
        and rows[:4, _LAST].tolist() == [start << 32 | length for start, length in lasts]
        and rows[:4, _TIMES].tolist() == [1, 1, 2, 2]
        and entries[:2].tolist() == [[0, 3, 2, 0], [4, 1, 1, 1]]
        and np.count_nonzero(table) == 4
    )


_LONG_VALUE = b"c\ta long value\n"


@self_test(partition_groups)
def _partitions_groups(partition_groups):
    rows = np.zeros((2, ROW_COLUMNS), np.uint64)
    rows[:, _PREFIX] = 7, 8
    rows[:, _KEY] = 3, 6 << 32 | 3
    rows[:, _LAST] = 5, 6 << 32 | 3
    rows[:, _TIMES] = 1, 70
    rows[:, _SIZE : _TOTAL + 1] = [[6, 1], [0, 0]]
    prefixes, partition_of = np.zeros(2, np.uint64), np.zeros(2, np.uint32)
    keys, groups = np.zeros((2, 2), np.uint32), np.zeros((2, GROUP_COLUMNS), np.uint32)
    entries = np.zeros((3, ENTRY_COLUMNS), np.uint32)
    counts, group_counts = np.zeros((2, 2, COUNT_COLUMNS), np.int64)
    found = (prefixes, keys, groups, entries, partition_of, counts, group_counts)
    entry = partition_groups(padded(b"bee\t1\nant\n"), 2, 1, rows.ctypes.data, *found)
    return (
        entry == 3
        and prefixes.tolist() == [7, 8]
        and keys.tolist() == [[0, 6], [3, 3]]
        and groups[:, : TOTAL + 1].tolist() == [[12, 2], [8, 70]]
        and entries[1:].tolist() == [[0, 5, 1, 0], [6, 3, 70, 1]]
        and partition_of.tolist() == [1, 0]
        and counts.tolist() == [[70, 8, 0], [2, 12, 0]]
        and group_counts.tolist() == [[1, 0, 0], [1, 0, 0]]
    )


@self_test(gather_groups)
def _gathers_groups(gather_groups):
    text = padded(b"bee\t1\nant\nbee\t2\n")
    keys = uint32s([0, 6], [3, 3])
    groups = uint32s([14, 3, 0], [8, 70, 0])
    entries = uint32s([0, 5, 1, 0], [6, 3, 70, 1], [10, 5, 2, 0])
    target = np.zeros(100, np.uint8)
    index, partition_of, written = uint32s(1, 0), uint32s(0, 1), np.zeros(2, np.int64)
    size = gather_groups(text, 2, 3, keys, groups, entries, index, partition_of, written, target)
    return (
        written.tolist() == [18, 350]
        and target[:size].tobytes() == b"\n\x81\x46ant\t\nbee\t1\n\n\x42bee\t2\n"
    )
