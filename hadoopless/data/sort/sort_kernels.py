"""Kernels that find the lines of a mapper and order records by (partition, key).

A record is a line; its key ends at the first TAB. All sorting is stable: equal keys
keep the order in which they were written.
"""

from __future__ import annotations

import numpy as np

from hadoopless.data.machine.kernels import (
    Int64Rows,
    UInt32Rows,
    UInt32s,
    UInt64s,
    inlined,
    kernel,
    subroutine,
    types,
)
from hadoopless.data.machine.lines import NEWLINES
from hadoopless.data.machine.memory import (
    compare,
    find,
    key_prefix,
    load8,
)
from hadoopless.data.machine.selftest import self_test, uint32s
from hadoopless.data.sort.key_kernels import LENGTHS, STARTS

#: The third row of the table that `scan` fills: lengths of lines without their newlines.
LINE_LENGTHS = 2

# Columns of `counts`, a row for each partition.
RECORDS = 0
BYTES = 1
NEXT = 2  # for `order` alone: where its next record goes
COUNT_COLUMNS = 3

#: Up to so many records, insertion sort is faster than radix sort.
_INSERTION = 24
#: Records that insertion sort puts in order before the merge sort.
_STRETCH = 8
_RADIX_BITS = 11
_RADIX_SIZE = 1 << _RADIX_BITS
_RADIX_PASSES = 6  # 6 * 11 >= 64
#: The shape of an array that :func:`order` works with.
HISTOGRAM = (_RADIX_PASSES, _RADIX_SIZE)


@kernel
def scan(
    base,
    size,
    prefixes: UInt64s,
    lines: UInt32Rows,
    partition_of: UInt32s,
    counts: Int64Rows,
):
    """Find the records in *size* bytes at *base*, all lines whole, until the arrays are full.

    Fills ``prefixes``, ``lines`` (a table of keys with the length of each line, without its
    newline, as the third row) and ``partition_of`` (Hadoop's HashPartitioner: the bytes of the key
    are signed, 32-bit arithmetic), and adds to ``counts``. Returns the number of records and how
    many bytes they took.
    """
    limit = len(prefixes)
    partitions = len(counts)
    records = 0
    at = base
    end = base + size
    while at < end and records < limit:
        line_end = find(at, end, NEWLINES)
        h = types.int64(1)
        p = at
        while p < line_end:
            byte = types.int64(types.int8(load8(p)))
            if byte == 9:
                break
            h = h * 31 + byte
            p += 1
        key_length = p - at
        length = line_end - at
        partition = (h & 0x7FFFFFFF) % partitions
        prefixes[records] = key_prefix(at, key_length)
        lines[STARTS, records] = at - base
        lines[LENGTHS, records] = key_length
        lines[LINE_LENGTHS, records] = length
        partition_of[records] = partition
        counts[partition, RECORDS] += 1
        counts[partition, BYTES] += length + (2 if key_length == length else 1)
        records += 1
        at = line_end + 1
    return records, min(at, end) - base


@self_test(scan)
def _scans_lines(scan):
    prefixes = np.zeros(4, np.uint64)
    lines = np.zeros((3, 4), np.uint32)
    partition_of = np.zeros(4, np.uint32)
    counts = np.zeros((2, COUNT_COLUMNS), np.int64)
    text = b"bee\t1\nant\nlonger key\t2\n"
    return (
        scan(text, len(text), prefixes, lines, partition_of, counts) == (3, len(text))
        and prefixes.tolist() == [0x6265650000000003, 0x616E740000000003, 0x6C6F6E6765722008, 0]
        and lines.tolist() == [[0, 6, 10, 0], [3, 3, 10, 0], [5, 3, 12, 0]]
        and partition_of.tolist() == [1, 0, 1, 0]
        and counts.tolist() == [[1, 5, 0], [2, 19, 0]]
    )


@kernel
def order(
    base,
    records,
    keys: UInt32Rows,
    prefixes: UInt64s,
    partition_of: UInt32s,
    counts: Int64Rows,
    index: UInt32s,
    sorted_prefixes: UInt64s,
    spare_index: UInt32s,
    spare_prefixes: UInt64s,
    histogram: UInt32Rows,
):
    """Write the record numbers into ``index``, by (partition, key, order of emission).

    The arrays behind ``index`` are work space: of at least *records* entries, ``histogram`` of the
    shape HISTOGRAM.
    """
    begin = types.int64(0)
    for partition in range(len(counts)):
        counts[partition, NEXT] = begin
        begin += counts[partition, RECORDS]
    for record in range(records):
        partition = partition_of[record]
        slot = counts[partition, NEXT]
        counts[partition, NEXT] = slot + 1
        sorted_prefixes[slot] = prefixes[record]
        index[slot] = record
    begin = types.int64(0)
    for partition in range(len(counts)):
        end = begin + counts[partition, RECORDS]
        if end - begin <= _INSERTION:
            _insertion_by_prefix(sorted_prefixes, index, begin, end)
        else:
            _radix_by_prefix(
                sorted_prefixes, index, spare_prefixes, spare_index, begin, end, histogram
            )
        _settle_ties(base, keys, sorted_prefixes, index, spare_index, begin, end)
        begin = end


