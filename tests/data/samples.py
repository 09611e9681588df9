"""Hostile records, and ten-line models of what the road must do with them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import cycle, groupby

from hypothesis import strategies as st

from hadoopless.by_hand.partition import partition_of
from hadoopless.data.machine.buffers import new_buffer
from hadoopless.data.runs.runs import FileRun, MemoryRun, Run, SharedFile, pieces
from hadoopless.job import Sum

#: Keys share these, of lengths around the seven and eight bytes that the kernels look at first.
PREFIXES = [
    b"",
    b"\0",
    b"a" * 6,
    b"a" * 7,
    b"a" * 8,
    b"a" * 9,
    b"\0" * 7,
    b"\0" * 8,
    b"\xff" * 8,
    b"prefix-of-20-bytes--",
    b"x" * 70,
]

#: Bytes that break what is decoded, stripped, signed or ended by NUL.
HOSTILE = "\0\x01\x08\x0b\r ab\x7f\x80\xff"


def hostile(alphabet: str, longest: int) -> st.SearchStrategy[bytes]:
    """Bytes of *alphabet* (Latin-1)."""
    return st.text(alphabet, max_size=longest).map(lambda text: text.encode("latin-1"))


KEYS = st.builds(bytes.__add__, st.sampled_from(PREFIXES), hostile(HOSTILE, 4))
VALUES = hostile(HOSTILE + "\t", 6)
#: Lines without their newline: with a TAB, with many, without any, empty.
LINES = st.one_of(KEYS, st.builds(lambda key, value: key + b"\t" + value, KEYS, VALUES))
#: The output of a program, whose last line may lack its newline.
OUTPUTS = st.builds(
    lambda lines, end: b"\n".join(lines) + (b"\n" if lines and end else b""),
    st.lists(LINES, max_size=30),
    st.booleans(),
)
#: Records as they travel.
RECORDS = st.builds(lambda key, value: key + b"\t" + value + b"\n", KEYS, VALUES)


def records_of(output: bytes) -> list[bytes]:
    """The ``key TAB value NL`` records behind a program's *output*."""
    lines = output.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return [line + (b"\n" if b"\t" in line else b"\t\n") for line in lines]


def key_of(record: bytes) -> bytes:
    """The key of a record."""
    return record.partition(b"\t")[0]


def sorted_records(records: Iterable[bytes]) -> bytes:
    """The model of sorting and merging."""
    return b"".join(in_order(records))


def in_order(records: Iterable[bytes]) -> list[bytes]:
    """The records by key, equal keys as they came."""
    return sorted(records, key=key_of)


def partitioned(records: Iterable[bytes], count: int) -> list[list[bytes]]:
    """The model of partitioning."""
    result: list[list[bytes]] = [[] for _ in range(count)]
    for record in records:
        result[partition_of(key_of(record), count)].append(record)
    return result


def reader(data: bytes, sizes: Sequence[int] = (1 << 20,)) -> Callable[[memoryview], int]:
    """A ``read_into`` that gives *data* in chunks of *sizes*, round and round."""
    rest = memoryview(data)
    chunk_sizes = cycle(sizes)

    def read_into(target: memoryview) -> int:
        nonlocal rest
        count = min(len(target), len(rest), next(chunk_sizes))
        target[:count] = rest[:count]
        rest = rest[count:]
        return count

    return read_into


def sum_of(records: Sequence[bytes]) -> Sum:
    """The number of *records*, and their bytes."""
    return Sum(len(records), sum(map(len, records)))


def memory_run(records: Sequence[bytes], offset: int = 0) -> MemoryRun:
    """A run in memory, *offset* bytes into its buffer, with garbage before and behind it."""
    data = b"".join(records)
    buffer = new_buffer(offset + len(data))
    buffer[:] = ord("\t")
    buffer.data[offset : offset + len(data)] = data
    return MemoryRun(buffer, offset, len(data), sum_of(records))


def content(run: Run) -> bytes:
    """The bytes of a run."""
    return joined(pieces(run))


def unfolded(data: bytes) -> bytes:
    """The model of plain records with counts: each record as often as it comes."""
    lines, times = [], 1
    at = 0
    while at < len(data):
        if data[at] == ord("\n"):
            times = 0
            while data[at := at + 1] & 0x80:
                times = times << 7 | data[at] & 0x7F
            times = times << 6 | data[at] & 0x3F
            at += 1
        end = data.index(b"\n", at) + 1
        lines.append(data[at:end] * times)
        at, times = end, 1
    return b"".join(lines)


def folded(records: Iterable[bytes]) -> bytes:
    """The model of writing them: records that are the same as those before them are counted."""
    together = [(record, len(list(same))) for record, same in groupby(records)]
    return b"".join(count_of(times) + record for record, times in together)


def count_of(times: int) -> bytes:
    """The bytes before a record that comes so many times in a row."""
    if times == 1:
        return b""
    digits = bytes([0x40 | times & 0x3F])
    times >>= 6
    while times:
        digits = bytes([0x80 | times & 0x7F]) + digits
        times >>= 7
    return b"\n" + digits


def file_of(run: Run) -> SharedFile:
    """The unnamed file of a run."""
    assert isinstance(run, FileRun)
    assert isinstance(run.file, SharedFile)
    return run.file


def descriptor_of(run: Run) -> int:
    """The descriptor of the unnamed file of a run."""
    return file_of(run).fileno()


def descriptors_of(inode: int) -> int:
    """The number of descriptors of this process for that file."""
    count = 0
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # it was that of the listing, or of another thread
            count += os.stat(f"/proc/self/fd/{name}").st_ino == inode
    return count


def joined(views: Iterable[memoryview | bytes]) -> bytes:
    """All pieces, each copied before the next is asked for."""
    return b"".join([bytes(view) for view in views])


def views(data: bytes, size: int) -> Iterator[memoryview]:
    """*data* in pieces of *size*, all in one buffer that is overwritten each time."""
    buffer = memoryview(bytearray(size))
    for start in range(0, len(data), size):
        piece = data[start : start + size]
        buffer[: len(piece)] = piece
        yield buffer[: len(piece)]
