"""Partitioners, against models that agree with a real Hadoop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.by_hand.partition import partition_of
from hadoopless.data.record.layout import BadOutput, Layout, layout_of
from hadoopless.data.sort.keys import keys_of
from hadoopless.data.sort.partitioners import AskPartitioner, place_by
from hadoopless.rules import (
    FieldRange,
    KeyFields,
    PairFormat,
    Partitioner,
    PartitionRules,
    Pipe,
    Rules,
)
from tests.data.key_models import fields_hash, hashed, java_hash, java_text

#: Texts, what is no UTF-8 in many ways, and what is cut off.
KEYS = st.one_of(
    st.text(max_size=8).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(
        st.sampled_from([*b"\ta.\x80\x8f\x90\x9f\xa0\xbf\xc1\xc2\xe0\xe2\xed\xf0\xf4\xf5\xff"])
    ).map(bytes),
)


def placed(
    layout: Layout, keys: list[bytes], partitions: int, ask: AskPartitioner | None = None
) -> list[int]:
    """The partition of each of *keys*."""
    partition_of = np.zeros(len(keys), np.uint32)
    place = place_by(layout, partitions, ask)
    assert place is not None
    place(keys_of(keys), partition_of)
    return list(partition_of)


def layout_with(rules: PartitionRules) -> Layout:
    return layout_of(Rules(partition=rules))


@given(keys=st.lists(KEYS, min_size=1), partitions=st.integers(2, 2**31 - 1))
def test_hash(keys: list[bytes], partitions: int) -> None:
    expected = [partition_of(key, partitions) for key in keys]
    assert placed(Layout(), keys, partitions) == expected


@given(keys=st.lists(KEYS, min_size=1), partitions=st.integers(2, 2**31 - 1))
def test_java_strings(keys: list[bytes], partitions: int) -> None:
    layout = layout_with(PartitionRules(Partitioner.JAVA_STRING))
    assert placed(layout, keys, partitions) == [java_hash(key) % partitions for key in keys]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (b"\xed\xa0\x80", "\ufffd"),
        (b"\xed\xa0", "\ufffd"),
        (b"\xe2\x82", "\ufffd"),
        (b"\xe0\x80", "\ufffd\ufffd"),
        (b"\xf0\x9f\x98", "\ufffd"),
        (b"\xf5\x80", "\ufffd\ufffd"),
        (b"\xf0\x9f\x98\x80", "\U0001f600"),
    ],
)
def test_how_java_decodes(key: bytes, text: str) -> None:
    assert java_text(key) == text
    layout = layout_with(PartitionRules(Partitioner.JAVA_STRING))
    both = [key, text.encode()]
    assert len(set(placed(layout, both, 2**31 - 1))) == 1


@given(
    keys=st.lists(KEYS, min_size=1),
    partitions=st.integers(2, 2**31 - 1),
    ranges=st.lists(
        st.builds(
            FieldRange, st.integers(1, 3), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)
        ),
        min_size=1,
        max_size=3,
    ),
    separator=st.sampled_from([b"\t", b".", b"a.", b"\xbf", b""]),
)
def test_fields(
    keys: list[bytes], partitions: int, ranges: list[FieldRange], separator: bytes
) -> None:
    fields = KeyFields(tuple(ranges), separator)
    layout = layout_with(PartitionRules(Partitioner.FIELDS, fields))
    assert placed(layout, keys, partitions) == [
        fields_hash(key, fields) % partitions for key in keys
    ]


def test_a_field_from_the_byte_before_it() -> None:
    """``-k2.0`` is not ``-k2``: the separator counts, and the first field has none before it."""
    keys = [b"a.b", b"x.b", b"b"]
    for start_char, parts in ((0, [b".b", b".b", b""]), (1, [b"b", b"b", b""])):
        fields = KeyFields((FieldRange(2, start_char),), b".")
        found = placed(layout_with(PartitionRules(Partitioner.FIELDS, fields)), keys, 1 << 20)
        assert found == [hashed(part) % (1 << 20) for part in parts]
    first = layout_with(PartitionRules(Partitioner.FIELDS, KeyFields((FieldRange(1, 0),), b".")))
    assert placed(first, keys, 1000) == [0, 0, 0]


def test_fields_without_ranges_are_java_strings() -> None:
    for rules in (
        PartitionRules(Partitioner.FIELDS),
        PartitionRules(Partitioner.FIELDS, KeyFields(())),
    ):
        assert placed(layout_with(rules), [b"abc"], 1000) == [java_hash(b"abc") % 1000]


def test_keys_that_are_no_text_are_taken_as_java_shows_them() -> None:
    fields = KeyFields((FieldRange(2, 1, 2),), b" ")
    rules = PartitionRules(Partitioner.FIELDS, fields)
    raw = layout_of(Rules(map_output=PairFormat(Pipe.RAW_BYTES), partition=rules))
    assert placed(raw, [b"\xab\x0c\xde"], 1000) == [fields_hash(b"ab 0c de", fields) % 1000]
    typed = layout_of(Rules(map_output=PairFormat(Pipe.TYPED_BYTES), partition=rules))
    key = b"\x07\0\0\0\x05one 2"
    assert placed(typed, [key], 1000) == [fields_hash(b"one 2", fields) % 1000]


@given(
    keys=st.lists(KEYS, min_size=1),
    boundaries=st.lists(KEYS, max_size=5, unique=True).map(sorted),
)
def test_ranges(keys: list[bytes], boundaries: list[bytes]) -> None:
    layout = layout_with(PartitionRules(Partitioner.RANGES, boundaries=tuple(boundaries)))
    expected = [sum(bound <= key for bound in boundaries) for key in keys]
    assert placed(layout, keys, len(boundaries) + 2) == expected


def test_more_boundaries_than_partitions() -> None:
    rules = PartitionRules(Partitioner.RANGES, boundaries=(b"a", b"b"))
    with pytest.raises(BadOutput, match="2 boundaries for 2 partitions"):
        place_by(layout_with(rules), 2, None)


COMMAND = layout_with(PartitionRules(Partitioner.COMMAND, command="p"))


def test_a_program_is_asked_once_with_all_keys() -> None:
    asked = []

    def ask(keys: memoryview, count: int) -> list[int]:
        asked.append((bytes(keys), count))
        return [2, 0, 1]

    assert placed(COMMAND, [b"a", b"", b"long key"], 3, ask) == [2, 0, 1]
    assert asked == [(b"a\n\nlong key\n", 3)]


@pytest.mark.parametrize("number", [-1, 3, 2**40])
def test_a_program_names_a_partition_that_is_none(number: int) -> None:
    with pytest.raises(BadOutput, match=rf"gave partition {number} for the key b'b'; .* 0 to 2"):
        placed(COMMAND, [b"a", b"b"], 3, lambda keys, count: [0, number])


def test_a_program_gives_too_few_numbers() -> None:
    with pytest.raises(BadOutput, match="gave 1 partitions for 2 keys"):
        placed(COMMAND, [b"a", b"b"], 3, lambda keys, count: [0])


@pytest.mark.parametrize("kind", Partitioner)
def test_nobody_is_asked_for_the_only_partition(kind: Partitioner) -> None:
    assert place_by(layout_with(PartitionRules(kind)), 1, None) is None
