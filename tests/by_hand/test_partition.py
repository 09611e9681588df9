"""Hadoop's partitioner: fixed values, the kernel, and the command for a person."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.by_hand import partition
from hadoopless.by_hand.partition import keep_partition, partition_of
from hadoopless.data.sort.sorter import sorted_blocks
from tests import oracle
from tests.data.samples import KEYS, OUTPUTS, partitioned, reader, records_of

#: Hash codes of ``new Text(key)`` as the rule of SPEC point C gives them by hand.
HASHES = {
    b"": 1,
    b"a": 128,
    b"ab": 128 * 31 + 98,
    b"\xff": 30,
    b"\x80": (31 - 128) & 0x7FFFFFFF,
}


@pytest.mark.parametrize("key", HASHES, ids=repr)
def test_by_hand(key: bytes) -> None:
    assert partition_of(key, 1 << 31) == HASHES[key]
    assert partition_of(key, 1) == 0


@given(key=st.one_of(KEYS, st.binary(max_size=40)), count=st.integers(1, 1000))
def test_another_hand_wrote_the_same(key: bytes, count: int) -> None:
    key = key.replace(b"\t", b"")
    assert partition_of(key, count) == oracle.partition_of(key + b"\tvalue", count)


@given(key=st.binary(max_size=60), count=st.integers(1, 1000))
def test_the_kernel_computes_the_same(key: bytes, count: int) -> None:
    key = key.replace(b"\t", b"").replace(b"\n", b"")
    [block] = sorted_blocks(reader(key + b"\n"), count)
    assert block.records.nonzero()[0].tolist() == [partition_of(key, count)]


@given(output=OUTPUTS, count=st.integers(1, 4))
def test_the_filter_keeps_each_record_once(output: bytes, count: int) -> None:
    expected = partitioned(records_of(output), count)
    for index in range(count):
        kept = io.BytesIO()
        keep_partition(io.BytesIO(output), kept, index, count)
        assert kept.getvalue() == b"".join(expected[index])


def test_the_command() -> None:
    # As a file, by any Python, in any directory: people paste it.
    argv = [sys.executable, "-I", "-S", str(Path(partition.__file__)), "1", "3"]
    output = b"fish\t1\none\ntwo\t2\t2\n\xff\0\t\nlast"
    done = subprocess.run(argv, input=output, stdout=subprocess.PIPE, cwd="/", check=True)
    assert done.stdout == b"".join(partitioned(records_of(output), 3)[1])
