"""Sort keys: comparing them must be comparing the keys as Hadoop does."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hadoopless.data.record.frame_kernels import NULL
from hadoopless.data.record.layout import BadOutput
from hadoopless.data.sort.key_kernels import STARTS
from hadoopless.data.sort.keys import KeyLimits, Keys, SortKeys, keys_of
from hadoopless.rules import FieldRange, KeyFields
from tests.data.key_models import compared
from tests.data.samples import hostile


def sort_keys(order: KeyFields, keys: Sequence[bytes]) -> list[bytes]:
    """The sort key of each of *keys*."""
    made = SortKeys(order, False, len(keys))
    assert made.write(keys_of(keys), 0, prefixes(keys)) == len(keys)
    return [made.keys[number] for number in range(len(keys))]


def prefixes(keys: Sequence[bytes]) -> np.ndarray:
    return np.zeros(len(keys), np.uint64)


def check(order: KeyFields, keys: Sequence[bytes]) -> None:
    """Each two of *keys* compare as the model says."""
    made = sort_keys(order, keys)
    for i, j in combinations(range(len(keys)), 2):
        expected = compared(keys[i], keys[j], order)
        got = (made[i] > made[j]) - (made[i] < made[j])
        assert got == (expected > 0) - (expected < 0), (keys[i], keys[j], order)


SEPARATORS = st.sampled_from([b"\t", b".", b"ab", b"aa", b"::", b"\0", b"\xc3\xa9", b""])
PARTS = hostile("\0\1\2\3\4ab.:\t\xff\xc3\xa9", 9)
RANGES = st.builds(
    FieldRange,
    start_field=st.integers(1, 4),
    start_char=st.integers(0, 3) | st.sampled_from([(1 << 63) - 1, -(1 << 63)]),
    end_field=st.integers(0, 4),
    end_char=st.integers(0, 3),
    reverse=st.booleans(),
)


@given(
    separator=SEPARATORS,
    parts=st.lists(st.lists(PARTS, max_size=4), min_size=2, max_size=6),
    ranges=st.lists(RANGES, min_size=1, max_size=3),
)
def test_parts_of_any_keys(
    separator: bytes, parts: list[list[bytes]], ranges: list[FieldRange]
) -> None:
    check(KeyFields(tuple(ranges), separator), [separator.join(fields) for fields in parts])


DIGITS = st.one_of(
    st.sampled_from(["0", "1", "9", "10", "100", "12", "123", "124", "1" * 130, "1" * 300]),
    st.integers(0, 10**25).map(str),
)
FRACTIONS = st.sampled_from(
    ["", ".", ".0", ".000", ".5", ".50", ".05", ".25", ".4999", "." + "3" * 99]
)
NUMBERS = st.builds(
    lambda sign, digits, fraction: f"{sign}{digits}{fraction}".encode(),
    st.sampled_from(["", "-"]),
    DIGITS,
    FRACTIONS,
)


@given(keys=st.lists(NUMBERS, min_size=2, max_size=8), reverse=st.booleans())
def test_numbers(keys: list[bytes], reverse: bool) -> None:
    check(KeyFields((FieldRange(numeric=True, reverse=reverse),)), keys)


@given(
    rows=st.lists(st.tuples(PARTS, NUMBERS, NUMBERS), min_size=2, max_size=6),
    ranges=st.permutations(
        [
            FieldRange(1, 1, 1),
            FieldRange(2, 1, 2, numeric=True, reverse=True),
            FieldRange(3, 1, 3, numeric=True),
        ]
    ),
)
def test_numbers_among_other_fields(
    rows: list[tuple[bytes, bytes, bytes]], ranges: list[FieldRange]
) -> None:
    keys = [b";".join((text.replace(b";", b""), *numbers)) for text, *numbers in rows]
    check(KeyFields(tuple(ranges), b";"), keys)


@given(
    rows=st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9), st.integers(0, 20)), min_size=2)
)
def test_fractions_go_on_to_the_end_of_the_range(rows: list[tuple[int, int, int]]) -> None:
    keys = [b"%d.%d\t%d" % row for row in rows]
    check(KeyFields((FieldRange(numeric=True),)), keys)


#: As a real Hadoop orders them, each line one order; what is equal shares a place.
IN_ORDER: list[tuple[str, list[list[bytes]]]] = [
    ("n", [[b"-10"], [b"-9.5"], [b"-1", b"-1.0", b"-01"], [b"0", b"-0", b"00", b"0.0"], [b"0.25"]]),
    ("n", [[b""], [b"01", b"001"], [b"1"], [b"1x"], [b"1y"], [b"1.5"], [b"02"], [b"2"], [b"10"]]),
    ("n", [[b" 5"], [b"+5"], [b"0"], [b"e5", b"e7"], [b"1e9"], [b"2"]]),
    (
        "",
        [
            [b""],
            [b"\0"],
            [b"\0\0"],
            [b"\1"],
            [b"\3"],
            [b"\4"],
            [b"a"],
            [b"a\0"],
            [b"ab"],
            [b"\xff"],
        ],
    ),
]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("flags", "groups"), IN_ORDER)
def test_known_orders(flags: str, groups: list[list[bytes]], reverse: bool) -> None:
    order = KeyFields((FieldRange(numeric="n" in flags, reverse=reverse),))
    check(order, [key for group in groups for key in group])
    made = [sort_keys(order, group) for group in groups]
    assert all(len(set(group)) == 1 for group in made)
    firsts = [group[0] for group in made]
    assert firsts == sorted(firsts, reverse=reverse)


def test_a_missing_range_comes_first_and_last_when_reversed() -> None:
    for reverse in (False, True):
        order = KeyFields((FieldRange(2, 1, 2, reverse=reverse),))
        missing, empty, other = sort_keys(order, [b"a", b"a\t\tb", b"a\tx"])
        assert (missing < empty < other) is not reverse
        assert (missing > empty > other) is reverse


def test_a_component_is_never_a_prefix_of_another() -> None:
    order = KeyFields((FieldRange(1, 1, 1), FieldRange(2, 1, 2)))
    keys = [b"a\tb", b"a\x02\ta", b"a\0\t\xff", b"\tb", b"a\t", b"a"]
    check(order, keys)


def as_pairs(together: Keys, lengths: Sequence[Sequence[int]]) -> Keys:
    """Pairs that begin where *together* do; each has the length of its key and of its value."""
    starts = together.table[STARTS]
    return replace(together, table=np.array([starts, *zip(*lengths, strict=True)], np.uint32))


@given(st.lists(st.tuples(PARTS, PARTS), min_size=1, max_size=10))
def test_values_come_behind_the_key(pairs: list[tuple[bytes, bytes]]) -> None:
    made = SortKeys(None, True, len(pairs))
    together = keys_of([key + b"::" + value for key, value in pairs])
    lengths = [[len(key), len(value)] for key, value in pairs]
    made.write(as_pairs(together, lengths), 2, np.zeros(len(pairs), np.uint64))
    found = [made.keys[number] for number in range(len(pairs))]
    by_sort_key = sorted(range(len(pairs)), key=lambda number: found[number])
    assert [pairs[number] for number in by_sort_key] == sorted(pairs)


def test_a_value_that_is_null_is_as_an_empty_one() -> None:
    made = SortKeys(None, True, 2)
    made.write(as_pairs(keys_of([b"k", b"k"]), [[1, 0], [1, NULL]]), 0, prefixes([b"", b""]))
    assert made.keys[0] == made.keys[1]


def test_prefixes_are_those_of_the_sort_keys() -> None:
    keys = [b"b", b"a\t5", b"long key", b""]
    made = SortKeys(KeyFields((FieldRange(reverse=True),)), False, 4)
    found = prefixes(keys)
    made.write(keys_of(keys), 0, found)
    as_numbers = [
        made.keys[i][:7].ljust(7, b"\0") + bytes([min(len(made.keys[i]), 8)]) for i in range(4)
    ]
    assert [int(number).to_bytes(8, "big") for number in found] == as_numbers


def test_room_grows_and_then_ends() -> None:
    limits = KeyLimits(first=100, usual=400, largest=5000)
    order = KeyFields((FieldRange(),))
    many = [b"%05d" % number for number in range(100)]
    made = SortKeys(order, False, 100, limits)
    done = made.write(keys_of(many), 0, prefixes(many))
    assert 400 / 20 < done < 100
    assert made.keys[done - 1] == b"%05d\x02" % (done - 1)
    long = [b"x" * 2000]
    assert made.write(keys_of(long), 0, prefixes(long)) == 1
    too_long = [b"x" * 2500]
    with pytest.raises(BadOutput, match="too long"):
        made.write(keys_of(too_long), 0, prefixes(too_long))
