"""Use every kernel once, so that compiling or loading is over before any data comes."""

from __future__ import annotations

from mapreduce.data.merge import merged
from mapreduce.data.segments import FileRun
from mapreduce.data.sorter import sorted_blocks


def warm_up() -> None:
    """Sort and merge a few records in memory."""
    source = memoryview(b"".join(b"key %d of many\tvalue\n" % (i % 50) for i in range(100)))

    def read_into(target: memoryview) -> int:
        nonlocal source
        count = min(len(target), len(source))
        target[:count] = source[:count]
        source = source[count:]
        return count

    def no_files(pieces: object, records: int) -> FileRun:
        raise AssertionError("runs in memory need no file")

    runs = [block.run(0) for block in sorted_blocks(read_into, 1)]
    for _ in merged(runs * 2, 0, no_files):
        pass
