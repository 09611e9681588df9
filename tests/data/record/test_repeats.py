"""Records with counts are written as often as they come, against a model of ten lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.machine.buffers import PIECE
from hadoopless.data.machine.selftest import padded
from hadoopless.data.record.repeats import NotAsTold, expanded
from hadoopless.job import Sum
from tests.data.samples import RECORDS, count_of, folded, joined, unfolded

TIMES = st.one_of(st.integers(1, 5), st.sampled_from([63, 64, 65, 8191, 8192, 8193]))
REPEATED = st.lists(st.tuples(RECORDS, TIMES), max_size=8)


def pieces_of(data: bytes, size: int) -> list[memoryview]:
    """*data* in pieces of *size*, each with padding behind it."""
    return [
        padded(data[at : at + size]).data[: len(data[at : at + size])]
        for at in range(0, len(data), size)
    ]


def whole(repeated: Sequence[tuple[bytes, int]]) -> bytes:
    return b"".join(record * times for record, times in repeated)


@given(repeated=REPEATED, size=st.integers(1, 60))
def test_any_cutting_gives_the_same(repeated: list[tuple[bytes, int]], size: int) -> None:
    stored = b"".join(count_of(times) + record for record, times in repeated)
    assert unfolded(stored) == whole(repeated)
    together = Sum(sum(times for _, times in repeated), len(whole(repeated)))
    assert joined(expanded(pieces_of(stored, size), together)) == whole(repeated)


@given(repeated=REPEATED)
def test_what_is_folded_is_unfolded(repeated: list[tuple[bytes, int]]) -> None:
    records = list(chain.from_iterable(repeat(record, times) for record, times in repeated))
    assert unfolded(folded(records)) == b"".join(records)


@pytest.mark.parametrize("record", [b"\t\n", b"a key\tand a value\n", b"k" * 3_000_000 + b"\t\n"])
@pytest.mark.parametrize("times", [2, 1000, 2_000_000])
def test_more_than_a_piece_holds(record: bytes, times: int) -> None:
    if len(record) > 100:
        times = 2
    stored = b"a\t\n" + count_of(times) + record + b"z\t\n"
    together = Sum(times + 2, len(record) * times + 6)
    sizes = [len(piece) for piece in expanded(pieces_of(stored, PIECE), together)]
    assert sum(sizes) == together.bytes
    assert max(sizes) <= max(PIECE, 2 * len(record))


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\n\na\t\n",  # a count without digits
        b"\n0a\t\n",
        b"\n\x81\t\n",
        b"\n\x40a\t\n",  # none
        b"\n\x41a\t\n",  # one
        b"\n" + b"\xff" * 9 + b"\x41a\t\n",  # more than there are
        b"a\t\n\n\x44b\t\n",  # more than can be
    ],
)
@pytest.mark.parametrize("size", [1, 100])
def test_counts_that_make_no_sense(nonsense: bytes, size: int) -> None:
    with pytest.raises(NotAsTold, match="not those that were told"):
        joined(expanded(pieces_of(nonsense + b"end\t\n", size), Sum(3, 1000)))


@pytest.mark.parametrize("told", [Sum(5, 17), Sum(5, 19), Sum(2, 18), Sum(5, 0)])
@pytest.mark.parametrize("size", [1, 100])
def test_records_that_are_not_those_that_were_told_of(told: Sum, size: int) -> None:
    stored = pieces_of(b"a\t\n\n\x43b\t\nlong\t\n", size)
    assert len(joined(expanded(stored, Sum(5, 18)))) == 18
    with pytest.raises(NotAsTold):
        joined(expanded(stored, told))


@pytest.mark.parametrize("cut", [b"\n", b"\n\x81", b"\n\x42", b"\n\x42a", b"\n\x42a\t", b"a\t"])
@pytest.mark.parametrize("size", [1, 100])
def test_an_end_within_a_record(cut: bytes, size: int) -> None:
    with pytest.raises(EOFError, match="end within a record"):
        joined(expanded(pieces_of(b"a\t1\n" + cut, size), Sum(9, 1000)))


def test_pieces_without_counts_are_not_looked_at() -> None:
    pieces = pieces_of(b"a\t1\nb\t2\n", 3)
    assert expanded(pieces, None) is pieces
