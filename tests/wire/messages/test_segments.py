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


@given(
    partition=COUNTS,
    ids=st.lists(st.text(max_size=8), max_size=5),
    machine=st.none() | st.text(max_size=8),
)
def test_segments_body(partition: int, ids: list[str], machine: str | None) -> None:
    text = segment_messages.body(partition, ids, machine)
    assert segment_messages.parse_body(text) == (partition, ids, machine)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"\xff", b"5", b"null", b"[]", b"{}", body_of({"partition": 1})),
        *(body_of({"mapTaskIDs": []}), b'{"partition": 1, "mapTaskIDs": []}'),
        *(body_of({"partition": 1, "mapTaskIDs": [], "form": form}) for form in (1, 3, None)),
        *(body_of({"partition": p, "mapTaskIDs": []}) for p in (-1, "1", 1.0, True, False)),
        *(body_of({"partition": 1, "mapTaskIDs": ids}) for ids in ("ab", [1], None)),
        *(body_of({"partition": 1, "mapTaskIDs": [], "machine": name}) for name in (1, ["m"])),
        b"[" * 9999,
    ],
    ids=lambda body: body[:40],
)
def test_segments_bodies_that_are_nonsense(body: bytes) -> None:
    with pytest.raises(errors.UsageError, match="/segments"):
        segment_messages.parse_body(body)


#: Bytes and records: the shortest record is a TAB and a newline, but may come many times.
RUNS = st.builds(
    lambda records, more, less, place: segment_messages.Told(
        max(2, 2 * records + more - less), Sum(records, 2 * records + more), place
    ),
    *(st.integers(1, 1 << 48), COUNTS, COUNTS),
    st.none() | st.builds(segment_messages.Place, *[COUNTS] * 4),
)


@given(st.lists(st.lists(RUNS, max_size=3), max_size=4))
def test_segments_header(segments: list[list[segment_messages.Told]]) -> None:
    header = segment_messages.header(segments)
    assert int.from_bytes(header[:4], "big") == len(header) - 4
    assert segment_messages.parse_header(header[4:], len(segments), in_place=True) == segments
    with pytest.raises(ValueError, match="other map outputs"):
        segment_messages.parse_header(header[4:], len(segments) + 1)
    if any(run.place for runs in segments for run in runs):
        with pytest.raises(ValueError, match="is broken"):
            segment_messages.parse_header(header[4:], len(segments))


@pytest.mark.parametrize(
    "header",
    [
        *(b"", b"[", b"[" * 99999, b"[[[4, 2, 4]]", b"[[[" + b"9" * 5000 + b", 1, 2]]]", b"\xff"),
        *(b"[[[0, 0, 0]]]", b"[[[5, 0, 5]]]", b"[[[1, 1, 2]]]", b"[[[4, 2, 3]]]", b"[[[4, 2]]]"),
        *(
            b"[[[4, 2, 4, 7, 3, 0]]]",
            b"[[[4, 2, 4, 7, 3, 0, -1]]]",
            b"[[[4, 2, 4, 7, 3, 0, 9, 9]]]",
        ),
        *(b"[[[true, true, true]]]", b'[[["4", 2, 4]]]', b"[[[2, 1, %d]]]" % ((1 << 56) + 1)),
    ],
    ids=lambda header: header[:12],
)
def test_segments_headers_that_are_nonsense(header: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        segment_messages.parse_header(header, 1, in_place=True)
