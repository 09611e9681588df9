"""Every message between processes <-> dataclasses: the three calls of SPEC part A, and our own.

The plain calls are ``GET /map``, ``GET /retrieveMapOutput`` and ``GET /reduce``; every parameter
and reply field beyond them is optional in both directions. ``/reduce`` may also be a POST with the
same parameters as a form, for lists of map task ids that no URL can hold.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from hadoopless import errors
from hadoopless.job import MapOutput, SampledKey, Split, TaskReport
from hadoopless.rules import Rules, from_json, to_json
from hadoopless.sizes import parse_number, parse_seconds

#: Raised when what follows ``POST /segments`` or ``GET /health`` changes its meaning.
PROTOCOL = 1

#: Seconds; a report of more is nonsense.
_LONGEST_DURATION = 1e9

#: A GET with a longer URL than this is sent as a POST to workers of ours.
LONGEST_URL = 4000

GetParameter = Callable[[str], str | None]
Json = Mapping[str, Any]
Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class TaskContext:
    """What our coordinator adds to each task: whose it is, where it runs, how long it may take.

    And how its records are treated, where that differs from the plain rules.
    """

    job_id: str = ""
    attempt: str = ""
    cwd: str | None = None
    timeout: float | None = None
    rules: Rules | None = None


@dataclass(frozen=True, slots=True)
class MapRequest:
    """``/map``: run *mapper* on *split* and keep its output in *num_reducers* partitions.

    With ``skipped_file`` the records on which the mapper dies are left out and written there.
    ``index`` and ``job_path`` (the output directory) are told where rules need them. With
    ``sample_bytes`` nothing is kept: the answer tells a sample of the keys that the mapper writes
    for the split; of packed inputs for at most so much.
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


@dataclass(frozen=True, slots=True)
class ReduceRequest:
    """``/reduce``: merge partition *index* of all map outputs, run *reducer*, write its file.

    ``map_workers`` holds a URL for each id, or is empty: then they lie as round-robin puts them.
    """

    reducer: str
    index: int
    map_task_ids: tuple[str, ...]
    job_path: str
    map_workers: tuple[str, ...] = ()
    context: TaskContext = TaskContext()


@dataclass(frozen=True, slots=True)
class Health:
    """``GET /health``: who answers; ``instance`` changes when the process is a new one."""

    instance: str
    protocol: int = PROTOCOL
    pid: int = 0


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
    if context.rules is not None:
        parameters["rules"] = _rules_text(context.rules)
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
        rules=_optional(get, "rules", lambda text, name: _parse_rules(text)),
    )


def _parse_more(text: str, name: str) -> tuple[Split, ...]:
    try:
        pieces = [(path, start, length) for path, start, length in json.loads(text)]
    except (ValueError, TypeError, RecursionError) as error:
        raise errors.UsageError(f"{name} must be a JSON list of [path, start, length]") from error
    for path, start, length in pieces:
        numbers = [start] if length is None else [start, length]
        if not isinstance(path, str) or not all(isinstance(n, int) and n >= 0 for n in numbers):
            raise errors.UsageError(f"{name} must be a JSON list of [path, start, length]")
    return tuple(Split(*piece) for piece in pieces)


def parse_map(get: GetParameter) -> MapRequest:
    """The request behind a call of ``/map``; raises UsageError."""
    start = _optional(get, "splitStart", lambda text, name: parse_number(text, name, 0))
    length = _optional(get, "splitLength", lambda text, name: parse_number(text, name, 0))
    return MapRequest(
        mapper=_required(get, "mapperPath"),
        split=Split(
            _required(get, "inputFile"),
            start or 0,
            length,
            _optional(get, "splitMore", _parse_more) or (),
        ),
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
    )


def parse_retrieve(get: GetParameter) -> tuple[int, str]:
    """(reducerIx, mapTaskID) of a call of ``/retrieveMapOutput``; raises UsageError."""
    return parse_number(_required(get, "reducerIx"), "reducerIx", 0), _required(get, "mapTaskID")


def map_reply(output: MapOutput | None, report: TaskReport) -> dict[str, Any]:
    """The answer to ``/map``; without *output* when the task has committed it by itself."""
    if output is None:
        return {"status": "success"} | _report_fields(report)
    return {
        "status": "success",
        "mapTaskID": output.map_task_id,
        "records": output.records,
        "partitionBytes": list(output.partition_bytes),
    } | _report_fields(report)


def reduce_reply(report: TaskReport) -> dict[str, Any]:
    """The answer to ``/reduce``."""
    return {"status": "success"} | _report_fields(report)


def _report_fields(report: TaskReport) -> dict[str, Any]:
    fields = {
        "inputBytes": report.input_bytes,
        "outputRecords": report.output_records,
        "outputBytes": report.output_bytes,
        "seconds": round(report.seconds, 6),
        "programCpu": round(report.program_cpu, 6),
        "stderrTail": report.stderr_tail,
        "skippedRecords": report.skipped_records,
        "counters": [list(counter) for counter in report.counters],
    }
    if report.sample:
        fields["sample"] = [
            [one.key.decode("latin-1"), one.sort_key.decode("latin-1"), one.weight]
            for one in report.sample
        ]
    return fields


