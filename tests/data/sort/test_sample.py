"""The sample of a mapper's keys: bounded, evenly taken, the same each time."""

from __future__ import annotations

import io
import os

import pytest

from hadoopless.data.program.stdin import Feeder, write_all
from hadoopless.data.sort.sample import SampleTaker, first_bytes
from hadoopless.errors import InputError
from hadoopless.job import SampledKey
from hadoopless.rules import (
    PLAIN_RULES,
    FieldRange,
    KeyFields,
    PairFormat,
    Partitioner,
    PartitionRules,
    Rules,
)

MEMORY = 64 << 20


def sample(rules: Rules, output: bytes) -> tuple[SampledKey, ...]:
    taker = SampleTaker(rules)
    assert taker.take(io.BytesIO(output).readinto, MEMORY)
    return taker.keys


def test_all_keys_of_a_small_output() -> None:
    found = sample(PLAIN_RULES, b"b\tx\na\nb\ty\n")
    assert found == (SampledKey(b"a", b"a"), SampledKey(b"b", b"b"), SampledKey(b"b", b"b"))
    assert sample(Rules(plain=True, sort_values=True), b"b\tx\na\nb\ty\n") == found
    assert sample(PLAIN_RULES, b"") == ()


def test_keys_are_those_of_the_job_and_in_its_order() -> None:
    rules = Rules(
        map_output=PairFormat(separator=b"."),
        order=KeyFields((FieldRange(1, 1, 1, reverse=True),), b" "),
        partition=PartitionRules(Partitioner.RANGES),
        sort_values=True,
    )
    found = sample(rules, b"a.x\nb 2.y\nb 1.z\n")
    assert [key.key for key in found] == [b"b 2", b"b 1", b"a"]
    assert found[0].sort_key == found[1].sort_key < found[2].sort_key


def test_it_is_bounded_and_even() -> None:
    output = b"".join(b"%06d\tvalue\n" % (i * 7919 % 60_000) for i in range(60_000))
    found = sample(PLAIN_RULES, output)
    assert 1875 <= len(found) <= 4096
    assert len({key.weight for key in found}) == 1
    assert abs(sum(key.weight for key in found) - 60_000) <= found[0].weight
    keys = sorted(int(key.key) for key in found)
    assert abs(keys[len(keys) // 2] - 30_000) < 1200
    assert sample(PLAIN_RULES, output) == found


def test_long_keys() -> None:
    found = sample(PLAIN_RULES, b"".join(b"%04d" % i + b"x" * 2000 + b"\n" for i in range(2000)))
    assert sum(len(key.key) + len(key.sort_key) for key in found) <= 1 << 20
    assert 100 < len(found) < 300
    assert sample(PLAIN_RULES, b"x" * 100_000 + b"\na\n") == (SampledKey(b"a", b"a"),)


def test_a_mapper_that_writes_too_much_is_not_read_to_its_end() -> None:
    class Endless:
        def __call__(self, target: memoryview) -> int:
            target[:] = (b"a\n" * len(target))[: len(target)]
            return len(target)

    taker = SampleTaker(PLAIN_RULES)
    assert not taker.take(Endless(), MEMORY)
    assert taker.keys


def fed(feeder: Feeder) -> bytes:
    source, target = os.pipe()
    try:
        feeder(target)
    finally:
        os.close(target)
    with os.fdopen(source, "rb") as file:
        return file.read()


def test_the_first_bytes() -> None:
    def numbers(target: int) -> None:
        write_all(target, (memoryview(b"%d\n" % i) for i in range(1_000_000)))

    assert fed(first_bytes(numbers, 10)) == b"0\n1\n2\n3\n4\n"
    assert fed(first_bytes(lambda target: None, 10)) == b""

    def fails(target: int) -> None:
        raise InputError("gone")

    with pytest.raises(InputError, match="gone"):
        fed(first_bytes(fails, 10))
