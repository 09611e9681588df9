"""The oracle itself, on cases that a person can check."""

from __future__ import annotations

import random

import pytest

from tests.oracle import oracle, partition_of, records, sort_records

CAT = ["cat"]
WORD_COUNT = (["wordcount/mapper.py"], ["wordcount/reducer.py"])


def test_word_count_by_hand():
    inputs = [b"one fish two fish\n", b"red fish\n"]

    assert oracle(*WORD_COUNT, inputs, 1) == [b"fish\t3\none\t1\nred\t1\ntwo\t1\n"]


def test_equal_keys_keep_the_order_of_tasks_and_emission():
    assert oracle(CAT, CAT, [b"k\tz\nk\ta\n", b"k\tm\nj\t1\n"], 1) == [b"j\t1\nk\tz\nk\ta\nk\tm\n"]


def test_the_reducer_runs_for_empty_partitions_too():
    reducer = ["sh", "-c", "cat; echo end"]

    assert oracle(CAT, reducer, [b""], 3) == [b"end\n"] * 3


def test_partitions_hold_every_record_once():
    lines = [b"%d\t%d" % (i * i, i) for i in range(200)]
    outputs = oracle(CAT, CAT, [b"\n".join(lines)], 4)

    assert all(outputs)
    assert sorted(b"".join(outputs).splitlines()) == sorted(lines)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (b"", []),
        (b"a\t1\n", [b"a\t1"]),
        (b"a\t1", [b"a\t1"]),
        (b"a\n\nb\t\n", [b"a\t", b"\t", b"b\t"]),
        (b"a\tb\tc\r\n", [b"a\tb\tc\r"]),
    ],
)
def test_records(output, expected):
    assert records(output) == expected


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        (b"", 1),
        (b"a", 31 + 97),
        (b"ab", (31 + 97) * 31 + 98),
        (b"\xff", 30),  # bytes are signed
        (b"\x80\x80", (31 - 128) * 31 - 128),
    ],
)
def test_partition_is_hadoops(key, hashed):
    modulus = 1_000_003

    assert partition_of(key + b"\tvalue", modulus) == (hashed & 0x7FFFFFFF) % modulus


def test_partition_wraps_at_32_bits():
    exact = 1
    for byte in b"longer than six":
        exact = exact * 31 + byte

    assert exact > 1 << 64
    assert partition_of(b"longer than six\t", 97) == (exact & 0x7FFFFFFF) % 97


@pytest.mark.parametrize("seed", range(5))
def test_sort_is_right_on_hostile_bytes(seed):
    rng = random.Random(seed)
    bits = [b"\0", b"\r", b"\xff", b"\x80", b"\x01", b" ", b"a", b"\xc3\xa9"]
    lines = [
        b"".join(rng.choices(bits, k=rng.randrange(4)))
        + b"\t"
        + b"".join(rng.choices([*bits, b"\t"], k=rng.randrange(3)))
        for _ in range(300)
    ]

    in_order = sorted(lines, key=lambda line: line.split(b"\t", 1)[0])
    assert sort_records(lines) == b"".join(line + b"\n" for line in in_order)
