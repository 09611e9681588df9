"""The messages of /segments: what one side writes, the other reads; nonsense is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless import errors
from hadoopless.wire import segments as segment_messages
from tests.wire.messages import COUNTS


@given(partition=COUNTS, ids=st.lists(st.text(max_size=8), max_size=5))
def test_segments_body(partition: int, ids: list[str]) -> None:
    assert segment_messages.parse_body(segment_messages.body(partition, ids)) == (
        partition,
        ids,
    )


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"\xff", b"5", b"null", b"[]", b"{}", b'{"partition": 1}', b'{"mapTaskIDs": []}'),
        *(b'{"partition": -1, "mapTaskIDs": []}', b'{"partition": "1", "mapTaskIDs": []}'),
        *(b'{"partition": 1.0, "mapTaskIDs": []}', b'{"partition": 1, "mapTaskIDs": "ab"}'),
        *(b'{"partition": 1, "mapTaskIDs": [1]}', b'{"partition": 1, "mapTaskIDs": null}'),
        b"[" * 9999,
    ],
    ids=lambda body: body[:40],
)
def test_segments_bodies_that_are_nonsense(body: bytes) -> None:
    with pytest.raises(errors.UsageError, match="/segments"):
        segment_messages.parse_body(body)


@given(st.lists(st.lists(st.tuples(COUNTS, COUNTS), max_size=3), max_size=4))
def test_segments_header(segments: list[list[tuple[int, int]]]) -> None:
    header = segment_messages.header(segments)
    assert int.from_bytes(header[:4], "big") == len(header) - 4
    assert segment_messages.parse_header(header[4:], len(segments)) == segments
    with pytest.raises(ValueError, match="other map outputs"):
        segment_messages.parse_header(header[4:], len(segments) + 1)
