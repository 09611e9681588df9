"""Finds the pairs in what a mapper or combiner writes, whatever format it writes them in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hadoopless.data.record.layout import BadOutput
from hadoopless.data.sort import map_output_kernels
from hadoopless.data.sort.keys import Separator
from hadoopless.rules import PairFormat, Pipe

#: Vectors, lists and maps of typed bytes, one in the other; Java's stack ends not far from there.
_DEEPEST = 1 << 12


class OutputIsOver(Exception):
    """A program has said that no record follows, whatever else it writes."""


class PairArrays:
    """Where pairs lie that were found: one entry a pair, for up to *capacity* of them."""

    def __init__(self, capacity: int) -> None:
        #: Offsets of the keys.
        self.starts = np.empty(capacity, np.uint32)
        self.key_lengths = np.empty(capacity, np.uint32)
        #: NULL for a value that is null.
        self.value_lengths = np.empty(capacity, np.uint32)


#: Finds pairs in bytes and fills arrays: (base, size, arrays) -> (pairs, bytes taken).
Split = Callable[[int, int, PairArrays], tuple[int, int]]


def split_of(pairs: PairFormat) -> tuple[Split, int]:
    """The function that finds pairs of that format, and how far a value lies behind its key.

    The function raises BadOutput, and OutputIsOver when that is what comes first.
    """
    match pairs.pipe:
        case Pipe.TEXT:
            return _split_lines(pairs, False), len(pairs.separator)
        case Pipe.KEY_ONLY_TEXT:
            return _split_lines(pairs, True), 0
        case Pipe.RAW_BYTES:
            return _split_pairs(False), 4
        case Pipe.PAIRS:
            return _split_pairs(True), 4
        case Pipe.TYPED_BYTES:
            return _split_typed_bytes(), 0


def _split_lines(pairs: PairFormat, key_only: bool) -> Split:
    separator = Separator(pairs.separator)

    def split(base: int, size: int, found: PairArrays) -> tuple[int, int]:
        records, taken = map_output_kernels.split_lines(
            *(base, size, *separator.arguments, pairs.key_fields, key_only),
            *(found.starts, found.key_lengths, found.value_lengths),
        )
        return records, taken

    return split


def _split_pairs(nulls: bool) -> Split:
    def split(base: int, size: int, found: PairArrays) -> tuple[int, int]:
        records, taken, state = map_output_kernels.split_pairs(
            base, size, nulls, found.starts, found.key_lengths, found.value_lengths
        )
        _check(state, records, "wrote a length below 0 in its pairs of lengths and bytes")
        return records, taken

    return split


def _split_typed_bytes() -> Split:
    stack = np.zeros(_DEEPEST, np.int64)

    def split(base: int, size: int, found: PairArrays) -> tuple[int, int]:
        records, taken, state = map_output_kernels.split_typed_bytes(
            base, size, stack, found.starts, found.key_lengths, found.value_lengths
        )
        _check(state, records, "wrote bytes that are no typed bytes")
        return records, taken

    return split


def _check(state: int, records: int, broken: str) -> None:
    if state == map_output_kernels.BROKEN:
        raise BadOutput(broken)
    if state == map_output_kernels.OVER and not records:
        raise OutputIsOver