@self_test(order)
def _orders_records(order):
    """Short and long keys, many times each, in a large partition and in a small one."""
    keys = [b"%d" % (7 * i % 10) if i % 3 else b"longer %d" % (7 * i % 20) for i in range(60)]
    partition_of = uint32s(*(i % 5 == 0 for i in range(60)))
    table = uint32s([sum(map(len, keys[:i])) for i in range(60)], [len(key) for key in keys])
    prefixes = np.array([_prefix(key) for key in keys], np.uint64)
    counts = np.array([[48, 0, 0], [12, 0, 0]], np.int64)
    index, spare_index = np.zeros((2, 60), np.uint32)
    spare = np.zeros((2, 60), np.uint64)
    histogram = np.zeros(HISTOGRAM, np.uint32)
    text = b"".join(keys)
    order(
        text,
        60,
        table,
        prefixes,
        partition_of,
        counts,
        index,
        spare[0],
        spare_index,
        spare[1],
        histogram,
    )
    return index.tolist() == sorted(range(60), key=lambda i: (partition_of[i], keys[i]))


def _prefix(key):
    return int.from_bytes(key[:7].ljust(7, b"\0") + bytes([min(len(key), 8)]), "big")


@subroutine
def _insertion_by_prefix(prefixes, index, begin, end):
    for i in range(begin + 1, end):
        prefix = prefixes[i]
        number = index[i]
        j = i
        while j > begin and prefixes[j - 1] > prefix:
            prefixes[j] = prefixes[j - 1]
            index[j] = index[j - 1]
            j -= 1
        prefixes[j] = prefix
        index[j] = number


@inlined
def _count_digits(prefixes, begin, end, histogram):
    """Count, for each digit of the radix sort, how many prefixes have each of its values."""
    mask = types.uint64(_RADIX_SIZE - 1)
    histogram[:] = 0
    for i in range(begin, end):
        prefix = prefixes[i]
        for digit in range(_RADIX_PASSES):
            shift = types.uint64(digit * _RADIX_BITS)
            histogram[digit, types.int64((prefix >> shift) & mask)] += 1


@subroutine
def _radix_by_prefix(prefixes, index, spare_prefixes, spare_index, begin, end, histogram):
    """LSD radix sort of [begin, end); passes in which all digits are equal are left out."""
    mask = types.uint64(_RADIX_SIZE - 1)
    _count_digits(prefixes, begin, end, histogram)
    swapped = False
    for digit in range(_RADIX_PASSES):
        shift = types.uint64(digit * _RADIX_BITS)
        row = histogram[digit]
        if row[types.int64((prefixes[begin] >> shift) & mask)] == end - begin:
            continue
        total = begin
        for bucket in range(_RADIX_SIZE):
            size = row[bucket]
            row[bucket] = total
            total += size
        for i in range(begin, end):
            prefix = prefixes[i]
            bucket = types.int64((prefix >> shift) & mask)
            slot = row[bucket]
            row[bucket] = slot + 1
            spare_prefixes[slot] = prefix
            spare_index[slot] = index[i]
        prefixes, spare_prefixes = spare_prefixes, prefixes
        index, spare_index = spare_index, index
        swapped = not swapped
    if swapped:
        for i in range(begin, end):
            spare_prefixes[i] = prefixes[i]
            spare_index[i] = index[i]


@subroutine
def _settle_ties(base, keys, prefixes, index, spare, begin, end):
    """Order the records whose prefixes are equal and do not hold the whole key."""
    i = begin
    while i < end:
        j = i + 1
        while j < end and prefixes[j] == prefixes[i]:
            j += 1
        if j - i > 1 and (prefixes[i] & types.uint64(0xFF)) == types.uint64(8):
            _merge_sort_keys(base, keys, index, spare, i, j)
        i = j


@inlined
def _after(base, keys, a, b):
    """True when the key of record *a* sorts after that of *b*; the first seven bytes are equal."""
    left = base + types.int64(keys[STARTS, a]) + 7
    right = base + types.int64(keys[STARTS, b]) + 7
    left_length = types.int64(keys[LENGTHS, a]) - 7
    return compare(left, left_length, right, types.int64(keys[LENGTHS, b]) - 7) > 0


@inlined
def _are_in_order(base, keys, index, begin, end):
    i = begin + 1
    while i < end and not _after(base, keys, index[i - 1], index[i]):
        i += 1
    return i >= end


@inlined
def _insertion_by_key(base, keys, index, begin, end):
    for i in range(begin + 1, end):
        record = index[i]
        j = i
        while j > begin and _after(base, keys, index[j - 1], record):
            index[j] = index[j - 1]
            j -= 1
        index[j] = record


@inlined
def _merge_neighbours(base, keys, index, spare, low, middle, high):
    """Merge the sorted stretches [low, middle) and [middle, high) of the index."""
    for i in range(low, middle):
        spare[i] = index[i]
    left = low
    right = middle
    out = low
    while left < middle:
        if right < high and _after(base, keys, spare[left], index[right]):
            index[out] = index[right]
            right += 1
        else:
            index[out] = spare[left]
            left += 1
        out += 1


@subroutine
def _merge_sort_keys(base, keys, index, spare, begin, end):
    """Stable bottom-up merge sort over insertion-sorted stretches; sorted input costs one pass."""
    if _are_in_order(base, keys, index, begin, end):
        return
    step = _STRETCH
    low = begin
    while low < end:
        high = min(low + step, end)
        _insertion_by_key(base, keys, index, low, high)
        low = high
    while step < end - begin:
        low = begin
        while low + step < end:
            middle = low + step
            high = min(middle + step, end)
            if _after(base, keys, index[middle - 1], index[middle]):
                _merge_neighbours(base, keys, index, spare, low, middle, high)
            low = high
        step *= 2
