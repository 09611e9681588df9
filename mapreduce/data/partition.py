"""Hadoop's default partitioner in plain Python, and a filter that keeps one partition of lines.

The road itself uses the kernel in :mod:`mapreduce.data.sort_kernels`; this is its model, and the
command with which a person runs one reduce task by hand::

    mapper < 0.in | python3 mapreduce/data/partition.py INDEX COUNT | LC_ALL=C sort ... | reducer
"""

from __future__ import annotations

import sys
from typing import BinaryIO


def partition_of(key: bytes, count: int) -> int:
    """The partition in [0, *count*) of *key* (Hadoop's HashPartitioner over Text.hashCode)."""
    h = 1
    for byte in key:
        h = 31 * h + (byte - 256 if byte > 127 else byte) & 0xFFFFFFFF
    return (h & 0x7FFFFFFF) % count


def keep_partition(lines: BinaryIO, out: BinaryIO, index: int, count: int) -> None:
    """Copy the lines of partition *index* of *count*, each as ``key TAB value NL``."""
    for line in lines:
        record = line.removesuffix(b"\n")
        key, _, value = record.partition(b"\t")
        if partition_of(key, count) == index:
            out.write(b"%s\t%s\n" % (key, value))


if __name__ == "__main__":
    keep_partition(sys.stdin.buffer, sys.stdout.buffer, int(sys.argv[1]), int(sys.argv[2]))