def parse_map_reply(reply: Json, worker: str) -> tuple[MapOutput, TaskReport]:
    """What a successful ``/map`` on *worker* left; ValueError when it is no such answer."""
    map_task_id = reply.get("mapTaskID")
    if not isinstance(map_task_id, str) or not map_task_id or "," in map_task_id:
        raise ValueError("its answer to /map has no usable mapTaskID")
    sizes = reply.get("partitionBytes")
    known = isinstance(sizes, list) and all(isinstance(size, int) for size in sizes)
    partition_bytes = tuple(sizes) if known and sizes else ()
    output = MapOutput(worker, map_task_id, _count(reply, "records"), partition_bytes)
    return output, parse_report(reply)


def parse_report(reply: Json) -> TaskReport:
    """The figures of a task; zeros where the worker did not tell, or told nonsense."""
    return TaskReport(
        input_bytes=_count(reply, "inputBytes"),
        output_records=_count(reply, "outputRecords"),
        output_bytes=_count(reply, "outputBytes"),
        seconds=_duration(reply, "seconds"),
        program_cpu=_duration(reply, "programCpu"),
        stderr_tail=str(reply.get("stderrTail") or ""),
        skipped_records=_count(reply, "skippedRecords"),
        counters=_counters(reply.get("counters")),
        sample=_sample(reply.get("sample")),
    )


def _sample(told: object) -> tuple[SampledKey, ...]:
    """What it says of keys; one that makes no sense is worth nothing."""
    try:
        return tuple(
            SampledKey(key.encode("latin-1"), sort_key.encode("latin-1"), max(1, int(weight)))
            for key, sort_key, weight in (told if isinstance(told, list) else [])
        )
    except (ValueError, TypeError, AttributeError, OverflowError):
        return ()


def _counters(told: object) -> tuple[tuple[str, str, int], ...]:
    rows = told if isinstance(told, list) else []
    return tuple(
        (str(row[0]), str(row[1]), row[2])
        for row in rows
        if isinstance(row, list) and len(row) == 3 and isinstance(row[2], int)
    )


def _count(reply: Json, name: str) -> int:
    value = reply.get(name)
    return value if isinstance(value, int) else 0


def _duration(reply: Json, name: str) -> float:
    value = reply.get(name)
    if isinstance(value, (int, float)) and 0 <= value < _LONGEST_DURATION:
        return float(value)
    return 0.0


_TASK_ERRORS: dict[str, type[errors.TaskError]] = {
    error.kind: error
    for error in (
        errors.ProgramFailed,
        errors.ProgramTimedOut,
        errors.BadInputData,
        errors.RecordTooLarge,
    )
}
_PLAIN_ERRORS: dict[str, type[errors.MapReduceError]] = {
    error.kind: error
    for error in (
        errors.UsageError,
        errors.InputError,
        errors.ForbiddenError,
        errors.NoWorkersError,
        errors.DiskError,
        errors.UnknownMapOutput,
        errors.UnknownSession,
        errors.Cancelled,
    )
}
_TASK_FIELDS = ("what", "task", "command", "source", "stderr", "replay")


def error_reply(error: errors.MapReduceError) -> dict[str, Any]:
    """The JSON body of an error; ``message`` is for people, the rest for :func:`parse_error`."""
    reply: dict[str, Any] = {"status": "error", "message": str(error), "kind": error.kind}
    if isinstance(error, errors.TaskError):
        reply |= {name: getattr(error, name) for name in _TASK_FIELDS}
    elif isinstance(error, errors.FetchError):
        reply |= {
            "what": error.what,
            "worker": error.worker,
            "mapTaskIDs": list(error.map_task_ids),
        }
    return reply


def parse_error(reply: Json) -> errors.MapReduceError:
    """The error behind a reply; one without a kind that we know is the program's."""
    message = str(reply.get("message") or "the worker gave no reason")
    kind = str(reply.get("kind"))
    if kind in _TASK_ERRORS:
        return _TASK_ERRORS[kind](**{name: str(reply.get(name) or "") for name in _TASK_FIELDS})
    if kind in _PLAIN_ERRORS:
        return _PLAIN_ERRORS[kind](message)
    if kind == errors.FetchError.kind:
        ids = reply.get("mapTaskIDs")
        return errors.FetchError(
            str(reply.get("what")),
            str(reply.get("worker")),
            tuple(map(str, ids)) if isinstance(ids, list) else (),
        )
    return errors.ProgramFailed(message)


def health_reply(health: Health) -> dict[str, Any]:
    """The answer to ``GET /health``."""
    return {
        "status": "success",
        "protocol": health.protocol,
        "instance": health.instance,
        "pid": health.pid,
    }


def parse_health(reply: Json) -> Health | None:
    """Who answered, or None when it does not speak our protocol."""
    if reply.get("protocol") != PROTOCOL or not isinstance(reply.get("instance"), str):
        return None
    return Health(reply["instance"], PROTOCOL, _count(reply, "pid"))
