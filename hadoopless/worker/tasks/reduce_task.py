"""One reduce task: fetch -> merge -> reducer -> output file, committed by rename."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from hadoopless.data.output.commit import PendingOutput
from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Root, resolve
from hadoopless.data.program.program import Program
from hadoopless.data.program.stdin import write_all
from hadoopless.data.record.layout import is_framed
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.shuffle.fetch import Gathered, Sources
from hadoopless.errors import DiskError, TaskError
from hadoopless.job import TaskReport
from hadoopless.wire.tasks import ReduceRequest
from hadoopless.worker.services import Services
from hadoopless.worker.tasks.plain import as_lines, kept
from hadoopless.worker.tasks.streaming_reduce import run_streaming_reduce


def run_reduce_task(
    request: ReduceRequest,
    root: Root,
    services: Services,
    cancellation: Cancellation,
    commit: Callable[[PendingOutput], None] = PendingOutput.commit,
) -> TaskReport:
    """Run one reduce task to its end; then *commit* has put its output file in place.

    Blocks; raises errors of :mod:`hadoopless.errors`.
    """
    rules = request.context.rules
    if not rules.plain:
        return run_streaming_reduce(request, rules, root, services, cancellation)
    started = time.monotonic()
    reducer = resolve(request.reducer, root, "reducerPath")
    target = root.path(os.path.join(request.job_path, f"{request.index}.out"))
    sources = Sources(request.map_task_ids, request.map_workers, services.settings.inventory)
    with PendingOutput(target) as output:
        gathered = services.shuffle.gather(request.index, sources, cancellation.check)
        records, size = gathered.records, gathered.size

        def feed(descriptor: int) -> None:
            _feed(gathered, services, is_framed(rules), descriptor)

        try:
            with Program(
                reducer, services.spawner, cancellation, stdin=feed, stdout=output.descriptor
            ) as program:
                ended = program.finish()
        except TaskError as error:
            error.task = error.task or f"reduce task {request.index}"
            error.source = f"partition {request.index} of {len(request.map_task_ids)} map task(s)"
            _blame_full_disk(output, error)
            if rules.keep_failed and error.command:
                error.replay = kept(error, root, feed, services.settings.spill_directory)
            raise
        finally:
            gathered.close()
        output.check_space()
        output_bytes = output.size
        cancellation.commit(lambda: commit(output))
    return TaskReport(
        input_bytes=size,
        output_records=records,
        output_bytes=output_bytes,
        seconds=time.monotonic() - started,
        program_cpu=ended.cpu_seconds,
        stderr_tail=program.stderr,
    )


def _blame_full_disk(output: PendingOutput, error: TaskError) -> None:
    """Raise DiskError when that may be why the reducer failed."""
    try:
        output.check_space()
    except DiskError as full:
        raise DiskError(f"{full}\n{error}") from error


def _feed(gathered: Gathered, services: Services, framed: bool, descriptor: int) -> None:
    """Write the merged records to *descriptor*."""
    write_run = SpillFile(services.settings.spill_directory).append
    write_all(descriptor, as_lines(gathered.runs, services.merge_budget, write_run, framed))
