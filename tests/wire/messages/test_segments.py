"""The messages of /segments: what one side writes, the other reads; nonsense is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless import errors
from hadoopless.job import Sum
from hadoopless.wire.messages import segments as segment_messages
from tests.wire.messages.strategies import COUNTS


def body_of(message: dict[str, object]) -> bytes:
    return json.dumps({"form": segment_messages.FORM} | message).encode()


@given(partition=COUNTS, ids=st.lists(st.text(max_size=8), max_size=5))
def test_segments_body(partition: int, ids: list[str]) -> None:
    assert segment_messages.parse_body(segment_messages.body(partition, ids)) == (
        partition,
        ids,
    )


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"\xff", b"5", b"null", b"[]", b"{}", body_of({"partition": 1})),
        *(body_of({"mapTaskIDs": []}), b'{"partition": 1, "mapTaskIDs": []}'),
        *(body_of({"partition": 1, "mapTaskIDs": [], "form": form}) for form in (1, 3, None)),
        *(body_of({"partition": p, "mapTaskIDs": []}) for p in (-1, "1", 1.0, True, False)),
        *(body_of({"partition": 1, "mapTaskIDs": ids}) for ids in ("ab", [1], None)),
        b"[" * 9999,
    ],
    ids=lambda body: body[:40],
)
def test_segments_bodies_that_are_nonsense(body: bytes) -> None:
    with pytest.raises(errors.UsageError, match="/segments"):
        segment_messages.parse_body(body)


#: Bytes and records: the shortest record is a TAB and a newline, but may come many times.
RUNS = st.builds(
    lambda records, more, less: (
        max(2, 2 * records + more - less),
        Sum(records, 2 * records + more),
    ),
    *(st.integers(1, 1 << 48), COUNTS, COUNTS),
)


@given(st.lists(st.lists(RUNS, max_size=3), max_size=4))
def test_segments_header(segments: list[list[tuple[int, Sum]]]) -> None:
    header = segment_messages.header(segments)
    assert int.from_bytes(header[:4], "big") == len(header) - 4
    assert segment_messages.parse_header(header[4:], len(segments)) == segments
    with pytest.raises(ValueError, match="other map outputs"):
        segment_messages.parse_header(header[4:], len(segments) + 1)


@pytest.mark.parametrize(
    "header",
    [
        *(b"", b"[", b"[" * 99999, b"[[[4, 2, 4]]", b"[[[" + b"9" * 5000 + b", 1, 2]]]", b"\xff"),
        *(b"[[[0, 0, 0]]]", b"[[[5, 0, 5]]]", b"[[[1, 1, 2]]]", b"[[[4, 2, 3]]]", b"[[[4, 2]]]"),
        *(b"[[[true, true, true]]]", b'[[["4", 2, 4]]]', b"[[[2, 1, %d]]]" % ((1 << 56) + 1)),
    ],
    ids=lambda header: header[:12],
)
def test_segments_headers_that_are_nonsense(header: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        segment_messages.parse_header(header, 1)
