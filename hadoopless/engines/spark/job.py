"""One job on Spark: the check of its place, the sample, the maps, the reduces, the commit."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from msgspec.structs import replace

from hadoopless.coordinator.planning.total_order import needs_sample, with_boundaries
from hadoopless.coordinator.recorder import Recorder
from hadoopless.engines.spark import session
from hadoopless.engines.spark.course import JOB, Course, Ended, Listeners
from hadoopless.engines.spark.failures import Failures
from hadoopless.engines.spark.history import record
from hadoopless.engines.spark.place import Done, Place
from hadoopless.engines.spark.staging import Staging
from hadoopless.engines.spark.transports.transport import Transport
from hadoopless.errors import NoWorkersError, WorkerError
from hadoopless.job import JobSpec, TaskReport
from hadoopless.sizes import parse_size

_APPLICATION = "hadoopless"
#: The property of PySpark that says how much memory a Python process may use for data.
_MEMORY = "spark.python.worker.memory"
_USUAL_MEMORY = "512m"
#: Tasks that look at their place; Spark cannot be told to use each executor.
_LOOKS = 16


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
    with Staging(spec) as staging, session.started(choice, _APPLICATION, attempts) as transport:
        place = _place(spec, staging.path, transport)
        course = Course(transport, spec, Failures(staging.path), listeners)
        if looks:
            _look(transport, course, place)
        if needs_sample(spec):
            listeners.say(
                "total order: the mapper runs over a sample first, to find parts of the same size"
            )
            spec = with_boundaries(spec, partial(_sampled, transport, course, place))
            place = replace(place, spec=spec)
        began = time.time()
        writers: list[Done] = []
        try:
            writers = course.result(JOB, partial(_run, transport, place))
            ended = _ended(spec, writers, course)
            staging.commit(writers)
        finally:
            record(recorder, spec, writers, course.failed, began)
        return spec, ended


def _place(spec: JobSpec, staging: str, transport: Transport) -> Place:
    text = transport.setting(_MEMORY, _USUAL_MEMORY)
    environment = tuple((name, os.environ.get(name)) for name in session.CHANGED)
    return Place(spec, staging, parse_size(text, _MEMORY), environment)


def _look(transport: Transport, course: Course, place: Place) -> None:
    """Raise NoWorkersError where an executor cannot run tasks of the job."""
    from hadoopless.engines.spark.tasks import find_troubles

    work = partial(find_troubles, place)
    for trouble in course.result("check", partial(transport.each, work, _LOOKS)):
        if trouble:
            raise NoWorkersError(f"Spark's executors cannot run the job: {trouble}")


def _sampled(
    transport: Transport, course: Course, place: Place, sampling: JobSpec
) -> Sequence[TaskReport]:
    from hadoopless.engines.spark.tasks import run_samples

    work = partial(run_samples, replace(place, spec=sampling))
    told = course.result("sample", partial(transport.each, work, len(sampling.splits)))
    return [report for _, report in sorted(told)]


def _run(transport: Transport, place: Place) -> list[Done]:
    """The attempts that have written the outputs, in the order of these."""
    from hadoopless.engines.spark import tasks

    transport.prefer_hosts(place.spec)
    maps, reduces = len(place.spec.splits), place.spec.num_reducers
    if not reduces:
        writers = transport.each(partial(tasks.run_map_only, place), maps)
    else:
        run_maps, run_reduce = partial(tasks.run_maps, place), partial(tasks.run_reduce, place)
        writers = transport.through(run_maps, run_reduce, maps, reduces)
    return sorted(writers, key=_index)


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
    times = Counter(done.index for done in found)
    if wrong := [number for number in range(count) if times[number] != 1]:
        first = wrong[0]
        raise WorkerError(
            f"Spark has told of {len(wrong)} of {count} {kind} tasks twice or never: of {kind}"
            f" {first} {times[first]} times"
        )
    return found
