"""Messages: what one side writes, the other reads; nonsense is told, never believed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless import errors
from hadoopless.job import MapOutput, SampledKey, Split, TaskReport
from hadoopless.wire import segments as segment_messages
from hadoopless.wire import tasks
from hadoopless.wire.tasks import MapRequest, ReduceRequest, TaskContext

TEXT = st.text(min_size=1, max_size=12)
#: Ids and URLs travel in comma lists.
NAMES = st.text(st.characters(exclude_characters=","), min_size=1, max_size=12)
COUNTS = st.integers(0, 10**15)
SECONDS = st.floats(1e-6, 1e6).map(lambda seconds: round(seconds, 6))
CONTEXTS = st.builds(
    TaskContext,
    job_id=st.text(max_size=8),
    attempt=st.text(max_size=8),
    cwd=st.none() | TEXT,
    timeout=st.none() | st.floats(1e-9, 1e9),
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


# replies

REPORTS = st.builds(
    TaskReport,
    input_bytes=COUNTS,
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
)


def by_json(reply: dict[str, Any]) -> dict[str, Any]:
    """As it arrives on the other side."""
    result: dict[str, Any] = json.loads(json.dumps(reply))
    return result


@given(OUTPUTS, REPORTS)
def test_map_replies(output: MapOutput, report: TaskReport) -> None:
    reply = by_json(tasks.map_reply(output, report))
    assert reply["status"] == "success"
    assert tasks.parse_map_reply(reply, "http://w:1") == (output, report)


@given(REPORTS)
def test_reduce_replies(report: TaskReport) -> None:
    reply = by_json(tasks.reduce_reply(report))
    assert reply["status"] == "success"
    assert tasks.parse_report(reply) == report


def test_plain_replies() -> None:
    reply = {"status": "success", "mapTaskID": "6a75d424"}
    assert tasks.parse_map_reply(reply, "w") == (MapOutput("w", "6a75d424"), TaskReport())
    assert tasks.parse_report({"status": "success"}) == TaskReport()


@pytest.mark.parametrize(
    "rows", [7, [7], [[]], [["a", "b", "c"]], [["\u20ac", "", 1]], [[1, 2, 3]]]
)
def test_samples_that_make_no_sense(rows: object) -> None:
    assert tasks.parse_report({"sample": rows}).sample == ()


@pytest.mark.parametrize(
    "more",
    ["x", "7", "[7]", '[["a"]]', '[["a", -1, 2]]', '[["a", 0, "b"]]', "[[1, 2, 3]]", "[" * 9999],
    ids=lambda more: more[:20],
)
def test_further_pieces_that_make_no_sense(more: str) -> None:
    with pytest.raises(errors.UsageError, match="splitMore"):
        tasks.parse_map((PLAIN_QUERY | {"splitMore": more}).get)


@pytest.mark.parametrize("map_task_id", [None, "", 5, ["a"], "a,b", {}])
def test_a_map_reply_needs_an_id(map_task_id: object) -> None:
    with pytest.raises(ValueError, match="mapTaskID"):
        tasks.parse_map_reply({"status": "success", "mapTaskID": map_task_id}, "w")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
FIELDS = [
    *("mapTaskID", "records", "partitionBytes", "inputBytes", "outputRecords", "outputBytes"),
    *("seconds", "programCpu", "stderrTail", "message", "kind", "what", "worker", "mapTaskIDs"),
    *("protocol", "instance", "pid", "status", "task", "stderr", "counters", "sample"),
    "skippedRecords",
]
KINDS = ["fetch", "program", "usage", "timeout", "unknown-map-output", "cancelled", "internal"]
HOSTILE = st.dictionaries(st.sampled_from(FIELDS), ANYTHING | st.sampled_from(KINDS))


@given(HOSTILE)
def test_hostile_replies(reply: dict[str, Any]) -> None:
    report = tasks.parse_report(reply)
    assert 0 <= report.seconds < 1e10
    assert isinstance(tasks.parse_error(reply), errors.MapReduceError)
    assert str(tasks.parse_error(reply)) is not None
    health = tasks.parse_health({"protocol": tasks.PROTOCOL, "instance": "i", **reply})
    assert health is None or isinstance(health.pid, int)
    try:
        output, _ = tasks.parse_map_reply(reply, "w")
    except ValueError:
        return
    assert all(isinstance(size, int) for size in output.partition_bytes)


# errors

SIMPLE = [
    errors.UsageError,
    errors.InputError,
    errors.ForbiddenError,
    errors.NoWorkersError,
    errors.DiskError,
    errors.UnknownMapOutput,
    errors.UnknownSession,
    errors.Cancelled,
]
OF_TASKS = [
    errors.ProgramFailed,
    errors.ProgramTimedOut,
    errors.BadInputData,
    errors.RecordTooLarge,
]
ERRORS = [
    *(kind("some\nreason \udcff") for kind in SIMPLE),
    *(kind("what", "map 3", "command -x", "0.in", "line\nline", "cd x && y") for kind in OF_TASKS),
    *(kind("what alone") for kind in OF_TASKS),
    errors.FetchError("what", "http://w:1", ("a", "b")),
    errors.FetchError("what"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_arrive_as_they_were(error: errors.MapReduceError) -> None:
    reply = by_json(tasks.error_reply(error))
    assert reply["status"] == "error"
    assert reply["message"] == str(error)
    parsed = tasks.parse_error(reply)
    assert type(parsed) is type(error)
    assert str(parsed) == str(error)
    assert vars(parsed) == vars(error)


def all_errors(base: type[errors.MapReduceError]) -> set[type[errors.MapReduceError]]:
    below = base.__subclasses__()
    return set(below).union(*(all_errors(one) for one in below))


def test_no_error_is_forgotten() -> None:
    ours = {
        kind for kind in all_errors(errors.MapReduceError) if kind.__module__ == errors.__name__
    }
    # PortInUse ends a process, TaskError is never raised itself.
    assert ours - {errors.PortInUse, errors.TaskError} == {type(error) for error in ERRORS}
    assert len({kind.kind for kind in ours}) == len(ours)


def test_an_error_of_a_plain_worker_is_the_programs() -> None:
    error = tasks.parse_error({"status": "error", "message": "no mapper"})
    assert isinstance(error, errors.ProgramFailed)
    assert str(error) == "no mapper"
    assert str(tasks.parse_error({})) == "the worker gave no reason"


# our own calls


def test_health() -> None:
    health = tasks.Health("instance", pid=5)
    assert tasks.parse_health(by_json(tasks.health_reply(health))) == health
    for reply in ({}, {"protocol": 99, "instance": "x"}, {"protocol": tasks.PROTOCOL}):
        assert tasks.parse_health(reply) is None


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
