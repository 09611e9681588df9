"""Kernels that find the lines of a mapper, put equal keys into groups, and order the groups.

Mappers repeat keys, and often whole records. So each key is looked up in a hash table with open
addressing; a record that equals the one before it in its group is only counted. What is sorted,
hashed for its partition and written is then a small part of what the program has written.

A group has a prefix, a key in a table of keys, and a row of ``groups``. An *entry* is a record and
the number of times that it comes in a row within its group.
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
)
from hadoopless.data.machine.selftest import padded, self_test, uint32s
from hadoopless.data.record.repeat_kernels import repeat_size, write_repeat
from hadoopless.data.sort.block_kernels import text_sizes
from hadoopless.data.sort.key_kernels import LENGTHS, STARTS
from hadoopless.data.sort.sort_kernels import BYTES, COUNT_COLUMNS, RECORDS

# Columns of `groups`.
LAST = 0  # its last entry
SIZE = 1  # bytes of its records as they are written
TOTAL = 2  # its records
PLACE = 3  # where its next record is written
GROUP_COLUMNS = 4

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
def _slot_of(base, at, key_length, prefix, h, table, mask, prefixes, keys):
    """The slot of the key at *at*: it holds the number of its group plus 1, or 0.

    Slot -1 says that too many keys have nearly the same hash.
    """
    slot = types.int64(h >> types.uint64(_UNUSED_BITS)) & mask
    for _ in range(_MOST_LOOKS):
        number = types.int64(table[slot])
        if number == 0:
            return slot
        row = number - 1
        if prefixes[row] == prefix and (
            key_length < 8
            or (
                types.int64(keys[LENGTHS, row]) == key_length
                and same(base + types.int64(keys[STARTS, row]) + 7, at + 7, key_length - 7)
            )
        ):
            return slot
        slot = (slot + 1) & mask
    return types.int64(-1)


@inlined
def _growth(times):
    """The bytes that a count grows by when it becomes *times*, at least 2."""
    if times & (times - 1) != 0:
        return types.int64(0)
    return repeat_size(times) - (repeat_size(times - 1) if times > 2 else types.int64(0))


@inlined
def _begin_group(row, start, key_length, prefix, prefixes, keys, groups):
    prefixes[row] = prefix
    keys[STARTS, row] = types.uint32(start)
    keys[LENGTHS, row] = types.uint32(key_length)
    groups[row, SIZE] = types.uint32(0)
    groups[row, TOTAL] = types.uint32(0)


@inlined
def _comes_again(base, key_end, key_length, length, last, entries):
    """True if the line of *length* bytes, whose key ends at *key_end*, equals that of *last*."""
    before = base + types.int64(entries[last, START]) + key_length
    return types.int64(entries[last, LENGTH]) == length and same(
        before, key_end, length - key_length
    )


@inlined
def _count_again(row, last, groups, entries):
    times = types.int64(entries[last, TIMES]) + 1
    entries[last, TIMES] = types.uint32(times)
    groups[row, SIZE] += types.uint32(_growth(times))


@inlined
def _add_entry(entry, start, length, row, key_length, groups, entries):
    entries[entry, START] = types.uint32(start)
    entries[entry, LENGTH] = types.uint32(length)
    entries[entry, TIMES] = types.uint32(1)
    entries[entry, GROUP] = types.uint32(row)
    groups[row, LAST] = types.uint32(entry)
    groups[row, SIZE] += types.uint32(length + (2 if key_length == length else 1))


@kernel
def group(
    base,
    size,
    least_repeats,
    table: UInt32s,
    slots,
    prefixes: UInt64s,
    keys: UInt32Rows,
    groups: UInt32Rows,
    entries: UInt32Rows,
):
    """Put the records in *size* bytes at *base*, all lines whole, into groups.

    Ends when the arrays are full. ``table`` is work space: *slots* of it, a power of two; at most
    half of them are used. Stops early, with 0 groups, if fewer than *least_repeats* in a hundred of
    the first records have the key of another one, or if too many keys have the same hash. Returns
    groups, entries, records and the bytes taken.
    """
    most_groups = min(len(prefixes), slots >> 1)
    most_entries = len(entries)
    for slot in range(slots):
        table[slot] = 0
    group_count = types.int64(0)
    entry_count = types.int64(0)
    records = types.int64(0)
    at = base
    end = base + size
    while at < end and entry_count < most_entries and group_count < most_groups:
        if records == _SAMPLE and (records - group_count) * 100 < records * least_repeats:
            return types.int64(0), entry_count, records, types.int64(0)
        key_end, h = _end_of_key(at)
        key_length = key_end - at
        line_end = key_end
        if load8(key_end) == 9:
            line_end = find(key_end + 1, end, NEWLINES)
        length = line_end - at
        prefix = key_prefix(at, key_length)
        slot = _slot_of(base, at, key_length, prefix, h, table, slots - 1, prefixes, keys)
        if slot < 0:
            return types.int64(0), entry_count, records, types.int64(0)
        row = types.int64(table[slot]) - 1
        again = row >= 0
        if again:
            last = types.int64(groups[row, LAST])
            again = _comes_again(base, key_end, key_length, length, last, entries)
            if again:
                _count_again(row, last, groups, entries)
        else:
            row = group_count
            group_count += 1
            table[slot] = types.uint32(group_count)
            _begin_group(row, at - base, key_length, prefix, prefixes, keys, groups)
        if not again:
            _add_entry(entry_count, at - base, length, row, key_length, groups, entries)
            entry_count += 1
        groups[row, TOTAL] += types.uint32(1)
        records += 1
        at = line_end + 1
    return group_count, entry_count, records, min(at, end) - base


@kernel
def partition_groups(
    base,
    group_count,
    keys: UInt32Rows,
    groups: UInt32Rows,
    partition_of: UInt32s,
    counts: Int64Rows,
    group_counts: Int64Rows,
):
    """Find the partition of each group: Hadoop's HashPartitioner, in 32-bit arithmetic.

    Adds the records and bytes to ``counts``, and the groups as records to ``group_counts``.
    """
    partitions = len(counts)
    for row in range(group_count):
        at = base + types.int64(keys[STARTS, row])
        h = types.int64(1)
        for p in range(at, at + types.int64(keys[LENGTHS, row])):
            h = h * 31 + types.int64(types.int8(load8(p)))
        partition = (h & 0x7FFFFFFF) % partitions
        partition_of[row] = partition
        counts[partition, RECORDS] += types.int64(groups[row, TOTAL])
        counts[partition, BYTES] += types.int64(groups[row, SIZE])
        group_counts[partition, RECORDS] += 1


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
    """Short and long keys, twice in a row and not."""
    text = padded(b"a\t1\nb\na\t1\na long key\t2\na\t2\na long key\t2\nb\t\n")
    table, prefixes = np.ones(32, np.uint32), np.zeros(8, np.uint64)
    keys = np.zeros((2, 8), np.uint32)
    groups, entries = np.zeros((2, 8, 4), np.uint32)
    found = group(text, 43, 0, table, 32, prefixes, keys, groups, entries)
    return (
        found == (3, 5, 7, 43)
        and prefixes[:3].tolist() == [0x6100000000000001, 0x6200000000000001, 0x61206C6F6E672008]
        and keys[:, :3].tolist() == [[0, 4, 10], [1, 1, 10]]
        and groups[:3, : TOTAL + 1].tolist() == [[3, 10, 3], [4, 6, 2], [2, 15, 2]]
        and entries[:5].tolist()
        == [[0, 3, 2, 0], [4, 1, 1, 1], [10, 12, 2, 2], [23, 3, 1, 0], [40, 2, 1, 1]]
        and np.count_nonzero(table) == 3
    )


@self_test(partition_groups)
def _partitions_groups(partition_groups):
    keys = uint32s([0, 6], [3, 3])
    groups = uint32s([0, 6, 1, 0], [1, 8, 70, 0])
    partition_of = np.zeros(2, np.uint32)
    counts, group_counts = np.zeros((2, 2, COUNT_COLUMNS), np.int64)
    partition_groups(padded(b"bee\t1\nant\n"), 2, keys, groups, partition_of, counts, group_counts)
    return (
        partition_of.tolist() == [1, 0]
        and counts.tolist() == [[70, 8, 0], [1, 6, 0]]
        and group_counts.tolist() == [[1, 0, 0], [1, 0, 0]]
    )


@self_test(gather_groups)
def _gathers_groups(gather_groups):
    text = padded(b"bee\t1\nant\nbee\t2\n")
    keys = uint32s([0, 6], [3, 3])
    groups = uint32s([2, 14, 3, 0], [1, 8, 70, 0])
    entries = uint32s([0, 5, 1, 0], [6, 3, 70, 1], [10, 5, 2, 0])
    target = np.zeros(100, np.uint8)
    index, partition_of, written = uint32s(1, 0), uint32s(0, 1), np.zeros(2, np.int64)
    size = gather_groups(text, 2, 3, keys, groups, entries, index, partition_of, written, target)
    return (
        written.tolist() == [18, 350]
        and target[:size].tobytes() == b"\n\x81\x46ant\t\nbee\t1\n\n\x42bee\t2\n"
    )
