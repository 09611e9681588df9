"""Files with the boundaries of a total order: Hadoop's sequence files, and plain lines."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from hadoopless.rules import FieldRange, KeyFields, Partitioner, PartitionRules, Rules
from hadoopless.streaming.exits import StreamingExit
from hadoopless.streaming.log import Log
from hadoopless.streaming.options.job import parse_request
from hadoopless.streaming.request import Request
from hadoopless.streaming.rules.partition_file import partition_keys, with_partition_file

IO = b"org.apache.hadoop.io."
RANGES = Rules(partition=PartitionRules(Partitioner.RANGES))

#: Written by Hadoop 3.3.4, as are its keys and values; of two kinds of compression.
PLAIN = bytes.fromhex(
    "53455106196f72672e6170616368652e6861646f6f702e696f2e54657874196f72672e6170616368652e6861646f6f"
    "702e696f2e5465787400000000000035533c73c77565a4b9cba37ba953f2120000000500000004036162630000000005"
    "0000000403636363000000000400000002016b0176"
)
RECORDS = bytes.fromhex(
    "53455106196f72672e6170616368652e6861646f6f702e696f2e54657874196f72672e6170616368652e6861646f6f"
    "702e696f2e5465787401002a6f72672e6170616368652e6861646f6f702e696f2e636f6d70726573732e44656661756c"
    "74436f64656300000000e26594b0683aeef05c2df93ba542eb6d0000000d0000000403616263789c6300000001000100"
    "00000d0000000403636363789c630000000100010000000c00000002016b789c632c030000"
    "7a0078"
)


def sequence_file(
    keys: list[bytes], key_class: bytes = IO + b"Text", flags: bytes = b"\0\0"
) -> bytes:
    """A file of SequenceFile.Writer, whose values are NullWritable, with a mark in between."""
    value_class = IO + b"NullWritable"
    head = b"SEQ\6" + text(key_class) + text(value_class) + flags + bytes(4) + b"s" * 16
    records = []
    for key in keys:
        data = text(key) if key_class.endswith(b"Text") else number(len(key)) + key
        records.append(number(len(data)) + number(len(data)) + data)
    return head + (number(-1) + b"s" * 16).join(records)


def number(value: int) -> bytes:
    return struct.pack(">i", value)


def text(data: bytes) -> bytes:
    if len(data) <= 127:
        return bytes([len(data)]) + data
    size = len(data).to_bytes((len(data).bit_length() + 7) // 8, "big")
    return struct.pack("b", -112 - len(size)) + size + data


@pytest.mark.parametrize("data", [PLAIN, RECORDS, b"abc\nccc\nk\n", b"abc\nccc\nk"])
def test_keys(data: bytes) -> None:
    assert list(partition_keys(data)) == [b"abc", b"ccc", b"k"]


def test_keys_of_all_lengths() -> None:
    keys = [b"", b"a", b"b" * 127, b"c" * 128, b"d" * 255, b"e" * 256, b"f" * 70_000]
    assert list(partition_keys(sequence_file(keys))) == keys
    for name in (
        b"org.apache.hadoop.io.BytesWritable",
        b"org.apache.hadoop.typedbytes.TypedBytesWritable",
    ):
        assert list(partition_keys(sequence_file(keys, name))) == keys
    assert list(partition_keys(sequence_file([]))) == []
    assert list(partition_keys(b"")) == []


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (PLAIN[:-9], "cut off"),
        (PLAIN[:40], "cut off"),
        (PLAIN[:-1], "it is damaged"),
        (b"SEQ\5", "version 5, not 6"),
        (b"SEQ", "cut off"),
        (sequence_file([], IO + b"LongWritable"), "its keys are org.apache.hadoop.io.LongWritable"),
        (sequence_file([], flags=b"\1\1"), "compressed in blocks"),
        (PLAIN.replace(b"\0\0\0\4\3abc", b"\0\0\0\3\3abc"), "it is damaged"),
    ],
)
def test_what_cannot_be_read(data: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        list(partition_keys(data))


# In a job


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def requested(*words: str) -> Request:
    needed = ["-input", "i", "-output", "o", "-mapper", "cat", "-reducer", "cat"]
    needed += ["-partitioner", "org.apache.hadoop.mapred.lib.TotalOrderPartitioner"]
    return parse_request([*words, *needed, "-numReduceTasks", "3"])


def boundaries(request: Request, rules: Rules = RANGES) -> tuple[tuple[bytes, ...], list[str]]:
    said: list[str] = []
    found = with_partition_file(rules, request, Log(said.append))
    return found.partition.boundaries, said


def test_files_that_are_there(here: Path) -> None:
    (here / "b.lst").write_bytes(sequence_file([b"h", b"p"]))
    given = f"-Dmapreduce.totalorderpartitioner.path={here}/b.lst"
    assert boundaries(requested(given)) == ((b"h", b"p"), [])
    assert boundaries(requested("-D", "mapreduce.totalorderpartitioner.path=b.lst"))[0] == (
        b"h",
        b"p",
    )
    assert boundaries(requested("-files", "b.lst#_partition.lst"))[0] == (b"h", b"p")
    assert boundaries(requested()) == ((), [])
    (here / "_partition.lst").write_bytes(b"1\n2\n")
    assert boundaries(requested())[0] == (b"1", b"2")


def test_a_file_that_is_not_there(here: Path) -> None:
    found, (said,) = boundaries(requested("-D", "mapreduce.totalorderpartitioner.path=none"))
    assert found == ()
    assert "There is no none: the boundaries of the parts will be sampled" in said


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"1\n", "Wrong number of partitions in keyset"),
        (b"2\n1\n", "Split points are out of order"),
        (b"1\n1\n", "Split points are out of order"),
        (b"SEQ", "it is cut off"),
    ],
)
def test_files_that_are_wrong(here: Path, data: bytes, says: str) -> None:
    (here / "_partition.lst").write_bytes(data)
    with pytest.raises(StreamingExit, match=f"Can't read partitions file _partition.lst: {says}"):
        boundaries(requested())


def test_orders_that_are_not_of_bytes(here: Path) -> None:
    (here / "_partition.lst").write_bytes(b"9\n10\n")
    order = KeyFields((FieldRange(numeric=True),))
    rules = Rules(partition=RANGES.partition, order=order)
    assert boundaries(requested(), rules)[0] == (b"9", b"10")


def test_other_jobs_do_not_look(here: Path) -> None:
    (here / "_partition.lst").write_bytes(b"wrong\n")
    assert boundaries(requested(), Rules()) == ((), [])
