"""Answers of workers arrive as they were sent; nonsense in one counts as zero."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.job import MapOutput, SampledKey, TaskReport
from hadoopless.wire import replies
from tests.wire.messages import COUNTS, HOSTILE, NAMES, TEXT, by_json

SECONDS = st.floats(1e-6, 1e6).map(lambda seconds: round(seconds, 6))
REPORTS = st.builds(
    TaskReport,
    input_bytes=COUNTS,
    input_records=COUNTS,
    stretches=st.lists(st.tuples(COUNTS, COUNTS), max_size=3).map(tuple),
    stopped_early=st.booleans(),
    told=st.just(True),
    output_records=COUNTS,
    output_bytes=COUNTS,
    seconds=SECONDS,
    program_cpu=SECONDS,
    stderr_tail=st.text(max_size=20),
    counters=st.lists(st.tuples(TEXT, TEXT, st.integers()), max_size=2).map(tuple),
    sample=st.lists(
        st.builds(SampledKey, st.binary(max_size=9), st.binary(max_size=9), st.integers(1, 10**9)),
        max_size=3,
    ).map(tuple),
)
OUTPUTS = st.builds(
    MapOutput,
    worker=st.just("http://w:1"),
    map_task_id=NAMES,
    records=COUNTS,
    partition_bytes=st.lists(COUNTS, max_size=4).map(tuple),
    partition_records=st.lists(COUNTS, max_size=4).map(tuple),
)


@given(OUTPUTS, REPORTS)
def test_map_replies(output: MapOutput, report: TaskReport) -> None:
    reply = by_json(replies.map_reply(output, report))
    assert reply["status"] == "success"
    assert replies.parse_map_reply(reply, "http://w:1") == (output, report)


@given(REPORTS)
def test_reduce_replies(report: TaskReport) -> None:
    reply = by_json(replies.reduce_reply(report))
    assert reply["status"] == "success"
    assert replies.parse_report(reply) == report


def test_plain_replies() -> None:
    reply = {"status": "success", "mapTaskID": "6a75d424"}
    assert replies.parse_map_reply(reply, "w") == (MapOutput("w", "6a75d424"), TaskReport())
    assert replies.parse_report({"status": "success"}) == TaskReport()


@pytest.mark.parametrize(
    "rows", [7, [7], [[]], [["a", "b", "c"]], [["\u20ac", "", 1]], [[1, 2, 3]]]
)
def test_samples_that_make_no_sense(rows: object) -> None:
    assert replies.parse_report({"sample": rows}).sample == ()


def test_true_is_no_number() -> None:
    reply = {"outputRecords": True, "counters": [["g", "n", True], ["g", "m", 2]]}
    report = replies.parse_report(reply)
    assert report.output_records is not True
    assert report == replies.parse_report({"counters": [["g", "m", 2]]})


@pytest.mark.parametrize("map_task_id", [None, "", 5, ["a"], "a,b", {}])
def test_a_map_reply_needs_an_id(map_task_id: object) -> None:
    with pytest.raises(ValueError, match="mapTaskID"):
        replies.parse_map_reply({"status": "success", "mapTaskID": map_task_id}, "w")


@given(HOSTILE)
def test_hostile_replies(reply: dict[str, Any]) -> None:
    report = replies.parse_report(reply)
    assert 0 <= report.seconds < 1e10
    health = replies.parse_health({"protocol": replies.PROTOCOL, "instance": "i", **reply})
    assert health is None or isinstance(health.pid, int)
    try:
        output, _ = replies.parse_map_reply(reply, "w")
    except ValueError:
        return
    assert all(isinstance(size, int) for size in output.partition_bytes)


def test_health() -> None:
    health = replies.Health("instance", pid=5)
    assert replies.parse_health(by_json(replies.health_reply(health))) == health
    state = replies.WorkerState("1.0", 5.0, 1, 32, 2, 1000, 10)
    told = replies.Health("instance", pid=5, attempts=("map-0-0",), state=state)
    assert replies.parse_health(by_json(replies.health_reply(told))) == told
    for reply in ({}, {"protocol": 99, "instance": "x"}, {"protocol": replies.PROTOCOL}):
        assert replies.parse_health(reply) is None
