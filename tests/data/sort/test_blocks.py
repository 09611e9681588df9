"""Partition and sort, against ``partition_of`` and Python's stable sort."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.runs.blocks import SortedBlock
from hadoopless.data.sort.blocks import sorted_blocks
from hadoopless.faults import RecordTooLong
from hadoopless.job import Sum
from tests.data.samples import (
    OUTPUTS,
    content,
    folded,
    key_of,
    partitioned,
    reader,
    records_of,
    sorted_records,
    sum_of,
    unfolded,
)

Fill = Callable[[random.Random], bytes]


def check(blocks: list[SortedBlock], output: bytes, partitions: int) -> None:
    """Each block is sorted, and all of them hold the records of *output* in order of emission."""
    expected = partitioned(records_of(output), partitions)
    for partition in range(partitions):
        runs = [block.run(partition) for block in blocks]
        merged: list[bytes] = []
        for run in runs:
            records = records_of(unfolded(content(run)))
            assert sum_of(records) == run.sum
            assert len(content(run)) == run.length
            assert b"".join(records) == sorted_records(records)
            merged += records
        assert sorted_records(merged) == sorted_records(expected[partition])


@given(
    output=OUTPUTS,
    partitions=st.integers(1, 5),
    chunks=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    read_size=st.integers(1, 60),
    records_per_block=st.integers(1, 40),
)
def test_any_cutting_gives_the_same(
    output: bytes, partitions: int, chunks: list[int], read_size: int, records_per_block: int
) -> None:
    blocks = list(
        sorted_blocks(
            reader(output, chunks),
            partitions,
            read_size,
            smallest_read=1,
            records_per_block=records_per_block,
        )
    )
    check(blocks, output, partitions)
    for block in blocks:
        assert bytes(block.buffer[: block.bounds[-1]]).count(b"\t") <= records_per_block * (
            1 + output.count(b"\t")
        )


def random_bytes(chance: random.Random) -> bytes:
    return bytes(chance.choices(range(256), k=chance.randrange(30))).replace(b"\n", b"\r")


FILLS: dict[str, Fill] = {
    "words": lambda chance: b"%d\t1" % chance.randrange(500),
    "words of all lengths": lambda chance: b"w" * chance.randrange(30) + b"\tx",
    "bytes": random_bytes,
    "equal keys": lambda chance: b"key\t%d" % chance.randrange(1000),
    "equal long keys": lambda chance: b"a long key\t%d" % chance.randrange(1000),
    "long keys that differ late": lambda chance: b"prefix of twenty byte%d" % chance.randrange(99),
    "prefixes of each other": lambda chance: b"ab" * chance.randrange(12) + b"\tv",
    "empty": lambda chance: b"",
    "only TABs": lambda chance: b"\t" * chance.randrange(4),
    "zeros": lambda chance: b"\0" * chance.randrange(12) + b"\t" + b"\0" * chance.randrange(3),
}


@pytest.mark.parametrize("partitions", [1, 3, 300])
@pytest.mark.parametrize("fill", FILLS.values(), ids=FILLS)
def test_many_records(fill: Fill, partitions: int) -> None:
    chance = random.Random(1)
    output = b"\n".join(fill(chance) for _ in range(3000)) + b"\n"
    check(list(sorted_blocks(reader(output), partitions)), output, partitions)


@pytest.mark.parametrize("others", [0, 100])
@pytest.mark.parametrize("count", range(2, 20))
def test_any_number_of_tied_long_keys(count: int, others: int) -> None:
    """Keys with the same first seven bytes, among few and among many other records."""
    tied = [b"same beginning %02d\n" % number for number in range(count)]
    rest = [b"%03d\n" % number for number in range(others)]
    [block] = sorted_blocks(reader(b"".join([*tied[::-1], *rest])), 1)
    assert content(block.run(0)) == b"".join(rest + tied).replace(b"\n", b"\t\n")


@pytest.mark.parametrize("backwards", [False, True])
def test_what_is_sorted_already(backwards: bool) -> None:
    keys = sorted((b"common prefix %04d" % i for i in range(2000)), reverse=backwards)
    output = b"\n".join(key + b"\tv" for key in keys)
    check(list(sorted_blocks(reader(output), 2)), output, 2)


def test_values_and_equal_keys_keep_the_order_of_emission() -> None:
    [block] = sorted_blocks(reader(b"b\tz\na\t2\nb\ty\na\t1\nb\n"), 1)
    assert content(block.run(0)) == b"a\t2\na\t1\nb\tz\nb\ty\nb\t\n"


def test_nothing_makes_no_block() -> None:
    assert list(sorted_blocks(reader(b""), 3)) == []


def test_many_blocks_of_the_usual_sizes() -> None:
    chance = random.Random(2)
    output = b"".join(b"%d\t%d\n" % (chance.randrange(99), i) for i in range(60_000))
    blocks = list(sorted_blocks(reader(output, (65_536, 1000, 7)), 2, read_size=1))
    assert len(blocks) > 5
    check(blocks, output, 2)


@pytest.mark.parametrize("length", [65_534, 65_535, 65_536, 65_537, 200_000, 1_000_000])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_longer_than_the_buffer(length: int, end: bytes) -> None:
    output = b"short\t1\n" + b"k" * (length // 2) + b"\t" + b"v" * (length // 2 - 1) + end
    blocks = list(sorted_blocks(reader(output, (30_000,)), 1, read_size=1))
    check(blocks, output, 1)
    assert sum(int(block.records[0]) for block in blocks) == 2


@pytest.mark.parametrize("read_size", [1, 50, 1000])
@pytest.mark.parametrize("before", [b"", b"a\n", b"a\t1\n" * 20])
def test_the_limit_of_a_record_is_exact(read_size: int, before: bytes) -> None:
    limit = 100  # with the newline, which the last line has at least in the end

    def sort(output: bytes) -> None:
        blocks = sorted_blocks(reader(output), 1, read_size, max_record=limit, smallest_read=1)
        check(list(blocks), output, 1)

    sort(before + b"x" * (limit - 1) + b"\n" + b"y\n")
    sort(before + b"x" * (limit - 1))
    for rest in (b"", b"\n", b"\ny\n", b"x" * 1000):
        with pytest.raises(RecordTooLong, match="wrote a record of more than 100 bytes"):
            sort(before + b"x" * limit + rest)


def test_an_error_of_the_source_passes() -> None:
    def read_into(target: memoryview) -> int:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        list(sorted_blocks(read_into, 1))


def test_a_block_says_how_much_memory_it_holds() -> None:
    output = b"".join(b"key\t%05d\n" % number for number in range(100))
    [block] = sorted_blocks(reader(output), 4)
    assert block.size >= len(output)
    assert sum(block.run(partition).length for partition in range(4)) == 1000
    assert [key_of(content(block.run(p))) for p in range(4)].count(b"key") == 1


def test_records_that_come_again_are_counted() -> None:
    """In a row within their key, whatever comes between them."""
    [block] = sorted_blocks(reader(b"b\n" + b"a\t1\nb\t\n" * 70 + b"a\t2\na\t1\n"), 1)
    assert content(block.run(0)) == b"\n\x81\x46a\t1\na\t2\na\t1\nb\t\n\n\x81\x46b\t\n"
    assert block.run(0).sum == Sum(143, 71 * 3 + 72 * 4)


@pytest.mark.parametrize("line", [b"", b"\t", b"a", b"\tb"])
@pytest.mark.parametrize("times", range(1, 6))
def test_a_run_with_counts_is_shorter_than_its_records(line: bytes, times: int) -> None:
    """Whoever reads it takes a run that is as long for one without counts."""
    [block] = sorted_blocks(reader((line + b"\n") * times), 1)
    run = block.run(0)
    assert unfolded(content(run)) == records_of(line + b"\n")[0] * times
    assert (run.length == run.sum.bytes) is (unfolded(content(run)) == content(run))
    assert run.length <= run.sum.bytes


@pytest.mark.parametrize("times", [2, 63, 64, 65, 8191, 8192, 100_000])
def test_counts_of_all_sizes(times: int) -> None:
    output = b"a\t1\n" * times
    [block] = sorted_blocks(reader(output), 1)
    assert content(block.run(0)) == folded([b"a\t1\n"] * times)
    assert block.run(0).sum == Sum(times, 4 * times)


def test_keys_that_hardly_repeat_are_not_looked_up_for_a_while() -> None:
    """Blocks of both kinds follow each other: what repeats, what does not, and what does again."""
    once = b"".join(b"%d\tv\n" % number for number in range(200_000))
    often = b"".join(b"%d\tv\n" % (number % 100) for number in range(200_000))
    output = often + once + often + once + often * 4
    blocks = list(sorted_blocks(reader(output), 2, read_size=1 << 17))
    check(blocks, output, 2)
    assert sum(int(block.bounds[-1]) for block in blocks) < len(output) / 2


def test_keys_that_were_made_to_have_one_hash() -> None:
    """They are sorted as others are, and in no more time."""
    inverse = pow(0x9E3779B97F4A7C15, -1, 1 << 64)
    words = (((7 << 40) + number) * inverse % (1 << 64) for number in range(1 << 20))
    short = [word.to_bytes(7, "little") for word in words if word < 1 << 56]
    keys = [key for key in short if not set(key) & {9, 10}]
    assert len(keys) > 3000
    output = b"".join(key + b"\t1\n" for key in keys * 2)
    check(list(sorted_blocks(reader(output), 2)), output, 2)
