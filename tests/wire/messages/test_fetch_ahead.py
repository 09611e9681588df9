"""The message of /fetchAhead: what one side writes, the other reads; nonsense is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from hadoopless import errors
from hadoopless.job import Sum
from hadoopless.wire.messages import fetch_ahead
from tests.wire.messages.strategies import fetch_orders


@given(fetch_orders())
def test_what_is_written_is_read(order: fetch_ahead.Order) -> None:
    assert fetch_ahead.parse_body(fetch_ahead.body(order)) == order


GOOD = {"jobId": "j", "number": 1, "partitions": [1], "sources": [["http://w", ["a"], [[1, 2]]]]}


def test_the_good_one_is_good() -> None:
    assert fetch_ahead.parse_body(json.dumps(GOOD).encode()).sources[0].sums == (Sum(1, 2),)


def test_the_one_of_an_older_coordinator_has_no_neighbours() -> None:
    assert fetch_ahead.parse_body(json.dumps(GOOD).encode()).neighbours == ()


WRONG: dict[str, list[object]] = {
    "jobId": ["", 5, None],
    "number": ["1", 1.0, None, True],
    "partitions": [1, [-1], ["1"], [1, 2], [1, 1]],
    "neighbours": [5, None, "ab", ["ab"], [[]], [["a"], [5]]],
    "sources": [
        *(5, [5], [[]], ["abc"], [["u", ["a"]]], [[5, ["a"], [[1, 2]]]]),
        *([["u", ids, [[1, 2]]]] for ids in ([5], [], 5, "a")),
        *([["u", ["a"], sums]] for sums in ([[1]], [[1, -2]], [[1, 2, 3]], [], 5)),
    ],
}


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"\xff", b"5", b"null", b"[]", b"{}", b"[" * 9999),
        *(
            json.dumps(GOOD | {name: one}).encode()
            for name, wrong in WRONG.items()
            for one in wrong
        ),
    ],
    ids=lambda body: body[:60],
)
def test_nonsense_is_refused(body: bytes) -> None:
    with pytest.raises(errors.UsageError, match="/fetchAhead"):
        fetch_ahead.parse_body(body)
