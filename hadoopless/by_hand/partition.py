"""Hadoop's default partitioner in plain Python, and a filter that keeps one partition of lines.

The road itself uses the kernel in :mod:`hadoopless.data.sort.sort_kernels`; this is its model, and
the command with which a person runs one reduce task by hand::

    mapper < 0.in | python3 partition.py INDEX COUNT | LC_ALL=C sort ... | reducer

Behind COUNT there may be ``--by PROGRAM ARGUMENTS``: a program that is given the keys and COUNT,
and writes a number for each; or ``--ranges BOUNDARY ...``, percent-encoded: partition *i* holds the
keys below the one with number *i*.
"""

from __future__ import annotations

import subprocess
import sys
from bisect import bisect_right
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import unquote_to_bytes


def partition_of(key: bytes, count: int) -> int:
    """The partition in [0, *count*) of *key* (Hadoop's HashPartitioner over Text.hashCode)."""
    h = 1
    for byte in key:
        h = 31 * h + (byte - 256 if byte > 127 else byte) & 0xFFFFFFFF
    return (h & 0x7FFFFFFF) % count


def keep_partition(lines: BinaryIO, out: BinaryIO, index: int, count: int) -> None:
    """Copy the lines of partition *index* of *count*, each as ``key TAB value NL``."""
    for key, value in _pairs(lines):
        if partition_of(key, count) == index:
            out.write(b"%s\t%s\n" % (key, value))


def _pairs(lines: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    for line in lines:
        key, _, value = line.removesuffix(b"\n").partition(b"\t")
        yield key, value


def _keep_range(lines: BinaryIO, out: BinaryIO, index: int, boundaries: list[bytes]) -> None:
    for key, value in _pairs(lines):
        if bisect_right(boundaries, key) == index:
            out.write(b"%s\t%s\n" % (key, value))


def _keep_chosen(lines: BinaryIO, out: BinaryIO, index: int, program: list[str]) -> None:
    """As the road does, but all lines are in memory and *program* runs only once."""
    pairs = list(_pairs(lines))
    keys = b"".join(key + b"\n" for key, _ in pairs)
    done = subprocess.run(program, input=keys, stdout=subprocess.PIPE, check=True)
    for (key, value), number in zip(pairs, done.stdout.split(), strict=True):
        if int(number) == index:
            out.write(b"%s\t%s\n" % (key, value))


def _main(words: list[str]) -> None:
    index, count, how = int(words[0]), words[1], words[2:]
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    if how[:1] == ["--by"]:
        _keep_chosen(stdin, stdout, index, [*how[1:], count])
    elif how[:1] == ["--ranges"]:
        _keep_range(stdin, stdout, index, [unquote_to_bytes(word) for word in how[1:]])
    else:
        keep_partition(stdin, stdout, index, int(count))


if __name__ == "__main__":
    _main(sys.argv[1:])
