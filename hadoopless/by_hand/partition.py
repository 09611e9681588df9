"""A filter that keeps one partition of the lines that mappers write, in plain Python.

Workers partition with the kernels of :mod:`hadoopless.data.sort`. This is their model, and the
command with which a person runs one reduce task by hand::

    mapper < 0.in | python3 partition.py INDEX COUNT | LC_ALL=C sort ... | reducer

INDEX is that of the partition, COUNT the number of partitions. Without more words the partitioner
is Hadoop's default. ``--by PROGRAM ARGUMENTS`` asks a program, which is given the keys, and COUNT
as its last argument, and writes a number for each key. ``--ranges BOUNDARY ...``, percent-encoded,
puts into partition *i* the keys below the boundary with number *i*.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import BinaryIO
from urllib.parse import unquote_to_bytes

Pair = tuple[bytes, bytes]


def partition_of(key: bytes, count: int) -> int:
    """The partition in [0, *count*) of *key* (Hadoop's HashPartitioner over Text.hashCode)."""
    h = 1
    for byte in key:
        h = 31 * h + (byte - 256 if byte > 127 else byte) & 0xFFFFFFFF
    return (h & 0x7FFFFFFF) % count


def keep_partition(lines: BinaryIO, out: BinaryIO, index: int, count: int) -> None:
    """Copy the lines of partition *index* of *count*, each as ``key TAB value NL``."""
    _write(out, (pair for pair in _pairs(lines) if partition_of(pair[0], count) == index))


def _pairs(lines: BinaryIO) -> Iterator[Pair]:
    for line in lines:
        key, _, value = line.removesuffix(b"\n").partition(b"\t")
        yield key, value


def _write(out: BinaryIO, pairs: Iterable[Pair]) -> None:
    for pair in pairs:
        out.write(b"%s\t%s\n" % pair)


def _keep_range(lines: BinaryIO, out: BinaryIO, index: int, boundaries: list[bytes]) -> None:
    _write(out, (pair for pair in _pairs(lines) if bisect_right(boundaries, pair[0]) == index))


def _keep_chosen(lines: BinaryIO, out: BinaryIO, index: int, program: list[str]) -> None:
    """Keep what *program* chooses: it runs once, and all lines are in memory."""
    pairs = list(_pairs(lines))
    keys = b"".join(key + b"\n" for key, _ in pairs)
    done = subprocess.run(program, input=keys, stdout=subprocess.PIPE, check=False)
    numbers = done.stdout.split()
    if done.returncode:
        sys.exit(f"the partitioner {program[0]} ended with exit code {done.returncode}")
    if len(numbers) != len(pairs):
        sys.exit(f"the partitioner wrote {len(numbers)} numbers for {len(pairs)} keys")
    chosen = (pair for pair, number in zip(pairs, numbers, strict=True) if int(number) == index)
    _write(out, chosen)


def _main(words: list[str]) -> None:
    index, count, how = int(words[0]), words[1], words[2:]
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    if how[:1] == ["--by"]:
        _keep_chosen(stdin, stdout, index, [*how[1:], count])
    elif how[:1] == ["--ranges"]:
        _keep_range(stdin, stdout, index, [unquote_to_bytes(word) for word in how[1:]])
    else:
        keep_partition(stdin, stdout, index, int(count))


def _as_a_filter(words: list[str]) -> int:
    """Run as the other filters of a pipe: Ctrl-C and a reader that goes end it without a word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        _main(words)
        sys.stdout.flush()
    except BrokenPipeError:
        os._exit(128 + signal.SIGPIPE)
    except OSError as error:
        print(f"partition.py: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(1)  # Python would try once more to write what is left, and tell of it
    return 0


if __name__ == "__main__":
    sys.exit(_as_a_filter(sys.argv[1:]))
