"""Kernels that scan the lines of a mapper and order records by (partition, key).

A record is a line; its key ends at the first TAB (SPEC point C). All sorting is stable: equal keys
keep the order in which they were written.
"""

from __future__ import annotations

from hadoopless.data.machine.kernels import (
    Int64Rows,
    Int64s,
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
    load8,
    packed_prefix,
)

_INSERTION = 24
_RADIX_BITS = 11
_RADIX_SIZE = 1 << _RADIX_BITS
_RADIX_PASSES = 6  # 6 * 11 >= 64
#: The shape of an array that `order` works with.
HISTOGRAM = (_RADIX_PASSES, _RADIX_SIZE)


@kernel
def scan(
    base,
    size,
    partitions,
    prefixes: UInt64s,
    starts: UInt32s,
    lengths: UInt32s,
    key_lengths: UInt32s,
    parts: UInt32s,
    counts: Int64Rows,
):
    """Find the records in *size* bytes at *base*, all lines whole, until the arrays are full.

    Fills one entry a record in ``prefixes`` (see ``packed_prefix``), ``starts`` (offset),
    ``lengths`` (without the NL), ``key_lengths``, ``parts`` (Hadoop's HashPartitioner: the bytes of
    the key are signed, 32-bit arithmetic), and adds to ``counts``, two numbers a partition: records
    and bytes. Returns the number of records and how many bytes they took.
    """
    limit = len(starts)
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
        part = (h & 0x7FFFFFFF) % partitions
        prefixes[records] = packed_prefix(at, key_length)
        starts[records] = at - base
        lengths[records] = length
        key_lengths[records] = key_length
        parts[records] = part
        counts[part, 0] += 1
        counts[part, 1] += length + (2 if key_length == length else 1)
        records += 1
        at = line_end + 1
    return records, min(at, end) - base


@kernel
def order(
    base,
    records,
    prefixes: UInt64s,
    starts: UInt32s,
    key_lengths: UInt32s,
    parts: UInt32s,
    counts: Int64Rows,
    keys: UInt64s,
    index: UInt32s,
    keys2: UInt64s,
    index2: UInt32s,
    place: Int64s,
    histogram: UInt32Rows,
):
    """Write the record numbers into ``index``, by (partition, key, order of emission).

    ``keys``, ``index``, ``keys2`` and ``index2`` are work space of at least *records* entries,
    ``place`` of one more than there are partitions, ``histogram`` of the shape HISTOGRAM.
    """
    partitions = counts.shape[0]
    place[0] = 0
    for part in range(partitions):
        place[part + 1] = place[part] + counts[part, 0]
    for i in range(records):
        slot = place[parts[i]]
        keys[slot] = prefixes[i]
        index[slot] = i
        place[parts[i]] = slot + 1
    begin = types.int64(0)
    for part in range(partitions):
        end = begin + counts[part, 0]
        if end - begin <= _INSERTION:
            _insertion_by_prefix(keys, index, begin, end)
        else:
            _radix_by_prefix(keys, index, keys2, index2, begin, end, histogram)
        _settle_ties(base, starts, key_lengths, keys, index, index2, begin, end)
        begin = end


@subroutine
def _insertion_by_prefix(keys, index, begin, end):
    for i in range(begin + 1, end):
        key = keys[i]
        number = index[i]
        j = i
        while j > begin and keys[j - 1] > key:
            keys[j] = keys[j - 1]
            index[j] = index[j - 1]
            j -= 1
        keys[j] = key
        index[j] = number


@subroutine
def _radix_by_prefix(keys, index, keys2, index2, begin, end, histogram):
    """LSD radix sort of [begin, end); passes in which all digits are equal are left out."""
    mask = types.uint64(_RADIX_SIZE - 1)
    histogram[:] = 0
    for i in range(begin, end):
        key = keys[i]
        for digit in range(_RADIX_PASSES):
            shift = types.uint64(digit * _RADIX_BITS)
            histogram[digit, types.int64((key >> shift) & mask)] += 1
    swapped = False
    for digit in range(_RADIX_PASSES):
        shift = types.uint64(digit * _RADIX_BITS)
        row = histogram[digit]
        if row[types.int64((keys[begin] >> shift) & mask)] == end - begin:
            continue
        total = begin
        for bucket in range(_RADIX_SIZE):
            size = row[bucket]
            row[bucket] = total
            total += size
        for i in range(begin, end):
            key = keys[i]
            bucket = types.int64((key >> shift) & mask)
            slot = row[bucket]
            row[bucket] = slot + 1
            keys2[slot] = key
            index2[slot] = index[i]
        keys, keys2 = keys2, keys
        index, index2 = index2, index
        swapped = not swapped
    if swapped:
        for i in range(begin, end):
            keys2[i] = keys[i]
            index2[i] = index[i]


@subroutine
def _settle_ties(base, starts, key_lengths, keys, index, spare, begin, end):
    """Order the records whose prefixes are equal and do not hold the whole key."""
    i = begin
    while i < end:
        j = i + 1
        while j < end and keys[j] == keys[i]:
            j += 1
        if j - i > 1 and (keys[i] & types.uint64(0xFF)) == types.uint64(8):
            _merge_sort_keys(base, starts, key_lengths, index, spare, i, j)
        i = j


@inlined
def _after(base, starts, key_lengths, a, b):
    """Whether the key of record *a* sorts after that of *b*; their first seven bytes are equal."""
    return (
        compare(base + starts[a] + 7, key_lengths[a] - 7, base + starts[b] + 7, key_lengths[b] - 7)
        > 0
    )


@subroutine
def _merge_sort_keys(base, starts, key_lengths, index, spare, begin, end):
    """Stable bottom-up merge sort over insertion-sorted stretches; sorted input costs one pass."""
    in_order = True
    for i in range(begin + 1, end):
        if _after(base, starts, key_lengths, index[i - 1], index[i]):
            in_order = False
            break
    if in_order:
        return
    step = 8
    low = begin
    while low < end:
        high = min(low + step, end)
        for i in range(low + 1, high):
            number = index[i]
            j = i
            while j > low and _after(base, starts, key_lengths, index[j - 1], number):
                index[j] = index[j - 1]
                j -= 1
            index[j] = number
        low = high
    while step < end - begin:
        low = begin
        while low + step < end:
            middle = low + step
            high = min(middle + step, end)
            if _after(base, starts, key_lengths, index[middle - 1], index[middle]):
                for i in range(low, middle):
                    spare[i] = index[i]
                left = low
                right = middle
                out = low
                while left < middle:
                    if right < high and _after(
                        base, starts, key_lengths, spare[left], index[right]
                    ):
                        index[out] = index[right]
                        right += 1
                    else:
                        index[out] = spare[left]
                        left += 1
                    out += 1
            low = high
        step *= 2
