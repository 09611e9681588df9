"""Requests of tasks arrive as they were sent; nonsense is refused and its parameter is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hadoopless import errors
from hadoopless.job import Split
from hadoopless.rules import PLAIN_RULES, Rules
from hadoopless.wire.messages import tasks
from hadoopless.wire.messages.tasks import MapRequest, ReduceRequest, TaskContext
from tests.wire.messages.strategies import COUNTS, NAMES, TEXT

CONTEXTS = st.builds(
    TaskContext,
    job_id=st.text(max_size=8),
    attempt=st.text(max_size=8),
    cwd=st.none() | TEXT,
    timeout=st.none() | st.floats(1e-9, 1e9),
    profile=st.booleans(),
    most_programs=COUNTS,
    rules=st.sampled_from((PLAIN_RULES, Rules(), replace(PLAIN_RULES, sort_values=True))),
)
MAPS = st.builds(
    MapRequest,
    mapper=TEXT,
    split=st.builds(
        Split,
        TEXT,
        COUNTS,
        st.none() | COUNTS,
        st.lists(st.builds(Split, TEXT, COUNTS, st.none() | COUNTS), max_size=2).map(tuple),
    ),
    sample_bytes=st.integers(0, 10**9),
    num_reducers=st.integers(1, 10**9),
    combiner=st.none() | TEXT,
    context=CONTEXTS,
)


@st.composite
def reduces(draw: st.DrawFn) -> ReduceRequest:
    ids = draw(st.lists(NAMES, max_size=5))
    workers = draw(st.just([]) | st.lists(NAMES, min_size=len(ids), max_size=len(ids)))
    return ReduceRequest(
        draw(TEXT), draw(COUNTS), tuple(ids), draw(TEXT), tuple(workers), draw(CONTEXTS)
    )


@given(MAPS)
def test_map_requests(request: MapRequest) -> None:
    parameters = tasks.map_parameters(request)
    assert tasks.parse_map(parameters.get) == request
    assert all(parameters.values())


@given(reduces())
def test_reduce_requests(request: ReduceRequest) -> None:
    assert tasks.parse_reduce(tasks.reduce_parameters(request).get) == request


def test_the_calls_of_the_contract_by_hand() -> None:
    request = MapRequest("wordcount/mapper.py", Split("fish_jobs/0.in"), 1)
    assert tasks.map_parameters(request) == {
        "mapperPath": "wordcount/mapper.py",
        "inputFile": "fish_jobs/0.in",
        "numReducers": "1",
    }
    reduce = ReduceRequest("wordcount/reducer.py", 0, ("ID1", "ID2"), "fish_jobs")
    assert tasks.reduce_parameters(reduce) == {
        "reducerIx": "0",
        "reducerPath": "wordcount/reducer.py",
        "mapTaskIDs": "ID1,ID2",
        "jobPath": "fish_jobs",
    }
    assert tasks.parse_retrieve({"reducerIx": "2", "mapTaskID": "x"}.get) == (2, "x")


#: All parameters that any of the three calls needs.
PLAIN_QUERY = {
    "mapperPath": "m",
    "inputFile": "i",
    "numReducers": "1",
    "reducerIx": "0",
    "reducerPath": "r",
    "mapTaskIDs": "a",
    "mapTaskID": "a",
    "jobPath": "j",
}
BAD_NUMBERS = [
    "",
    "-1",
    "1.0",
    "1e3",
    "1_000",
    " 1",
    "1 ",
    "+1",
    "0x1",
    "\u0661",
    "²",
    "x",
    "9" * 19,
]


@pytest.mark.parametrize("number", BAD_NUMBERS)
@pytest.mark.parametrize("name", ["numReducers", "splitStart", "splitLength", "reducerIx"])
def test_numbers_that_are_none(name: str, number: str) -> None:
    query = PLAIN_QUERY | {name: number}
    parsers = [tasks.parse_map]
    if name == "reducerIx":
        parsers = [tasks.parse_reduce, tasks.parse_retrieve]  # type: ignore[list-item]
    for parse in parsers:
        if number == "" and name.startswith("split"):
            parse(query.get)  # as good as not given
            continue
        with pytest.raises(errors.UsageError, match=name):
            parse(query.get)


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "-inf", "1e400", "x", "1s"])
def test_times_that_are_none(seconds: str) -> None:
    query = PLAIN_QUERY | {"taskTimeout": seconds}
    with pytest.raises(errors.UsageError, match="taskTimeout"):
        tasks.parse_map(query.get)


def test_no_reducers_at_all() -> None:
    query = PLAIN_QUERY | {"numReducers": "0"}
    with pytest.raises(errors.UsageError, match=r"numReducers must be .* at least 1"):
        tasks.parse_map(query.get)


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("name", ["mapperPath", "inputFile", "numReducers"])
def test_what_a_map_needs(name: str, value: str | None) -> None:
    query = {**PLAIN_QUERY, name: value}
    with pytest.raises(errors.UsageError, match=f"the parameter {name} is missing"):
        tasks.parse_map(query.get)


@pytest.mark.parametrize("name", ["reducerIx", "reducerPath", "mapTaskIDs", "jobPath"])
def test_what_a_reduce_needs(name: str) -> None:
    query = {other: value for other, value in PLAIN_QUERY.items() if other != name}
    with pytest.raises(errors.UsageError, match=f"the parameter {name} is missing"):
        tasks.parse_reduce(query.get)


@pytest.mark.parametrize("workers", ["http://a:1", "http://a:1,http://b:2,http://c:3"])
def test_a_worker_for_each_map_task(workers: str) -> None:
    query = PLAIN_QUERY | {"mapTaskIDs": "a,b", "mapWorkers": workers}
    with pytest.raises(errors.UsageError, match="mapWorkers"):
        tasks.parse_reduce(query.get)


@pytest.mark.parametrize(
    "more",
    [
        *("x", "7", "[7]", '[["a"]]', '[["a", -1, 2]]', '[["a", 0, "b"]]', '[["a", true, 2]]'),
        *("[[1, 2, 3]]", "[" * 9999),
    ],
    ids=lambda more: more[:20],
)
def test_further_pieces_that_make_no_sense(more: str) -> None:
    with pytest.raises(errors.UsageError, match="splitMore"):
        tasks.parse_map((PLAIN_QUERY | {"splitMore": more}).get)
