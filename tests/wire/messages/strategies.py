"""Strategies for the tests of messages: texts, counts, and answers that make no sense."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from hadoopless.job import Sum
from hadoopless.wire.messages.fetch_ahead import Order, Source

TEXT = st.text(min_size=1, max_size=12)
#: Ids and URLs travel in comma lists.
NAMES = st.text(st.characters(exclude_characters=","), min_size=1, max_size=12)
COUNTS = st.integers(0, 10**15)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
FIELDS = [
    *("mapTaskID", "records", "partitionBytes", "inputBytes", "outputRecords", "outputBytes"),
    *("seconds", "programCpu", "stderrTail", "message", "kind", "what", "worker", "mapTaskIDs"),
    *("protocol", "instance", "pid", "status", "task", "stderr", "counters", "sample"),
    *("skippedRecords", "partitionRecords", "inputRecords", "stretches", "stoppedEarly"),
    *("ownCpu", "fetchSeconds", "programSeconds", "spilledBytes", "fetchedBytes", "programMemory"),
    *("groups", "topKeys", "memory", "cpu"),
]
KINDS = ["fetch", "program", "usage", "timeout", "unknown-map-output", "cancelled", "internal"]
HOSTILE = st.dictionaries(st.sampled_from(FIELDS), ANYTHING | st.sampled_from(KINDS))

_SUMS = st.builds(Sum, COUNTS, COUNTS)
_IDS = st.lists(st.text(max_size=8), min_size=1, max_size=3).map(tuple)


@st.composite
def fetch_orders(draw: st.DrawFn) -> Order:
    """An order to fetch ahead."""
    partitions = tuple(draw(st.lists(COUNTS, max_size=3, unique=True)))
    sums = st.tuples(*[_SUMS] * len(partitions))
    sources = st.lists(st.builds(Source, st.text(max_size=8), _IDS, sums), max_size=3)
    job_id = draw(st.text(min_size=1, max_size=8))
    neighbours = tuple(draw(st.lists(_IDS, max_size=3)))
    framed = draw(st.booleans())
    return Order(job_id, draw(COUNTS), partitions, tuple(draw(sources)), neighbours, framed)


def by_json(reply: dict[str, Any]) -> dict[str, Any]:
    """*reply* as it arrives on the other side."""
    result: dict[str, Any] = json.loads(json.dumps(reply))
    return result
