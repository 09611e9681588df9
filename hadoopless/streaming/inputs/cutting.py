"""Cuts files into splits of so many lines, and puts several files into one split."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from hadoopless.filesystem import anywhere
from hadoopless.job import Split

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def length_of(split: Split) -> int:
    """The bytes of all pieces of *split*."""
    return sum(piece.length or 0 for piece in split.pieces)


def lines_of(path: str, count: int) -> Iterator[Split]:
    """Splits of *count* lines each [NLineInputFormat]; raises OSError.

    A split ends a byte early and the next one begins there: a reader goes on as long as a line
    begins at or before the end of its split, and drops the first one of what does not begin the
    file.
    """
    begin = length = lines = 0
    for size in _line_sizes(path):
        length += size
        lines += 1
        if lines == count:
            yield _a_byte_early(path, begin, length)
            begin += length
            length = lines = 0
    if lines:
        yield _a_byte_early(path, begin, length)


def _a_byte_early(path: str, begin: int, length: int) -> Split:
    return Split(path, begin - 1, length) if begin else Split(path, 0, length - 1)


def _line_sizes(path: str) -> Iterator[int]:
    with anywhere.open_file(path) as file:
        for line in file:
            if b"\r" in line:
                yield from (len(part[0]) for part in _LINE.finditer(line))
            else:
                yield len(line)


def combined(splits: Iterable[Split], most: int) -> Iterator[Split]:
    """*splits* with neighbours put together up to *most* bytes; larger ones stay alone."""
    waiting: list[Split] = []
    size = 0
    for split in splits:
        length = length_of(split)
        if length >= most:
            yield split
            continue
        if waiting and size + length > most:
            yield Split.of(waiting)
            waiting, size = [], 0
        waiting.append(split)
        size += length
    if waiting:
        yield Split.of(waiting)


class SizeLimits(Struct, frozen=True):
    """The sizes that CombineFileInputFormat keeps its splits to, in bytes; 0: no limit."""

    most: int = 0
    least_of_node: int = 0
    least_of_rack: int = 0


def combined_blocks(files: Iterable[tuple[Split, int | None]], limits: SizeLimits) -> list[Split]:
    """The splits that CombineFileInputFormat makes of *files* on a single node.

    Each file comes with the size of its blocks, or None when it must not be cut.
    First splits of at least ``most`` bytes, then what is left, in the order of the files. Files
    without a byte belong to no node; they are left for the end, too. Raises ValueError.
    """
    _check(limits)
    blocks = [block for file, size in files for block in _blocks(file, size, limits.most)]
    splits, left = _filled([block for block in blocks if block.length], limits.most)
    size = sum(block.length or 0 for block in left)
    if left and limits.least_of_node and not splits and size >= limits.least_of_node:
        splits.append(Split.of(left))
        left = []
    rest = {id(block) for block in left}
    more, left = _filled(
        [block for block in blocks if not block.length or id(block) in rest], limits.most
    )
    return splits + more + ([Split.of(left)] if left else [])


def _check(limits: SizeLimits) -> None:
    node, rack, most = limits.least_of_node, limits.least_of_rack, limits.most
    if most < 0:  # Hadoop cuts without end
        raise ValueError(f"Maximum split size {most} cannot be below 0")
    if node and most and node > most:
        raise ValueError(
            f"Minimum split size pernode {node} cannot be larger than maximum split size {most}"
        )
    if rack and most and rack > most:
        raise ValueError(
            f"Minimum split size per rack {rack} cannot be larger than maximum split size {most}"
        )
    if rack and node > rack:
        raise ValueError(
            f"Minimum split size per node {node} cannot be larger than minimum split "
            f"size per rack {rack}"
        )


def _blocks(file: Split, block_size: int | None, most: int) -> Iterator[Split]:
    size = file.length or 0
    if not size or block_size is None:
        yield file
        return
    for start in range(0, size, block_size):
        end = min(size, start + block_size)
        at = start
        while at < end:
            length = left = end - at
            if most:
                # Two halves rather than a whole and a little.
                length = left // 2 if most < left < 2 * most else min(most, left)
            yield Split(file.path, at, length)
            at += length


def _filled(blocks: Iterable[Split], most: int) -> tuple[list[Split], list[Split]]:
    """Splits that have reached *most* bytes, and the blocks that are left."""
    splits: list[Split] = []
    waiting: list[Split] = []
    size = 0
    for block in blocks:
        waiting.append(block)
        size += block.length or 0
        if most and size >= most:
            splits.append(Split.of(waiting))
            waiting, size = [], 0
    return splits, waiting
