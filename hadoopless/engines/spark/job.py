"""One job on Spark: the check of its place, the sample, the maps, the reduces, the commit."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from hadoopless.coordinator.recorder import Recorder
from hadoopless.coordinator.total_order import needs_sample, with_boundaries
from hadoopless.engines.spark import session
from hadoopless.engines.spark.course import JOB, Course, Ended, Listeners
from hadoopless.engines.spark.failures import Failures
from hadoopless.engines.spark.history import record
from hadoopless.engines.spark.place import Done, Place
from hadoopless.engines.spark.staging import Staging
from hadoopless.errors import NoWorkersError, WorkerError
from hadoopless.job import JobSpec, TaskReport
from hadoopless.sizes import parse_size

_APPLICATION = "hadoopless"
#: The property of PySpark that says how much memory a Python process may use for data.
_MEMORY = "spark.python.worker.memory"
_USUAL_MEMORY = "512m"
#: Tasks that look at their place, at most; Spark cannot be told to use each executor.
_MOST_LOOKS = 64


def run(
    spec: JobSpec,
    choice: session.Choice,
    listeners: Listeners,
    recorder: Recorder,
    *,
    looks: bool = True,
) -> tuple[JobSpec, Ended]:
    """Run *spec* to its end, and commit its outputs; the job with its boundaries, and its end.

    With *looks*, tasks first look if all is there where they run. Raises what ends the job; then no
    output has appeared.
    """
    attempts = max(spec.max_attempts, spec.rules.own_reduce_attempts or 0)
    with Staging(spec) as staging, session.started(choice, _APPLICATION, attempts) as context:
        place = _place(spec, staging.path, context)
        course = Course(context, spec, Failures(staging.path), listeners)
        if looks:
            _look(context, course, place)
        if needs_sample(spec):
            listeners.say(
                "total order: the mapper runs over a sample first, to find parts of the same size"
            )
            spec = with_boundaries(spec, partial(_sampled, context, course, place))
            place = replace(place, spec=spec)
        began = time.time()
        writers: list[Done] = []
        try:
            writers = course.result(JOB, partial(_run, context, place))
            ended = _ended(spec, writers, course)
            staging.commit(writers)
        finally:
            record(recorder, spec, writers, course.failed, began)
        return spec, ended


def _place(spec: JobSpec, staging: str, context: Any) -> Place:
    text = context.getConf().get(_MEMORY, _USUAL_MEMORY)
    environment = tuple((name, os.environ.get(name)) for name in session.CHANGED)
    return Place(spec, staging, parse_size(text, _MEMORY), environment)


def _look(context: Any, course: Course, place: Place) -> None:
    """Raise NoWorkersError where an executor cannot run tasks of the job."""
    from hadoopless.engines.spark.tasks import find_troubles

    count = min(_MOST_LOOKS, 2 * context.defaultParallelism)
    numbers = context.parallelize(range(count), count)
    looking = numbers.mapPartitions(partial(find_troubles, place))
    troubles: Sequence[str] = course.result("check", looking.collect)
    for trouble in troubles:
        if trouble:
            raise NoWorkersError(f"Spark's executors cannot run the job: {trouble}")


def _sampled(context: Any, course: Course, place: Place, sampling: JobSpec) -> Sequence[TaskReport]:
    from hadoopless.engines.spark.tasks import run_samples

    place = replace(place, spec=sampling)
    numbers = context.parallelize(range(len(sampling.splits)), len(sampling.splits))
    told = course.result("sample", numbers.mapPartitions(partial(run_samples, place)).collect)
    return [report for _, report in sorted(told)]


def _run(context: Any, place: Place) -> list[Done]:
    """The attempts that have written the outputs, in the order of these."""
    from hadoopless.engines.spark import tasks
    from hadoopless.engines.spark.hosts import hosts_of, numbers_at  # few jobs read HDFS

    spec = place.spec
    hosts = hosts_of(context, spec) if spec.rules.hdfs else []
    if hosts:
        maps = numbers_at(context, hosts)
    else:
        maps = context.parallelize(range(len(spec.splits)), max(1, len(spec.splits)))
    if not spec.num_reducers:
        writers = maps.mapPartitions(partial(tasks.run_map_only, place))
    else:
        blocks = maps.mapPartitions(partial(tasks.run_maps, place))
        partitions = blocks.partitionBy(spec.num_reducers, tasks.same)
        writers = partitions.mapPartitionsWithIndex(partial(tasks.run_reduce, place))
    return sorted(writers.collect(), key=_index)


def _ended(spec: JobSpec, writers: Sequence[Done], course: Course) -> Ended:
    """The end of the job, of which each task was told once; WorkerError if it was not."""
    maps = _once(len(spec.splits), _maps(spec, writers), "map")
    reduces = _once(spec.num_reducers, writers, "reduce") if spec.num_reducers else []
    workers = dict.fromkeys(done.worker for done in (*maps, *reduces))
    return Ended(
        tuple(done.report for done in maps),
        tuple(done.report for done in reduces),
        course.snapshot(list(workers), ended=True),
    )


def _index(done: Done) -> int:
    return done.index


def _maps(spec: JobSpec, writers: Iterable[Done]) -> Iterator[Done]:
    for done in writers:
        if spec.num_reducers:
            yield from done.maps
        else:
            yield done


def _once(count: int, told: Iterable[Done], kind: str) -> list[Done]:
    found = sorted(told, key=_index)
    if [done.index for done in found] != list(range(count)):
        raise WorkerError(
            f"Spark has told of the {kind} tasks {[done.index for done in found]}, and not of"
            f" {count}, each once"
        )
    return found
