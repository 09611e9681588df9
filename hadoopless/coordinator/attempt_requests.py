"""From a job and an attempt of it to the call that runs the attempt, for push and for pull."""

from __future__ import annotations

from collections.abc import Sequence

from hadoopless.coordinator.plan import skipped_file
from hadoopless.job import AttemptId, JobSpec, MapOutput
from hadoopless.wire import tasks


def _context(spec: JobSpec, attempt: AttemptId) -> tasks.TaskContext:
    return tasks.TaskContext(spec.job_id, attempt.name, spec.cwd, spec.task_timeout, spec.rules)


def map_request(spec: JobSpec, attempt: AttemptId) -> tasks.MapRequest:
    """The call of a map attempt."""
    index = attempt.task.index
    return tasks.MapRequest(
        spec.mapper,
        spec.splits[index],
        spec.num_reducers or 1,
        spec.combiner,
        _context(spec, attempt),
        skipped_file(spec, index),
        index if spec.rules is not None else None,
        spec.output_dir if spec.rules is not None else None,
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
    )
