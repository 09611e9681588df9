"""Finds the pairs in what a mapper or combiner writes, whatever format it writes them in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hadoopless.data.machine.buffers import Constant
from hadoopless.data.machine.kernels import UInt32Rows
from hadoopless.data.record.layout import BadOutput
from hadoopless.data.sort import map_output_kernels
from hadoopless.rules import PairFormat, Pipe

#: Vectors, lists and maps of typed bytes, one in the other; Java's stack ends not far from there.
_DEEPEST = 1 << 12


class OutputIsOver(Exception):
    """A program has said that no record follows, whatever else it writes."""


#: Finds pairs in bytes and fills a table of pairs: (base, size, table) -> (pairs, bytes taken).
PairFinder = Callable[[int, int, UInt32Rows], tuple[int, int]]


def pair_finder_of(pairs: PairFormat) -> tuple[PairFinder, int]:
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


def _split_lines(pairs: PairFormat, key_only: bool) -> PairFinder:
    separator = Constant(pairs.separator)

    def split(base: int, size: int, table: UInt32Rows) -> tuple[int, int]:
        found, taken = map_output_kernels.split_lines(
            base, size, *separator.arguments, pairs.key_fields, key_only, table
        )
        return found, taken

    return split


def _split_pairs(nulls: bool) -> PairFinder:
    def split(base: int, size: int, table: UInt32Rows) -> tuple[int, int]:
        found, taken, state = map_output_kernels.split_pairs(base, size, nulls, table)
        _check(state, found, "wrote a length below 0 in its pairs of lengths and bytes")
        return found, taken

    return split


def _split_typed_bytes() -> PairFinder:
    stack = np.zeros(_DEEPEST, np.int64)

    def split(base: int, size: int, table: UInt32Rows) -> tuple[int, int]:
        found, taken, state = map_output_kernels.split_typed_bytes(base, size, stack, table)
        _check(state, found, "wrote bytes that are no typed bytes")
        return found, taken

    return split


def _check(state: int, found: int, broken: str) -> None:
    if state == map_output_kernels.BROKEN:
        raise BadOutput(broken)
    if state == map_output_kernels.OVER and not found:
        raise OutputIsOver
