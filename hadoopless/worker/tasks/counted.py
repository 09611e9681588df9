"""Runs tasks, and counts them for the metrics of the worker."""

from __future__ import annotations

from collections.abc import Callable

from hadoopless.data.output.commit import Pending, commit
from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Root
from hadoopless.job import MapOutput, TaskReport
from hadoopless.wire.messages.tasks import MapRequest, ReduceRequest
from hadoopless.wire.metrics.figures import MAP, REDUCE, SAMPLE
from hadoopless.worker.services import Services
from hadoopless.worker.tasks.map_task import nobody_waits, run_map_task
from hadoopless.worker.tasks.reduce_task import run_reduce_task


def count_map_task(
    request: MapRequest,
    root: Root,
    services: Services,
    cancellation: Cancellation,
    commit: Callable[[Pending], None] = commit,
    programs_over: Callable[[], None] = nobody_waits,
) -> tuple[MapOutput | None, TaskReport]:
    """Run a map task as :func:`run_map_task` does, and count it."""
    with services.tally.attempt(SAMPLE if request.sample_bytes else MAP) as done:
        output, report = run_map_task(request, root, services, cancellation, commit, programs_over)
        done(report, output is not None)
        return output, report


def count_reduce_task(
    request: ReduceRequest,
    root: Root,
    services: Services,
    cancellation: Cancellation,
    commit: Callable[[Pending], None] = commit,
) -> TaskReport:
    """Run a reduce task as :func:`run_reduce_task` does, and count it."""
    with services.tally.attempt(REDUCE) as done:
        report = run_reduce_task(request, root, services, cancellation, commit)
        done(report, False)
        return report
