"""The JSON answers to ``/map``, ``/reduce`` and ``/health``.

A worker that knows only the plain calls leaves out all fields but ``status`` and ``mapTaskID``;
those that are missing, or make no sense, count as zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from hadoopless.job import KeySum, MapOutput, SampledKey, TaskReport

#: Raised when what follows ``POST /segments`` or ``GET /health`` changes its meaning.
PROTOCOL = 3

#: Seconds; a report of more is nonsense.
_LONGEST_DURATION = 1e9
#: A report that tells more bytes, records or groups is nonsense.
_MOST = 1 << 63
#: A report tells no more of the keys with the most bytes, and of each key no more bytes.
_TOP_KEYS = 20
_TOP_KEY_BYTES = 200
#: A report tells no more characters of stacks, nor of the reason why there are none.
_LONGEST_PROFILE = 1 << 20
_LONGEST_NOTE = 1000

Json = Mapping[str, Any]


class WorkerState(Struct, frozen=True):
    """The state of a worker of ours, for people: nothing depends on it."""

    version: str = ""
    #: Seconds since its process has started.
    uptime: float = 0.0
    #: Tasks that run now, or wait for one of the ``slots``, and how many may run at a time.
    running: int = 0
    slots: int = 0
    #: Map outputs that it holds.
    outputs: int = 0
    #: Bytes of memory that data may have, and has.
    memory: int = 0
    memory_used: int = 0


class Health(Struct, frozen=True):
    """``GET /health``: who answers; ``instance`` changes when the process is a new one.

    ``attempts`` of the job that was named are running; None: no job was named. ``state`` is told to
    those who ask for it. ``resident`` is the memory of the process in bytes, and ``cpu`` its CPU
    seconds; both are 0 for those who may not know it. ``ahead`` says that the worker knows the
    parameter ``mostPrograms``, so that attempts may wait there for their turn.
    """

    instance: str
    protocol: int = PROTOCOL
    pid: int = 0
    attempts: tuple[str, ...] | None = None
    state: WorkerState | None = None
    resident: int = 0
    cpu: float = 0.0
    ahead: bool = False


def map_reply(output: MapOutput | None, report: TaskReport) -> dict[str, Any]:
    """The answer to ``/map``; without *output* when the task has committed it by itself."""
    if output is None:
        return {"status": "success"} | _report_fields(report)
    return {
        "status": "success",
        "mapTaskID": output.map_task_id,
        "records": output.records,
        "partitionBytes": list(output.partition_bytes),
        "partitionRecords": list(output.partition_records),
    } | _report_fields(report)


def reduce_reply(report: TaskReport) -> dict[str, Any]:
    """The answer to ``/reduce``."""
    return {"status": "success"} | _report_fields(report)


def _report_fields(report: TaskReport) -> dict[str, Any]:
    fields = {
        "inputBytes": report.input_bytes,
        "inputRecords": report.input_records,
        "outputRecords": report.output_records,
        "outputBytes": report.output_bytes,
        "seconds": round(report.seconds, 6),
        "programCpu": round(report.program_cpu, 6),
        "stderrTail": report.stderr_tail,
        "skippedRecords": report.skipped_records,
        "counters": [list(counter) for counter in report.counters],
    }
    if report.stretches:
        fields["stretches"] = [list(stretch) for stretch in report.stretches]
    if report.stopped_early:
        fields["stoppedEarly"] = True
    if report.sample:
        fields["sample"] = [
            [one.key.decode("latin-1"), one.sort_key.decode("latin-1"), one.weight]
            for one in report.sample
        ]
    return fields | _costs(report)


def _costs(report: TaskReport) -> dict[str, Any]:
    """The costs of a task, and its largest keys; zeros are left out."""
    fields = {
        "ownCpu": round(report.own_cpu, 6),
        "fetchSeconds": round(report.fetch_seconds, 6),
        "programSeconds": round(report.program_seconds, 6),
        "spilledBytes": report.spilled_bytes,
        "fetchedBytes": report.fetched_bytes,
        "programMemory": report.program_memory,
        "profile": report.profile,
        "profileNote": report.profile_note,
        "groups": report.groups,
        "topKeys": [[one.key.decode("latin-1"), one.records, one.bytes] for one in report.top_keys],
    }
    return {name: value for name, value in fields.items() if value}


def parse_map_reply(reply: Json, worker: str) -> tuple[MapOutput, TaskReport]:
    """The output and figures of a successful ``/map`` on *worker*; ValueError for other answers."""
    map_task_id = reply.get("mapTaskID")
    if not isinstance(map_task_id, str) or not map_task_id or "," in map_task_id:
        raise ValueError("its answer to /map has no usable mapTaskID")
    sums = (_counts(reply.get(name)) for name in ("partitionBytes", "partitionRecords"))
    return MapOutput(worker, map_task_id, _count(reply, "records"), *sums), parse_report(reply)


def parse_report(reply: Json) -> TaskReport:
    """The figures of a task; zeros where the worker did not tell, or told nonsense."""
    return TaskReport(
        input_bytes=_count(reply, "inputBytes"),
        input_records=_count(reply, "inputRecords"),
        output_records=_count(reply, "outputRecords"),
        output_bytes=_count(reply, "outputBytes"),
        stretches=_stretches(reply.get("stretches")),
        stopped_early=reply.get("stoppedEarly") is True,
        told="inputBytes" in reply,
        seconds=_duration(reply, "seconds"),
        program_cpu=_duration(reply, "programCpu"),
        stderr_tail=str(reply.get("stderrTail") or ""),
        skipped_records=_count(reply, "skippedRecords"),
        counters=_counters(reply.get("counters")),
        sample=_sample(reply.get("sample")),
        own_cpu=_duration(reply, "ownCpu"),
        fetch_seconds=_duration(reply, "fetchSeconds"),
        program_seconds=_duration(reply, "programSeconds"),
        spilled_bytes=_amount(reply.get("spilledBytes")),
        fetched_bytes=_amount(reply.get("fetchedBytes")),
        program_memory=_amount(reply.get("programMemory")),
        profile=_text(reply.get("profile"), _LONGEST_PROFILE),
        profile_note=_text(reply.get("profileNote"), _LONGEST_NOTE),
        groups=_amount(reply.get("groups")),
        top_keys=_top_keys(reply.get("topKeys")),
    )


def _counts(told: object) -> tuple[int, ...]:
    """A list of whole numbers; empty when it is none."""
    if isinstance(told, list) and all(type(count) is int for count in told):
        return tuple(told)
    return ()


def _stretches(told: object) -> tuple[tuple[int, int], ...]:
    """The stretches that *told* holds; none when it makes no sense."""
    rows = [_counts(row) for row in told] if isinstance(told, list) else []
    return tuple((row[0], row[1]) for row in rows) if all(len(row) == 2 for row in rows) else ()


def _sample(told: object) -> tuple[SampledKey, ...]:
    """The sampled keys that *told* holds; none when it makes no sense."""
    try:
        return tuple(
            SampledKey(key.encode("latin-1"), sort_key.encode("latin-1"), max(1, int(weight)))
            for key, sort_key, weight in (told if isinstance(told, list) else [])
        )
    except (ValueError, TypeError, AttributeError, OverflowError):
        return ()


def _top_keys(told: object) -> tuple[KeySum, ...]:
    """The keys that *told* holds; none when it makes no sense."""
    rows = told if isinstance(told, list) and len(told) <= _TOP_KEYS else []
    try:
        return tuple(
            KeySum(key[:_TOP_KEY_BYTES].encode("latin-1"), _amount(records), _amount(size))
            for key, records, size in rows
        )
    except (ValueError, TypeError, AttributeError):
        return ()


def _counters(told: object) -> tuple[tuple[str, str, int], ...]:
    rows = told if isinstance(told, list) else []
    return tuple(
        (str(row[0]), str(row[1]), row[2])
        for row in rows
        if isinstance(row, list) and len(row) == 3 and type(row[2]) is int
    )


def _count(reply: Json, name: str) -> int:
    value = reply.get(name)
    return value if type(value) is int else 0


def _amount(value: object) -> int:
    """*value* if it is a whole number that can be an amount, else 0."""
    return value if type(value) is int and 0 <= value < _MOST else 0


def _text(value: object, longest: int) -> str:
    """*value* if it is a text, cut to *longest* characters; else ""."""
    return value[:longest] if isinstance(value, str) else ""


def _duration(reply: Json, name: str) -> float:
    value = reply.get(name)
    if isinstance(value, (int, float)) and 0 <= value < _LONGEST_DURATION:
        return float(value)
    return 0.0


def health_reply(health: Health) -> dict[str, Any]:
    """The answer to ``GET /health``."""
    reply: dict[str, Any] = {
        "status": "success",
        "protocol": health.protocol,
        "instance": health.instance,
        "pid": health.pid,
    }
    if health.attempts is not None:
        reply["attempts"] = list(health.attempts)
    if health.ahead:
        reply["ahead"] = True
    if health.resident:
        reply["resident"] = health.resident
    if health.cpu:
        reply["cpu"] = round(health.cpu, 3)
    if health.state is not None:
        reply["state"] = _state_reply(health.state)
    return reply


def _state_reply(state: WorkerState) -> dict[str, Any]:
    return {
        "version": state.version,
        "uptime": state.uptime,
        "running": state.running,
        "slots": state.slots,
        "outputs": state.outputs,
        "memory": state.memory,
        "memoryUsed": state.memory_used,
    }


def _state(reply: Json) -> WorkerState | None:
    told = reply.get("state")
    if not isinstance(told, dict):
        return None
    return WorkerState(
        version=str(told.get("version", "")),
        uptime=_duration(told, "uptime"),
        running=_count(told, "running"),
        slots=_count(told, "slots"),
        outputs=_count(told, "outputs"),
        memory=_count(told, "memory"),
        memory_used=_count(told, "memoryUsed"),
    )


def parse_health(reply: Json) -> Health | None:
    """The health that the reply tells; None when it does not speak our protocol."""
    if reply.get("protocol") != PROTOCOL or not isinstance(reply.get("instance"), str):
        return None
    attempts = reply.get("attempts")
    told = isinstance(attempts, list) and all(isinstance(name, str) for name in attempts)
    return Health(
        reply["instance"],
        pid=_count(reply, "pid"),
        attempts=tuple(attempts or ()) if told else None,
        state=_state(reply),
        resident=_amount(reply.get("resident")),
        cpu=_duration(reply, "cpu"),
        ahead=reply.get("ahead") is True,
    )
