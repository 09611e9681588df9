"""The end of a job as one JSON object, for programs: docs/json.md describes it.

Names that are not UTF-8 have a lone surrogate for each byte that is none, as Python has them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hadoopless.errors import Cancelled, MapReduceError, TaskError
from hadoopless.failure import Failure
from hadoopless.job import JobResult, TaskReport

#: Grows when a field is removed or gets another meaning; new fields may come without.
SCHEMA = 1

Json = dict[str, Any]


def job_object(end: JobResult | MapReduceError, verdict: Json | None = None) -> Json:
    """The object for a job that has ended well, or by an error; *verdict* tells of its time."""
    head: Json = {"object": "job", "schema": SCHEMA}
    if isinstance(end, JobResult):
        told = {"verdict": verdict} if verdict is not None else {}
        return head | {"status": "succeeded", "exitCode": 0} | _succeeded(end) | told
    status = "cancelled" if isinstance(end, Cancelled) else "failed"
    return head | {"status": status, "exitCode": end.exit_code, "error": _error(end)}


def shown(thing: Json) -> str:
    """The JSON text of *thing*, on one line and in ASCII."""
    return json.dumps(thing)


def _succeeded(result: JobResult) -> Json:
    return {
        "seconds": result.seconds,
        "outputs": list(result.outputs),
        "maps": _phase(result.maps),
        "reduces": _phase(result.reduces),
        "workers": result.workers,
        "lostWorkers": result.lost_workers,
        "retries": result.retries,
        "backupsWon": result.backups_won,
        "counters": counters_by_group(result.counters),
        "sums": list(result.sums),
        "warnings": list(result.warnings),
        "log": result.log,
    }


def _phase(reports: Sequence[TaskReport]) -> Json:
    """The figures of all tasks of a phase together, and of the slowest one."""
    return {
        "tasks": len(reports),
        "inputBytes": sum(report.input_bytes for report in reports),
        "inputRecords": sum(report.input_records for report in reports),
        "outputBytes": sum(report.output_bytes for report in reports),
        "outputRecords": sum(report.output_records for report in reports),
        "skippedRecords": sum(report.skipped_records for report in reports),
        "programCpuSeconds": sum(report.program_cpu for report in reports),
        "slowestSeconds": max((report.seconds for report in reports), default=0.0),
    }


def counters_by_group(counters: Sequence[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    """The amounts of *counters* by their groups and names."""
    groups: dict[str, dict[str, int]] = {}
    for group, name, amount in counters:
        groups.setdefault(group, {})[name] = amount
    return groups


def _error(error: MapReduceError) -> Json:
    told: Json = {"kind": error.kind, "message": str(error)}
    if isinstance(error, TaskError):
        told |= {"task": error.task, **_failure(error.failure)}
    return told


def _failure(failure: Failure) -> Json:
    return {
        "role": failure.role.value if failure.role else None,
        "command": failure.command,
        "exit": failure.exit,
        "stderr": failure.stderr,
        "input": failure.input,
        "replay": failure.replay,
    }
