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
        *(b'{"partition": true, "mapTaskIDs": []}', b'{"partition": false, "mapTaskIDs": []}'),
        *(b'{"partition": 1, "mapTaskIDs": [1]}', b'{"partition": 1, "mapTaskIDs": null}'),
        b"[" * 9999,
    ],
    ids=lambda body: body[:40],
)
def test_segments_bodies_that_are_nonsense(body: bytes) -> None:
    with pytest.raises(errors.UsageError, match="/segments"):
        segment_messages.parse_body(body)


#: Bytes and records: the shortest record is a TAB and a newline.
RUNS = st.builds(
    lambda records, more: (2 * records + more, records), st.integers(1, 10**15), COUNTS
)


@given(st.lists(st.lists(RUNS, max_size=3), max_size=4))
def test_segments_header(segments: list[list[tuple[int, int]]]) -> None:
    header = segment_messages.header(segments)
    assert int.from_bytes(header[:4], "big") == len(header) - 4
    assert segment_messages.parse_header(header[4:], len(segments)) == segments
    with pytest.raises(ValueError, match="other map outputs"):
        segment_messages.parse_header(header[4:], len(segments) + 1)


@pytest.mark.parametrize(
    "header",
    [
        *(b"", b"[", b"[" * 99999, b"[[[4, 2]]", b"[[[" + b"9" * 5000 + b", 1]]]", b"\xff"),
        *(b"[[[0, 0]]]", b"[[[5, 0]]]", b"[[[3, 2]]]", b"[[[true, true]]]", b'[[["4", 2]]]'),
    ],
    ids=lambda header: header[:12],
)
def test_segments_headers_that_are_nonsense(header: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        segment_messages.parse_header(header, 1)
