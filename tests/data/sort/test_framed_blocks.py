"""The output of programs in any format becomes framed blocks, as Python's stable sort has it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hadoopless.by_hand.partition import partition_of
from hadoopless.data.record.layout import BadOutput, layout_of
from hadoopless.data.runs.blocks import SortedBlock
from hadoopless.data.sort.blocks import FramedBlocks, sorted_blocks
from hadoopless.data.sort.keys import KeyLimits
from hadoopless.faults import RecordTooLong
from hadoopless.rules import (
    FieldRange,
    KeyFields,
    PairFormat,
    Partitioner,
    PartitionRules,
    Pipe,
    Rules,
)
from tests.data.frames import Pair, iterate, pack
from tests.data.key_models import compared
from tests.data.samples import content, hostile, memory_run, reader


def sized(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def typed(data: bytes) -> bytes:
    return b"\7" + sized(data)


def pairs_in(block: SortedBlock, partition: int) -> list[Pair]:
    return list(iterate([memoryview(content(block.run(partition)))]))


def blocks_of(
    output: bytes,
    rules: Rules,
    partitions: int = 1,
    chunks: Sequence[int] = (1 << 20,),
    read_size: int = 1,
    **others: Any,
) -> list[SortedBlock]:
    return list(
        sorted_blocks(
            reader(output, chunks), partitions, read_size, layout=layout_of(rules), **others
        )
    )


def in_order(pairs: Iterable[Pair], rules: Rules) -> list[Pair]:
    """The model of sorting."""

    def compare(a: Pair, b: Pair) -> int:
        result = compared(a[0], b[0], rules.order) if rules.order else (a[0] > b[0]) - (a[0] < b[0])
        if not result and rules.sort_values:
            left, right = a[1] or b"", b[1] or b""
            result = (left > right) - (left < right)
        return result

    return sorted(pairs, key=functools.cmp_to_key(compare))


#: For each format, how pairs are written, and what is read again.
Write = Callable[[Pair], bytes]
FORMATS: list[tuple[PairFormat, Write]] = [
    (PairFormat(separator=b"::"), lambda pair: pair[0] + b"::" + (pair[1] or b"") + b"\n"),
    (PairFormat(key_fields=2), lambda pair: pair[0] + b"\tx\t" + (pair[1] or b"") + b"\n"),
    (PairFormat(Pipe.KEY_ONLY_TEXT), lambda pair: pair[0] + b"\n"),
    (PairFormat(Pipe.RAW_BYTES), lambda pair: sized(pair[0]) + sized(pair[1] or b"")),
    (
        PairFormat(Pipe.PAIRS),
        lambda pair: sized(pair[0]) + (b"\xff" * 4 if pair[1] is None else sized(pair[1])),
    ),
    (PairFormat(Pipe.TYPED_BYTES), lambda pair: typed(pair[0]) + typed(pair[1] or b"")),
]


NAMES = ["separator", "two fields", "key only", "raw bytes", "pairs", "typed bytes"]


def read_again(pair: Pair, pairs: PairFormat) -> Pair:
    key, value = pair
    match pairs.pipe:
        case Pipe.KEY_ONLY_TEXT:
            return key, None
        case Pipe.PAIRS:
            return pair
        case Pipe.TYPED_BYTES:
            return typed(key), typed(value or b"")
    return (key + b"\tx" if pairs.key_fields == 2 else key), value or b""


ORDERS = [
    None,
    KeyFields((FieldRange(1, 1, 1, reverse=True),), b"a"),
    KeyFields((FieldRange(1, 2), FieldRange(reverse=True)), b" "),
]


@pytest.mark.parametrize(("pairs", "write"), FORMATS, ids=NAMES)
@settings(max_examples=40)  # of each format
@given(
    # No key or value holds a byte that ends lines or separates fields in one of the formats.
    written=st.lists(
        st.tuples(hostile("\0\1\3 abc\x80\xff", 12), st.one_of(st.none(), hostile("\0 z\xff", 5))),
        max_size=20,
    ),
    order=st.sampled_from(ORDERS),
    sort_values=st.booleans(),
    partitions=st.integers(1, 3),
    chunks=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    read_size=st.integers(1, 60),
    records_per_block=st.integers(1, 20),
)
def test_any_cutting_of_any_format(
    pairs: PairFormat,
    write: Write,
    written: list[Pair],
    order: KeyFields | None,
    sort_values: bool,
    partitions: int,
    chunks: list[int],
    read_size: int,
    records_per_block: int,
) -> None:
    rules = Rules(map_output=pairs, order=order, sort_values=sort_values)
    blocks = blocks_of(
        b"".join(map(write, written)),
        rules,
        partitions,
        chunks,
        read_size,
        smallest_read=1,
        records_per_block=records_per_block,
    )
    expected: list[list[Pair]] = [[] for _ in range(partitions)]
    for pair in written:
        again = read_again(pair, pairs)
        expected[partition_of(again[0], partitions)].append(again)
    for partition in range(partitions):
        found = []
        for block in blocks:
            in_block = pairs_in(block, partition)
            assert len(in_block) == block.run(partition).sum.records
            assert in_block == in_order(in_block, rules)
            found += in_block
        assert in_order(found, rules) == in_order(expected[partition], rules)


@given(
    lines=st.lists(hostile("\ta,b", 8), max_size=8),
    separator=st.sampled_from([b"\t", b",", b"a,", b"ab", b""]),
    key_fields=st.integers(0, 4),
)
def test_where_keys_end(lines: list[bytes], separator: bytes, key_fields: int) -> None:
    rules = Rules(map_output=PairFormat(Pipe.TEXT, separator, key_fields), sort_values=True)
    expected: list[Pair] = []
    for line in lines:
        at = line.find(separator)
        for _ in range(1, key_fields):
            at = line.find(separator, at + len(separator)) if at >= 0 else -1
        expected.append((line, b"") if at < 0 else (line[:at], line[at + len(separator) :]))
    output = b"".join(line + b"\n" for line in lines)
    found = [pair for block in blocks_of(output, rules) for pair in pairs_in(block, 0)]
    assert found == in_order(expected, rules)


@pytest.mark.parametrize("rules", [Rules(), Rules(map_output=PairFormat(key_fields=2))])
@given(
    output=st.text("\r\na\t", max_size=20).map(str.encode),
    chunks=st.lists(st.integers(1, 5), min_size=1, max_size=4),
)
def test_all_line_ends(rules: Rules, output: bytes, chunks: list[int]) -> None:
    replaced = output.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    found = blocks_of(output, rules, chunks=chunks, read_size=7, smallest_read=1)
    expected = blocks_of(replaced, rules)
    assert sum(int(block.records[0]) for block in found) == len(replaced.splitlines())
    assert sum(block.serialized for block in found) == sum(block.serialized for block in expected)


def test_a_cr_is_data_in_jobs_without_rules() -> None:
    [block] = sorted_blocks(reader(b"a\r\n"), 1)
    assert content(block.run(0)) == b"a\r\t\n"


@pytest.mark.parametrize("framed", [False, True])
def test_a_fixed_partition_keeps_the_order(framed: bool) -> None:
    rules = Rules(order=KeyFields((FieldRange(reverse=True),))) if framed else Rules()
    output = b"".join(b"%d\t%d\n" % (number * 7 % 10, number) for number in range(1000))
    [block] = blocks_of(output, rules, 3, fixed_partition=1)
    assert list(block.records) == [0, 1000, 0]
    if framed:
        assert (
            b"".join(b"%s\t%s\n" % (key, value or b"") for key, value in pairs_in(block, 1))
            == output
        )
    else:
        assert content(block.run(1)) == output
    assert not block.run(0).length + block.run(2).length


def test_other_partitioners_of_plain_records() -> None:
    output = b"bb\t1\nb\t2\nab\na\t4\n"
    rules = Rules(partition=PartitionRules(Partitioner.RANGES, boundaries=(b"b",)))
    [block] = blocks_of(output, rules, 2)
    assert content(block.run(0)) == b"a\t4\nab\t\n"
    assert content(block.run(1)) == b"b\t2\nbb\t1\n"
    rules = Rules(partition=PartitionRules(Partitioner.COMMAND))
    layout = layout_of(rules)
    [block] = sorted_blocks(
        reader(output), 2, layout=layout, ask_partitioner=lambda keys, count: [1, 0, 0, 1]
    )
    assert content(block.run(0)) == b"ab\t\nb\t2\n"
    assert content(block.run(1)) == b"a\t4\nbb\t1\n"


def test_ranges_follow_the_order() -> None:
    order = KeyFields((FieldRange(numeric=True, reverse=True),))
    ranges = PartitionRules(Partitioner.RANGES, boundaries=(b"100", b"9"))
    rules = Rules(partition=ranges, order=order, sort_values=True)
    [block] = blocks_of(b"5\n1000\n9\n20\n100\n", rules, 3)
    found = [[key for key, _ in pairs_in(block, partition)] for partition in range(3)]
    assert found == [[b"1000"], [b"100", b"20"], [b"9", b"5"]]


def text_sizes(key: int, value: int) -> tuple[int, int]:
    """The two sizes that Hadoop counts for one Text pair, by the sizes of a vint."""

    def vint(number: int) -> int:
        return 1 if number < 128 else 2 if number < 256 else 3 if number < 65536 else 4

    key, value = key + vint(key), value + vint(value)
    return key + value, key + value + vint(key) + vint(value)


LENGTHS = [0, 1, 126, 127, 128, 254, 255, 256, 65_535, 65_536]


@pytest.mark.parametrize("pairs", [PairFormat(), PairFormat(key_fields=2)])
@pytest.mark.parametrize("key", LENGTHS)
@pytest.mark.parametrize("value", [0, 127, 128, 70_000])
def test_sizes_as_hadoop_counts_them(pairs: PairFormat, key: int, value: int) -> None:
    second = b"\t" if pairs.key_fields == 2 else b""
    [block] = blocks_of(
        b"k" * key + second + b"\t" + b"v" * value + b"\n", Rules(map_output=pairs), 2
    )
    assert (block.serialized, block.materialized) == text_sizes(key + len(second), value)


def test_sizes_of_other_pairs() -> None:
    def sizes(pipe: Pipe, output: bytes) -> tuple[int, int]:
        [block] = blocks_of(output, Rules(map_output=PairFormat(pipe)))
        return block.serialized, block.materialized

    assert sizes(Pipe.KEY_ONLY_TEXT, b"key\n") == (4, 6)
    assert sizes(Pipe.RAW_BYTES, sized(b"key") + sized(b"v")) == (12, 14)
    assert sizes(Pipe.TYPED_BYTES, b"\2\1" + typed(b"v")) == (16, 18)
    assert sizes(Pipe.PAIRS, sized(b"key") + sized(b"")) == (5, 7)
    [block] = sorted_blocks(reader(b"key\n"), 1)
    assert (block.serialized, block.materialized) == (0, 0)


@pytest.mark.parametrize("key", [False, True])
@pytest.mark.parametrize("value", [False, True])
def test_sizes_of_longs(key: bool, value: bool) -> None:
    rules = Rules(map_output=PairFormat(Pipe.PAIRS), long_keys=key, long_values=value)
    [block] = blocks_of((sized(b"12") + sized(b"345")) * 3, rules)
    size = (8 if key else 3) + (8 if value else 4)
    assert (block.serialized, block.materialized) == (3 * size, 3 * (size + 2))


#: One item of each type code of typed bytes, and nested ones.
ITEMS = [
    b"\0" + sized(b"bytes"),
    b"\1x",
    b"\2\1",
    b"\3" + b"i" * 4,
    b"\4" + b"l" * 8,
    b"\5" + b"f" * 4,
    b"\6" + b"d" * 8,
    typed(b""),
    b"\x08\0\0\0\2\1a" + typed(b"b"),
    b"\x08\0\0\0\0",
    b"\x09\xff",
    b"\x09\x09\1a\xff\x08\0\0\0\1\x09\xff\2\0\xff",
    b"\x0a\0\0\0\1" + typed(b"k") + b"\x0a\0\0\0\0",
    b"\x32" + sized(b"own"),
    b"\xc8" + sized(b""),
]
TYPED = Rules(map_output=PairFormat(Pipe.TYPED_BYTES))


@given(
    items=st.lists(st.tuples(st.sampled_from(ITEMS), st.sampled_from(ITEMS)), min_size=1),
    chunks=st.lists(st.integers(1, 9), min_size=1, max_size=3),
)
def test_typed_bytes(items: list[Pair], chunks: list[int]) -> None:
    output = b"".join(key + (value or b"") for key, value in items)
    blocks = blocks_of(output, TYPED, chunks=chunks, read_size=5, smallest_read=1)
    found = [pair for block in blocks for pair in pairs_in(block, 0)]
    assert sorted(found) == sorted(items)


@pytest.mark.parametrize("key", [b"", b"\1a"])
@pytest.mark.parametrize(
    "item",
    [b"\x0b", b"\x31", b"\xc9", b"\x08\0\0\0\1\xff", b"\7\xff\xff\xff\xff", b"\x09" * 5000],
)
def test_what_is_no_typed_bytes(key: bytes, item: bytes) -> None:
    with pytest.raises(BadOutput, match="no typed bytes"):
        blocks_of(key + item, TYPED)


RAW = Rules(map_output=PairFormat(Pipe.RAW_BYTES))
PAIRS = Rules(map_output=PairFormat(Pipe.PAIRS))


@pytest.mark.parametrize(
    ("rules", "output"),
    [
        (RAW, sized(b"k") + b"\xff\xff\xff\xff"),
        (PAIRS, sized(b"k") + b"\x80\0\0\0"),
        (PAIRS, b"\xff" * 4),
    ],
)
def test_lengths_below_0(rules: Rules, output: bytes) -> None:
    with pytest.raises(BadOutput, match="length below 0"):
        blocks_of(output, rules)


@pytest.mark.parametrize(
    ("rules", "record", "free"),
    [
        (RAW, sized(b"key") + sized(b"value"), 3),  # of which no length can be read
        (PAIRS, sized(b"key") + sized(b"value"), 0),
        (TYPED, typed(b"key") + b"\x08\0\0\0\1\4value...", 0),
    ],
)
def test_output_that_ends_within_a_record(rules: Rules, record: bytes, free: int) -> None:
    for kept in range(1, len(record)):
        if kept <= free:
            [block] = blocks_of(record + record[:kept], rules)
            assert block.records[0] == 1
        else:
            with pytest.raises(BadOutput, match="stopped within a record"):
                blocks_of(record + record[:kept], rules)


@pytest.mark.parametrize(
    ("rules", "record", "end"),
    [(RAW, sized(b"k") + sized(b"v"), b"\xff" * 4), (TYPED, b"\1k\1v", b"\xff")],
)
def test_what_ends_the_output_for_hadoop(rules: Rules, record: bytes, end: bytes) -> None:
    read = reader(record * 3 + end + b"more" * 100_000)
    blocks = list(sorted_blocks(read, 1, 1, layout=layout_of(rules)))
    assert sum(int(block.records[0]) for block in blocks) == 3
    assert not read(memoryview(bytearray(1)))  # all was read


@pytest.mark.parametrize("value", [70_000, 200_000])
@pytest.mark.parametrize(
    "rules", [RAW, PAIRS, Rules(sort_values=True, map_output=PAIRS.map_output)]
)
def test_records_longer_than_the_buffer(rules: Rules, value: int) -> None:
    record = sized(b"key") + sized(b"v" * value)
    output = sized(b"a") + sized(b"b") + record * 2 + sized(b"c") + sized(b"d")
    blocks = blocks_of(output, rules, chunks=(30_000,))
    found = [pair for block in blocks for pair in pairs_in(block, 0)]
    expected = [(b"a", b"b"), *[(b"key", b"v" * value)] * 2, (b"c", b"d")]
    assert sorted(found) == sorted(expected)
    size = len(record)
    assert blocks_of(output, rules, max_record=size)
    with pytest.raises(RecordTooLong):
        blocks_of(output, rules, max_record=size - 1)


FOUR = PairFormat(separator=b"::::")  # as long as the length of a pair


def with_four(pair: Pair) -> bytes:
    return pair[0] + b"::::" + (pair[1] or b"") + b"\n"


@pytest.mark.parametrize(
    ("pairs", "write"), [*FORMATS, (FOUR, with_four)], ids=[*NAMES, "separator of four"]
)
def test_sort_keys_for_which_there_is_little_room(pairs: PairFormat, write: Write) -> None:
    rules = Rules(map_output=pairs, sort_values=True)
    written: list[Pair] = [(b"%d" % (number * 7 % 100), b"v" * number) for number in range(100)]
    output = memory_run([b"".join(map(write, written))])
    maker = FramedBlocks(layout_of(rules), 1, 1000, limits=KeyLimits(first=64, usual=256))
    blocks: list[SortedBlock] = []
    done = 0
    while done < output.length:
        made = maker.make(output.buffer.ctypes.data + done, output.length - done)
        assert made is not None
        blocks.append(made[0])
        done += made[1]
    assert len(blocks) > 1
    found = [pair for block in blocks for pair in pairs_in(block, 0)]
    assert sorted(found) == sorted(read_again(pair, pairs) for pair in written)


def test_text_has_no_nulls() -> None:
    [block] = blocks_of(b"a\n", Rules(map_output=PairFormat(key_fields=2)))
    assert pairs_in(block, 0) == [(b"a", b"")]


def test_frames_have_a_sort_key_only_where_it_differs() -> None:
    output = sized(b"key") + sized(b"value")
    [block] = blocks_of(output, RAW)
    assert content(block.run(0)) == pack([(b"key", b"value")])
    [block] = blocks_of(output, Rules(map_output=RAW.map_output, sort_values=True))
    assert content(block.run(0)) == pack([(b"key", b"value")], [b"key\x02value"])
