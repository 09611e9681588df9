"""Kernels that count merged records and write them as a reducer or combiner reads them.

A record is plain, ``key TAB value NL``, or framed (see ``frame_kernels``). Arguments that are no
lengths, counts or switches are addresses.
"""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

from hadoopless.data.machine.kernels import kernel, types
from hadoopless.data.machine.lines import NEWLINES, TABS
from hadoopless.data.machine.memory import copy, find, load8, load32, same, store32_big
from hadoopless.data.record.frame_kernels import HEADER, NULL


@kernel
def count_plain(source, size, key, key_length):
    """Count whole plain records and the stretches of equal keys among them.

    *key* is that of the record before (*key_length* -1: there is none). Returns records, groups,
    and where the last key is and how long.
    """
    at = source
    end = source + size
    records = types.int64(0)
    groups = types.int64(0)
    while at < end:
        value = at + key_length + 1
        if key_length < 0 or value > end or load8(value - 1) != 9 or not same(key, at, key_length):
            value = find(at, end, TABS) + 1
            key = at
            key_length = value - 1 - at
            groups += 1
        at = find(value, end, NEWLINES) + 1
        records += 1
    return records, groups, key, key_length


@kernel
def write_pairs(
    source,
    size,
    framed,
    with_lengths,
    with_values,
    separator,
    separator_length,
    ending,
    ending_length,
    null,
    null_length,
    key,
    key_length,
    target,
    room,
):
    """Write whole records as ``[length] key separator [length] value ending``.

    *null* stands for a value that is null and its length. *key* as in ``count_plain``. Returns the
    bytes taken and written, records, groups, and where the last key is and how long.
    """
    at = source
    end = source + size
    out = target
    records = types.int64(0)
    groups = types.int64(0)
    extra = 8 + separator_length + ending_length + null_length
    while at < end:
        is_null = False
        if framed:
            this = at + HEADER + load32(at)
            this_length = load32(at + 4)
            value = this + this_length
            value_length = load32(at + 8)
            if value_length == NULL:
                is_null = True
                value_length = types.int64(0)
            after = value + value_length
        else:
            this = at
            value = find(at, end, TABS) + 1
            this_length = value - 1 - at
            after = find(value, end, NEWLINES) + 1
            value_length = after - 1 - value
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
        copy(out, key, key_length)
        out += key_length
        copy(out, separator, separator_length)
        out += separator_length
        if is_null:
            copy(out, null, null_length)
            out += null_length
        elif with_values:
            if with_lengths:
                store32_big(out, value_length)
                out += 4
            copy(out, value, value_length)
            out += value_length
        copy(out, ending, ending_length)
        out += ending_length
        at = after
    return at - source, out - target, records, groups, key, key_length
