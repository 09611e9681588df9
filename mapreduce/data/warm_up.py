"""Use every kernel once, so that compiling or loading is over before any data comes."""

from __future__ import annotations

from mapreduce.data import pair_writer, records, text_output
from mapreduce.data.layout import PLAIN, Layout, layout_of
from mapreduce.data.merge import merged
from mapreduce.data.segments import FileRun
from mapreduce.data.sorter import ReadInto, sorted_blocks
from mapreduce.rules import (
    FieldRange,
    KeyFields,
    PairFormat,
    Partitioner,
    PartitionRules,
    Pipe,
    Rules,
)

_LINES = b"".join(b"key %d of many\tvalue\n" % (i % 50) for i in range(100))
_FIELDS = KeyFields((FieldRange(1, 1, 1), FieldRange(numeric=True, reverse=True)))
_KINDS = [
    PartitionRules(Partitioner.HASH),
    PartitionRules(Partitioner.FIELDS, _FIELDS),
    PartitionRules(Partitioner.JAVA_STRING),
    PartitionRules(Partitioner.RANGES, boundaries=(b"m",)),
    PartitionRules(Partitioner.COMMAND),
]


def warm_up() -> None:
    """Sort and merge a few records of each kind in memory, and pass them to nobody."""
    _sort_and_merge(_LINES, PLAIN)
    for kind in _KINDS:
        _sort_and_merge(_LINES, layout_of(Rules(partition=kind)))
    in_order = Rules(order=_FIELDS, partition=_KINDS[0])
    _sort_and_merge(_LINES, layout_of(in_order))
    for pipe in (Pipe.RAW_BYTES, Pipe.TYPED_BYTES):
        _sort_and_merge(bytes(10), layout_of(Rules(map_output=PairFormat(pipe))))
    for others in (records, pair_writer, text_output):
        others.warm_up()


def _sort_and_merge(data: bytes, layout: Layout) -> None:
    runs = [
        block.run(0)
        for block in sorted_blocks(
            _reader(data), 2, layout=layout, partition_keys=lambda keys, count: [0] * count
        )
    ]
    for _ in merged(runs * 2, 0, _no_files, layout.framed):
        pass


def _reader(data: bytes) -> ReadInto:
    rest = memoryview(data)

    def read_into(target: memoryview) -> int:
        nonlocal rest
        count = min(len(target), len(rest))
        target[:count] = rest[:count]
        rest = rest[count:]
        return count

    return read_into


def _no_files(pieces: object, records: int) -> FileRun:
    raise AssertionError("runs in memory need no file")
