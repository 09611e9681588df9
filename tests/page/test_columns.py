"""Columns of numbers and texts come out of a block as they went in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.page.columns import MOST, pack, pack_texts, unpack, unpack_texts

numbers = st.lists(st.integers(-MOST, MOST), max_size=200)


@given(numbers)
def test_numbers_come_back(values: list[int]) -> None:
    head, columns = unpack(pack({"one": values, "two": values[::-1]}, {"told": "x"}))
    assert head == {"told": "x", "rows": len(values)}
    assert columns["one"].tolist() == values
    assert columns["two"].tolist() == values[::-1]


def test_the_smaller_form_is_taken() -> None:
    rising = list(range(10_000, 11_000))
    one_byte_each = len(rising) + 1  # the first difference takes a second one
    line = pack({"rising": rising}, {}).partition(b"\n")[0]
    assert line.endswith(b'"columns":[["rising",1,%d]]}' % (one_byte_each + 1))


def test_varints_of_all_lengths() -> None:
    values = [sign * (1 << bits) for bits in range(53) for sign in (1, -1)]
    assert unpack(pack({"n": np.array(values)}, {}))[1]["n"].tolist() == values


@given(st.lists(st.text(st.sampled_from("ab/.:0123456789\x02-é"), max_size=40), max_size=30))
def test_texts_come_back(texts: list[str]) -> None:
    patterns, columns = pack_texts(texts)
    assert unpack_texts(patterns, columns) == texts


@pytest.mark.parametrize(
    ("text", "pattern", "values"),
    [
        ("part-0012.gz:64", "part-\x014\x02.gz:\x010\x02", [12, 64]),
        ("a 1 2 3 4 0", "a 1" + 4 * " \x010\x02", [2, 3, 4, 0]),
        ("\x017\x02", "\u2401\x010\x02\x02", [7]),
        ("none", "none", []),
    ],
)
def test_patterns(text: str, pattern: str, values: list[int]) -> None:
    patterns, columns = pack_texts([text])
    assert patterns == [pattern]
    assert [columns[f"text{n}"][0] for n in range(4)] == [*values, 0, 0, 0, 0][:4]


def test_texts_that_differ_in_numbers_have_one_pattern() -> None:
    patterns, _ = pack_texts([f"/data/part-{n:05d}.gz:{n * 64 + 64}+64" for n in range(1000)])
    assert len(patterns) == 1
