"""The partition filter for people: Hadoop's hash, the kernel's results, the command itself."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.by_hand import partition
from hadoopless.by_hand.partition import keep_partition, partition_of
from hadoopless.data.sort.blocks import sorted_blocks
from tests import oracle
from tests.data.samples import KEYS, OUTPUTS, partitioned, reader, records_of

#: Hash codes of ``new Text(key)`` as the rule in docs/http.md gives them by hand.
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


def filtered(output: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    """The filter as a file, run by any Python in any directory: people paste it."""
    argv = [sys.executable, "-I", "-S", str(Path(partition.__file__)), *words]
    return subprocess.run(argv, input=output, capture_output=True, cwd="/", check=False)


def test_the_command() -> None:
    output = b"fish\t1\none\ntwo\t2\t2\n\xff\0\t\nlast"
    done = filtered(output, "1", "3")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"".join(partitioned(records_of(output), 3)[1])


def test_a_reader_that_goes() -> None:
    """It ends as the other filters of a pipe do."""
    argv = [sys.executable, "-I", "-S", str(Path(partition.__file__)), "0", "1"]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        _, stderr = process.communicate(b"x\n" * 100_000)
    assert (process.returncode, stderr) == (128 + signal.SIGPIPE, b"")


def test_a_full_disk() -> None:
    argv = [sys.executable, "-I", "-S", str(Path(partition.__file__)), "0", "1"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(argv, input=b"x\n", stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (1, b"partition.py: No space left on device\n")


def test_a_partitioner_of_its_user() -> None:
    # The last digit of a key, modulo the number of partitions.
    program = ["--by", "/bin/sh", "-c", "while read key; do echo $((key % $0)); done"]
    assert filtered(b"13\ta\n12\tb\n7", "1", "3", *program).stdout == b"13\ta\n7\t\n"


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("exit 3", b"the partitioner /bin/sh ended with exit code 3\n"),
        ("echo 1", b"the partitioner wrote 1 numbers for 2 keys\n"),
    ],
)
def test_a_partitioner_that_fails(script: str, says: bytes) -> None:
    done = filtered(b"1\n2\n", "1", "3", "--by", "/bin/sh", "-c", script)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", says)


@pytest.mark.parametrize(
    ("index", "kept"), [("0", b"a\t1\n"), ("1", b"b\t2\nb\xfe\t\n"), ("2", b"b\xff\t3\nc\t4\n")]
)
def test_ranges_of_keys(index: str, kept: bytes) -> None:
    output = b"a\t1\nb\t2\nb\xff\t3\nc\t4\nb\xfe\n"
    assert filtered(output, index, "3", "--ranges", "b", "b%FF").stdout == kept
