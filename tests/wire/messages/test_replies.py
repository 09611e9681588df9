"""Answers of workers arrive as they were sent; nonsense in one counts as zero."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.job import KeySum, MapOutput, SampledKey, TaskReport
from hadoopless.wire.messages import replies
from tests.wire.messages.strategies import COUNTS, HOSTILE, NAMES, TEXT, by_json

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
    own_cpu=SECONDS,
    fetch_seconds=SECONDS,
    program_seconds=SECONDS,
    spilled_bytes=COUNTS,
    fetched_bytes=COUNTS,
    program_memory=COUNTS,
    profile=st.text(max_size=50),
    profile_note=st.text(max_size=50),
    groups=COUNTS,
    top_keys=st.lists(st.builds(KeySum, st.binary(max_size=200), COUNTS, COUNTS), max_size=20).map(
        tuple
    ),
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


@pytest.mark.parametrize(
    "rows",
    [
        *(7, "abc", {"a": 1}, [7], [[]], ["abcd"], [["a", 1]], [[1, 2, 3]], [["\u20ac", 1, 1]]),
        [["key", 1, 1]] * 21,
        [["key", 1, 1]] * 1_000_000,
    ],
    ids=lambda rows: str(rows)[:20],
)
def test_top_keys_that_make_no_sense(rows: object) -> None:
    assert replies.parse_report({"topKeys": rows}).top_keys == ()


@pytest.mark.parametrize("amount", [-1, 1.5, math.nan, math.inf, 1 << 63, True, "7", None, [7]])
def test_amounts_that_make_no_sense(amount: object) -> None:
    fields = ("spilledBytes", "fetchedBytes", "programMemory", "groups")
    reply = {"topKeys": [["key", amount, amount]], **dict.fromkeys(fields, amount)}
    assert replies.parse_report(reply) == TaskReport(top_keys=(KeySum(b"key", 0, 0),))


@pytest.mark.parametrize("seconds", [-1, math.nan, math.inf, 1e300, 10**400, "7", None])
def test_times_that_make_no_sense(seconds: object) -> None:
    reply = dict.fromkeys(("ownCpu", "fetchSeconds", "programSeconds"), seconds)
    assert replies.parse_report(reply) == TaskReport()


def test_long_keys_are_cut() -> None:
    reply = {"topKeys": [["k" * 1_000_000, 1, 2]]}
    assert replies.parse_report(reply).top_keys == (KeySum(b"k" * 200, 1, 2),)


def test_zeros_are_left_out() -> None:
    told = replies.reduce_reply(TaskReport(own_cpu=0.5))
    assert told["ownCpu"] == 0.5
    assert not {"groups", "topKeys", "fetchSeconds", "spilledBytes"} & set(told)


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
    assert health is None or (health.resident >= 0 and 0 <= health.cpu < 1e10)
    assert len(report.top_keys) <= 20
    assert min(report.groups, report.spilled_bytes, report.own_cpu) >= 0
    try:
        output, _ = replies.parse_map_reply(reply, "w")
    except ValueError:
        return
    assert all(isinstance(size, int) for size in output.partition_bytes)


def test_health() -> None:
    health = replies.Health("instance", pid=5)
    assert set(replies.health_reply(health)) == {"status", "protocol", "instance", "pid"}
    assert replies.parse_health(by_json(replies.health_reply(health))) == health
    health = replies.Health("instance", pid=5, attempts=("map-3-0",), resident=1 << 30, cpu=1.25)
    assert replies.parse_health(by_json(replies.health_reply(health))) == health
    health = replies.Health("instance", ahead=True)
    assert replies.parse_health(by_json(replies.health_reply(health))) == health
    state = replies.WorkerState("1.0", 5.0, 1, 32, 2, 1000, 10)
    told = replies.Health("instance", pid=5, attempts=("map-0-0",), state=state)
    assert replies.parse_health(by_json(replies.health_reply(told))) == told
    for reply in ({}, {"protocol": 99, "instance": "x"}, {"protocol": replies.PROTOCOL}):
        assert replies.parse_health(reply) is None


@pytest.mark.parametrize("told", [3, None, ["mapper;f 1"], {}])
def test_stacks_that_are_no_text_are_left_out(told: object):
    reply = {"status": "success", "profile": told, "profileNote": told}
    report = replies.parse_report(reply)
    assert (report.profile, report.profile_note) == ("", "")


def test_stacks_are_bounded():
    report = replies.parse_report({"profile": "x" * (2 << 20), "profileNote": "y" * 2000})
    assert (len(report.profile), len(report.profile_note)) == (1 << 20, 1000)
