"""The sizes that the tasks of a job would have with other splits or other partitions. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hadoopless.by_hand.partition import partition_of
from hadoopless.history.course import MAP, REDUCE, Course

#: The suffixes of files that are always read as a whole.
_PACKED = (".gz", ".bz2", ".zst", ".xz", ".deflate", ".lz4", ".snappy")
#: A split that is a part of its file ends so.
_RANGE = re.compile(r" \[bytes [0-9]+-[0-9]+\]\Z")


def is_packed(path: str) -> bool:
    """True for a file that is one map task, however large it is."""
    return _RANGE.sub("", path).endswith(_PACKED)


def file_sizes(course: Course) -> list[tuple[int, bool]]:
    """The bytes of each input file, and True for one that is always read as a whole."""
    files: dict[str, int] = {}
    for one in course.phase(MAP):
        path = _RANGE.sub("", one.began.input)
        files[path] = files.get(path, 0) + one.began.bytes
    return [(size, is_packed(path)) for path, size in files.items()]


def map_sizes(files: Iterable[tuple[int, bool]], split_size: int) -> list[int]:
    """The bytes of each map task if *files* (:func:`file_sizes`) were cut into such splits."""
    sizes = []
    for size, whole in files:
        count = 1 if whole else max(1, -(-size // split_size))
        sizes += [size // count + (number < size % count) for number in range(count)]
    return sizes


def reduce_sizes(course: Course, reducers: int) -> list[int]:
    """The bytes of each partition if there were so many *reducers*.

    The keys with the most bytes go where Hadoop's hash sends them, all others are spread evenly.
    """
    sizes = [0] * reducers
    rest = 0
    for one in course.phase(REDUCE):
        if one.ended is None:
            continue
        rest += one.ended.input_bytes
        for top in one.ended.top_keys:
            sizes[partition_of(top.key.encode(), reducers)] += top.bytes
            rest -= top.bytes
    return [size + max(0, rest) // reducers for size in sizes]
