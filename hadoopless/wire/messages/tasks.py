"""The requests of the three plain calls (docs/http.md): records <-> parameters.

``/map``, ``/reduce`` and ``/retrieveMapOutput`` are GETs; each of our own parameters is optional.
``/reduce`` may also be a POST with the same parameters as a form, for lists of map task ids that no
URL can hold.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from hadoopless import errors
from hadoopless.job import FileState, Split, Sum
from hadoopless.rules import PLAIN_RULES, Rules, from_json, to_json
from hadoopless.sizes import parse_number, parse_seconds

#: The parameters of the plain calls, which are all that a caller without the token may give.
PLAIN_MAP = ("mapperPath", "inputFile", "numReducers")
PLAIN_RETRIEVE = ("reducerIx", "mapTaskID")
PLAIN_REDUCE = ("reducerIx", "reducerPath", "mapTaskIDs", "jobPath")
#: The reducers that such a caller may have at most: each task keeps arrays with a place for each.
STRANGERS_REDUCERS = 1_000

GetParameter = Callable[[str], str | None]
Parsed = TypeVar("Parsed")


class TaskContext(Struct, frozen=True):
    """Our coordinator's additions to each task: its job, directory, time limit and rules."""

    job_id: str = ""
    attempt: str = ""
    cwd: str | None = None
    timeout: float | None = None
    rules: Rules = PLAIN_RULES
    #: Its Python programs are sampled, and the report has their stacks.
    profile: bool = False
    #: A directory for all outputs, from which somebody else commits them; "": that of the job. It
    #: is never sent: an engine that runs tasks in processes of its own sets it there.
    staging: str = ""
    #: It waits until fewer other attempts of the job may run programs in its worker; 0: it begins
    #: at once.
    most_programs: int = 0


class MapRequest(Struct, frozen=True):
    """``/map``: run *mapper* on *split* and keep its output in *num_reducers* partitions.

    With ``skipped_file`` the records on which the mapper dies are left out and written there.
    ``index`` and ``job_path`` (the output directory) are told where rules need them. With
    ``sample_bytes`` nothing is kept: the answer tells a sample of the keys that the mapper writes
    for the split; of compressed inputs for at most so much.
    """

    mapper: str
    split: Split
    num_reducers: int
    combiner: str | None = None
    context: TaskContext = TaskContext()
    skipped_file: str | None = None
    index: int | None = None
    job_path: str | None = None
    sample_bytes: int = 0


class ReduceRequest(Struct, frozen=True):
    """``/reduce``: merge partition *index* of all map outputs, run *reducer*, write its file.

    ``map_workers`` holds a URL for each id, or is empty: then they lie as round-robin puts them.
    ``expected`` is what the map outputs hold of the partition, if all their workers tell it.
    """

    reducer: str
    index: int
    map_task_ids: tuple[str, ...]
    job_path: str
    map_workers: tuple[str, ...] = ()
    context: TaskContext = TaskContext()
    expected: Sum | None = None


#: All tasks of a job have the same ones; there may be some 20 KB of environment in them.
_rules_text = functools.lru_cache(8)(to_json)


@functools.lru_cache(8)
def _parse_rules(text: str) -> Rules:
    try:
        return from_json(text)
    except ValueError as error:
        raise errors.UsageError(f"the parameter rules: {error}") from error


def _context_parameters(context: TaskContext) -> dict[str, str]:
    parameters = {"jobId": context.job_id, "attempt": context.attempt}
    if context.cwd is not None:
        parameters["cwd"] = context.cwd
    if context.timeout is not None:
        parameters["taskTimeout"] = repr(context.timeout)
    if context.rules != PLAIN_RULES:
        parameters["rules"] = _rules_text(context.rules)
    if context.profile:
        parameters["profile"] = "yes"
    if context.most_programs:
        parameters["mostPrograms"] = str(context.most_programs)
    return {name: value for name, value in parameters.items() if value}


def map_parameters(request: MapRequest) -> dict[str, str]:
    """The query of ``/map``."""
    split = request.split
    parameters = {
        "mapperPath": request.mapper,
        "inputFile": split.path,
        "numReducers": str(request.num_reducers),
    }
    if split.start:
        parameters["splitStart"] = str(split.start)
    if split.length is not None:
        parameters["splitLength"] = str(split.length)
    if split.more:
        parameters["splitMore"] = json.dumps([[s.path, s.start, s.length] for s in split.more])
    states = [_state_numbers(piece.state) for piece in split.pieces]
    if any(states):
        parameters["inputStates"] = json.dumps(states, separators=(",", ":"))
    if request.combiner is not None:
        parameters["combinerPath"] = request.combiner
    if request.skipped_file is not None:
        parameters["skippedFile"] = request.skipped_file
    if request.index is not None:
        parameters["mapIx"] = str(request.index)
    if request.job_path:
        parameters["jobPath"] = request.job_path
    if request.sample_bytes:
        parameters["sampleBytes"] = str(request.sample_bytes)
    return parameters | _context_parameters(request.context)


def _state_numbers(state: FileState | None) -> list[int] | None:
    return None if state is None else [state.size, state.mtime_ns, state.device, state.inode]


