"""Finds the partitions of many keys at once, by any of the partitioners that a job may have."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from msgspec.structs import replace

from hadoopless.data.machine.buffers import new_buffer
from hadoopless.data.machine.kernels import Int64s, UInt32s
from hadoopless.data.record import typed_bytes
from hadoopless.data.record.layout import BadOutput, Layout
from hadoopless.data.sort import partition_kernels
from hadoopless.data.sort.keys import Keys, Ranges, SortKeys, keys_of
from hadoopless.rules import KeyFields, PairFormat, Partitioner, Pipe

#: Asks a program for partitions: gets keys, an NL behind each, and how many they are.
AskPartitioner = Callable[[memoryview, int], Sequence[int] | Int64s]

#: Writes the number of a partition for each key.
PlaceKeys = Callable[[Keys, UInt32s], None]


def place_by(
    layout: Layout, partitions: int, ask_partitioner: AskPartitioner | None
) -> PlaceKeys | None:
    """The function that finds the partitions of keys; None: all keys are in one partition.

    By ranges in an order, it must be given the sort keys.
    """
    if partitions == 1:
        return None  # Hadoop does not ask its partitioner then
    rules = layout.partition
    show = _SHOWN.get(layout.pairs.pipe)
    if show and rules.kind in (Partitioner.FIELDS, Partitioner.JAVA_STRING):
        as_text = replace(layout, pairs=PairFormat())
        return _by_text(show, place_by(as_text, partitions, None))
    match rules.kind:
        case Partitioner.FIELDS if rules.fields and rules.fields.ranges:
            return _by_fields(rules.fields, partitions)
        case Partitioner.FIELDS | Partitioner.JAVA_STRING:
            return _by_strings(partitions)
        case Partitioner.RANGES:
            return _by_ranges(rules.boundaries, layout.order, partitions)
        case Partitioner.COMMAND:
            if ask_partitioner is None:
                raise ValueError("nobody to ask for partitions")
            return _by_program(ask_partitioner, partitions)
        case Partitioner.HASH:
            return _by_hash(partitions)


#: Java's toString of keys that are no text.
_SHOWN: dict[Pipe, Callable[[bytes], str]] = {
    Pipe.RAW_BYTES: lambda key: key.hex(" "),
    Pipe.TYPED_BYTES: typed_bytes.text_of,
}


def _by_text(show: Callable[[bytes], str], place_text: PlaceKeys | None) -> PlaceKeys | None:
    """Does the same as *place_text* for the texts that *show* makes of the keys."""
    if place_text is None:
        return None

    def place(keys: Keys, partition_of: UInt32s) -> None:
        texts = [show(keys[number]).encode() for number in range(keys.records)]
        place_text(keys_of(texts), partition_of)

    return place


def _by_hash(partitions: int) -> PlaceKeys:
    def place(keys: Keys, partition_of: UInt32s) -> None:
        partition_kernels.hash_keys(*keys.arguments, partitions, partition_of)

    return place


def _by_strings(partitions: int) -> PlaceKeys:
    def place(keys: Keys, partition_of: UInt32s) -> None:
        partition_kernels.hash_strings(*keys.arguments, partitions, partition_of)

    return place


def _by_fields(fields: KeyFields, partitions: int) -> PlaceKeys:
    ranges = Ranges(fields)

    def place(keys: Keys, partition_of: UInt32s) -> None:
        spare = new_buffer(3 * int(keys.lengths.max(initial=0)))
        partition_kernels.hash_fields(
            *keys.arguments, partitions, *ranges.arguments, spare.ctypes.data, partition_of
        )

    return place


def _by_ranges(boundaries: Sequence[bytes], order: KeyFields | None, partitions: int) -> PlaceKeys:
    if len(boundaries) >= partitions:
        raise BadOutput(f"has {len(boundaries)} boundaries for {partitions} partitions")
    compared = keys_of(boundaries)
    if order and boundaries:
        sort_keys = SortKeys(order, False, len(boundaries))
        prefixes = np.zeros(len(boundaries), np.uint64)
        if sort_keys.write(compared, 0, prefixes) < len(boundaries):
            raise BadOutput("has boundaries that are too long")
        compared = sort_keys.keys

    def place(keys: Keys, partition_of: UInt32s) -> None:
        partition_kernels.search_boundaries(
            *keys.arguments, compared.base, compared.table, partition_of
        )

    return place


def _by_program(ask_partitioner: AskPartitioner, partitions: int) -> PlaceKeys:
    def place(keys: Keys, partition_of: UInt32s) -> None:
        size = int(keys.lengths.sum(dtype=np.int64)) + keys.records
        lines = new_buffer(size)
        partition_kernels.lines_of_keys(*keys.arguments, lines.ctypes.data)
        numbers = np.asarray(ask_partitioner(lines.data[:size], keys.records), np.int64)
        if len(numbers) != keys.records:
            raise BadOutput(f"gave {len(numbers)} partitions for {keys.records} keys")
        wrong = np.flatnonzero((numbers < 0) | (numbers >= partitions))
        if len(wrong):
            first = int(wrong[0])
            raise BadOutput(
                f"gave partition {numbers[first]} for the key {keys[first]!r}; there are 0 to"
                f" {partitions - 1}"
            )
        partition_of[: keys.records] = numbers

    return place
