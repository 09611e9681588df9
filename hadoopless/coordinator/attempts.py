"""The request that runs an attempt, and the event that tells its end; for push and for pull."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from hadoopless.by_hand import lines
from hadoopless.coordinator import ledger
from hadoopless.coordinator.planning.plan import skipped_file
from hadoopless.data.program.commands import Root, resolve
from hadoopless.data.record.layout import is_framed
from hadoopless.errors import (
    Cancelled,
    FetchError,
    ForbiddenError,
    InputError,
    MapReduceError,
    ProgramTimedOut,
    TaskError,
    UsageError,
    WorkerTrouble,
)
from hadoopless.failure import Failure, Role
from hadoopless.job import AttemptId, JobSpec, MapOutput, Sum, TaskReport
from hadoopless.rules import PLAIN_RULES
from hadoopless.scheduler import AttemptFailed, AttemptSucceeded, EndReason, FetchAhead
from hadoopless.wire.messages import tasks
from hadoopless.wire.messages.fetch_ahead import Order, Source

#: Adds to the failure of an attempt what no worker knows.
Explain = Callable[[Failure, AttemptId, JobSpec], Failure]

_log = logging.getLogger(__name__)


def _context(spec: JobSpec, attempt: AttemptId, most_programs: int = 0) -> tasks.TaskContext:
    is_profiled = spec.profile > 0 and attempt.task.index % spec.profile == 0
    return tasks.TaskContext(
        spec.job_id,
        attempt.name,
        spec.cwd,
        spec.task_timeout,
        spec.rules,
        is_profiled and not spec.sample_bytes,
        most_programs=most_programs,
    )


def map_request(spec: JobSpec, attempt: AttemptId, most_programs: int = 0) -> tasks.MapRequest:
    """The call of a map attempt, which waits until fewer than *most_programs* others run."""
    index = attempt.task.index
    is_plain = spec.rules == PLAIN_RULES  # then the call has no parameter that is not needed
    return tasks.MapRequest(
        spec.mapper,
        spec.splits[index],
        spec.num_reducers or 1,
        spec.combiner,
        _context(spec, attempt, most_programs),
        skipped_file(spec, index),
        None if is_plain else index,
        None if is_plain else spec.output_dir,
        spec.sample_bytes,
    )


def reduce_request(
    spec: JobSpec, attempt: AttemptId, outputs: Sequence[MapOutput]
) -> tasks.ReduceRequest:
    """The call of a reduce attempt on all map *outputs*."""
    return tasks.ReduceRequest(
        spec.reducer,
        attempt.task.index,
        tuple(output.map_task_id for output in outputs),
        spec.output_dir,
        tuple(output.worker for output in outputs),
        _context(spec, attempt),
        ledger.partition_sum(outputs, attempt.task.index),
    )


def fetch_order(spec: JobSpec, action: FetchAhead) -> Order:
    """The call behind *action*; workers that do not tell sums have no part in it."""
    by_worker: dict[str, list[MapOutput]] = {}
    for output in action.map_outputs:
        by_worker.setdefault(output.worker, []).append(output)
    sources = []
    for url, outputs in by_worker.items():
        sums = [ledger.partition_sum(outputs, index) for index in action.partitions]
        known = tuple(one for one in sums if one is not None)
        if len(known) == len(sums):
            ids = tuple(output.map_task_id for output in outputs)
            sources.append(Source(url, ids, known))
    return Order(
        spec.job_id,
        action.number,
        action.partitions,
        tuple(sources),
        action.neighbours,
        is_framed(spec.rules),
    )


def map_succeeded(
    attempt: AttemptId, worker: str, output: MapOutput | None, report: TaskReport, spec: JobSpec
) -> AttemptSucceeded:
    """The event of a map attempt that ended well; WorkerError when its figures do not agree."""
    if not spec.sample_bytes:
        split = spec.splits[attempt.task.index]
        ledger.check_map(split, output, report, plain=spec.rules.feeds_bytes)
    return AttemptSucceeded(attempt, worker, output, report)


def reduce_succeeded(
    attempt: AttemptId, worker: str, report: TaskReport, expected: Sum | None
) -> AttemptSucceeded:
    """The event of a reduce attempt that ended well; WorkerError when its figures do not agree."""
    ledger.check_reduce(expected, report)
    return AttemptSucceeded(attempt, worker, None, report)


def failed(
    attempt: AttemptId, worker: str, error: MapReduceError, spec: JobSpec, explain: Explain
) -> AttemptFailed:
    """The event behind an error, with the error that a user is told."""
    reason = _reason(error)
    if reason is EndReason.WORKER_TROUBLE:
        _log.warning("%s is in trouble with %s: %s", worker, attempt, error)
        trouble = Failure(f"{worker} is in trouble: {error}", Role.WORKER)
        error = WorkerTrouble(trouble, str(attempt))
    elif isinstance(error, TaskError):
        error = type(error)(explain(error.failure, attempt, spec), str(attempt))
    lost = error.map_task_ids if isinstance(error, FetchError) else ()
    return AttemptFailed(attempt, worker, reason, error, error.final, lost)


def _reason(error: MapReduceError) -> EndReason:
    """The end reason behind *error*: a failure of the program, unless more is known."""
    match error:
        case FetchError():
            return EndReason.OUTPUT_LOST
        case ProgramTimedOut():
            return EndReason.TIMED_OUT
        case Cancelled():
            return EndReason.CANCELLED
        case TaskError() | UsageError() | InputError() | ForbiddenError():
            return EndReason.PROGRAM_FAILED
        case _:
            return EndReason.WORKER_TROUBLE


def with_reduce_line(failure: Failure, attempt: AttemptId, spec: JobSpec) -> Failure:
    """*failure* with the line that repeats a reduce task: no worker knows all maps of the job."""
    repeatable = attempt.task.is_reduce and spec.rules.in_shell_words
    if repeatable and failure.command and not failure.replay:
        return replace(failure, replay=_reduce_line(attempt.task.index, spec))
    return failure


def _reduce_line(index: int, spec: JobSpec) -> str:
    rules = spec.rules
    root = Root(spec.cwd, search_path=dict(rules.environment).get("PATH"))

    def shell(line: str) -> str:
        return lines.with_environment(resolve(line, root, "program").shell, rules)

    if rules.partition.command:
        partition = replace(rules.partition, command=shell(rules.partition.command))
        rules = replace(rules, partition=partition)
    return lines.reduce_line(
        shell(spec.mapper),
        shell(spec.reducer),
        spec.splits,
        index,
        spec.num_reducers,
        spec.cwd,
        rules,
    )