def reduce_parameters(request: ReduceRequest) -> dict[str, str]:
    """The query (or form) of ``/reduce``."""
    parameters = {
        "reducerIx": str(request.index),
        "reducerPath": request.reducer,
        "mapTaskIDs": ",".join(request.map_task_ids),
        "jobPath": request.job_path,
    }
    if request.map_workers:
        parameters["mapWorkers"] = ",".join(request.map_workers)
    if request.expected is not None:
        parameters["inputRecords"] = str(request.expected.records)
        parameters["inputBytes"] = str(request.expected.bytes)
    return parameters | _context_parameters(request.context)


def _required(get: GetParameter, name: str) -> str:
    value = get(name)
    if not value:
        raise errors.UsageError(f"the parameter {name} is missing")
    return value


def _optional(get: GetParameter, name: str, parse: Callable[[str, str], Parsed]) -> Parsed | None:
    text = get(name)
    return None if not text else parse(text, name)


def _parse_context(get: GetParameter) -> TaskContext:
    return TaskContext(
        job_id=get("jobId") or "",
        attempt=get("attempt") or "",
        cwd=get("cwd") or None,
        timeout=_optional(get, "taskTimeout", parse_seconds),
        rules=_optional(get, "rules", lambda text, name: _parse_rules(text)) or PLAIN_RULES,
        profile=bool(get("profile")),
        most_programs=_optional(get, "mostPrograms", lambda text, name: parse_number(text, name, 1))
        or 0,
    )


def _parse_more(text: str, name: str) -> tuple[Split, ...]:
    try:
        pieces = [(path, start, length) for path, start, length in json.loads(text)]
    except (ValueError, TypeError, RecursionError) as error:
        raise errors.UsageError(f"{name} must be a JSON list of [path, start, length]") from error
    for path, start, length in pieces:
        numbers = [start] if length is None else [start, length]
        if not isinstance(path, str) or not all(type(n) is int and n >= 0 for n in numbers):
            raise errors.UsageError(f"{name} must be a JSON list of [path, start, length]")
    return tuple(Split(*piece) for piece in pieces)


def _parse_states(text: str, name: str) -> list[FileState | None]:
    try:
        rows = json.loads(text)
        if not isinstance(rows, list):
            raise ValueError("no list")
        return [None if row is None else _state(row) for row in rows]
    except (ValueError, TypeError, RecursionError) as error:
        raise errors.UsageError(
            f"{name} must be a JSON list of [size, time of change, device, inode]"
        ) from error


def _state(row: object) -> FileState:
    if not isinstance(row, list) or not all(type(number) is int for number in row):
        raise ValueError("no list of integers")
    return FileState(*row)


def _with_states(split: Split, states: list[FileState | None] | None) -> Split:
    """*split* whose pieces have *states*; raises UsageError."""
    if states is None:
        return split
    if len(states) != len(split.pieces):
        raise errors.UsageError("inputStates must hold one state for each piece of the split")
    pieces = zip(split.pieces, states, strict=True)
    return Split.of(replace(piece, state=state) for piece, state in pieces)


def parse_map(get: GetParameter) -> MapRequest:
    """The request behind a call of ``/map``; raises UsageError."""
    start = _optional(get, "splitStart", lambda text, name: parse_number(text, name, 0))
    length = _optional(get, "splitLength", lambda text, name: parse_number(text, name, 0))
    split = Split(
        _required(get, "inputFile"),
        start or 0,
        length,
        _optional(get, "splitMore", _parse_more) or (),
    )
    return MapRequest(
        mapper=_required(get, "mapperPath"),
        split=_with_states(split, _optional(get, "inputStates", _parse_states)),
        num_reducers=parse_number(_required(get, "numReducers"), "numReducers", 1),
        combiner=get("combinerPath") or None,
        context=_parse_context(get),
        skipped_file=get("skippedFile") or None,
        index=_optional(get, "mapIx", lambda text, name: parse_number(text, name, 0)),
        job_path=get("jobPath") or None,
        sample_bytes=_optional(get, "sampleBytes", lambda text, name: parse_number(text, name, 1))
        or 0,
    )


def parse_reduce(get: GetParameter) -> ReduceRequest:
    """The request behind a call of ``/reduce``; raises UsageError."""
    ids = get("mapTaskIDs")
    if ids is None:
        raise errors.UsageError("the parameter mapTaskIDs is missing")
    map_task_ids = tuple(part for part in ids.split(",") if part)
    workers = tuple(part for part in (get("mapWorkers") or "").split(",") if part)
    if workers and len(workers) != len(map_task_ids):
        raise errors.UsageError("mapWorkers must name one worker for each of mapTaskIDs")
    return ReduceRequest(
        reducer=_required(get, "reducerPath"),
        index=parse_number(_required(get, "reducerIx"), "reducerIx", 0),
        map_task_ids=map_task_ids,
        job_path=_required(get, "jobPath"),
        map_workers=workers,
        context=_parse_context(get),
        expected=_parse_expected(get),
    )


def _parse_expected(get: GetParameter) -> Sum | None:
    records, size = (
        _optional(get, name, lambda text, name: parse_number(text, name, 0))
        for name in ("inputRecords", "inputBytes")
    )
    return None if records is None or size is None else Sum(records, size)


def parse_retrieve(get: GetParameter) -> tuple[int, str]:
    """(reducerIx, mapTaskID) of a call of ``/retrieveMapOutput``; raises UsageError."""
    return parse_number(_required(get, "reducerIx"), "reducerIx", 0), _required(get, "mapTaskID")
