"""The look at the order of merged lines: nothing good is refused, much that is wrong is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.merge.order import OutOfOrder, in_order
from tests.data.samples import RECORDS, joined, sorted_records, views


@given(records=st.lists(RECORDS, max_size=200), size=st.integers(1, 3000))
def test_what_is_in_order_passes(records: list[bytes], size: int) -> None:
    lines = sorted_records(records)
    assert joined(in_order(views(lines, size))) == lines


LONG = b"".join(b"%08d\tvalue\n" % number for number in range(100_000))


@pytest.mark.parametrize("size", [100, 5000, 1 << 20])
def test_long_records_and_long_streams_pass(size: int) -> None:
    large = b"a\t" + b"x" * 10_000 + b"\n" + b"b" * 10_000 + b"\t\n"
    for lines in (LONG, large):
        assert joined(in_order(views(lines, size))) == lines


@pytest.mark.parametrize(
    "lines",
    [
        *(
            b"b\t\na\t\n",
            b"a\t\nb",
            b"a" * 5000,
            b"a\t\nb\n",
            b"a\t1\n\nb\t1\n",
            b"b\t\n" * 9 + b"a\t\n" * 9,
        ),
        b"".join(b"%d\tx\n" % number for number in range(100_000)),
        LONG[70_000:] + LONG[:70_000],
        LONG.replace(b"\t", b" "),
    ],
    ids=lambda lines: lines[:8],
)
def test_what_is_not_sorted_is_noticed(lines: bytes) -> None:
    for size in (1 << 20, 4096):
        with pytest.raises(OutOfOrder):
            joined(in_order(views(lines, size)))
