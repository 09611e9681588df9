"""The tasks that Spark runs in its executors: each is one attempt on our own road."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from msgspec import Struct
from msgspec.structs import replace

from hadoopless.coordinator.attempts import map_request, map_succeeded, reduce_request
from hadoopless.data.program.cancellation import Cancellation, timed_out
from hadoopless.data.program.commands import Root
from hadoopless.data.shuffle.store import HeldOutput
from hadoopless.engines.spark import failures, process
from hadoopless.engines.spark.gathering import Gathering
from hadoopless.engines.spark.place import Done, Place
from hadoopless.engines.spark.transports.blocks import Lazy, Message, Told, packed
from hadoopless.errors import DiskError, MapReduceError
from hadoopless.hdfs import changing
from hadoopless.hdfs.names import HdfsName
from hadoopless.job import AttemptId, MapOutput, Sum, TaskId, TaskReport, map_task, reduce_task
from hadoopless.wire.messages.tasks import TaskContext
from hadoopless.worker.border import own_errors
from hadoopless.worker.services import Services
from hadoopless.worker.tasks.map_task import run_map_task
from hadoopless.worker.tasks.reduce_task import run_reduce_task


class _Run(Struct, frozen=True):
    """One attempt as it runs."""

    place: Place
    attempt: AttemptId
    #: A number of no other attempt of the job.
    unique: int
    services: Services
    cancellation: Cancellation
    began: float

    @property
    def root(self) -> Root:
        return Root(self.place.spec.cwd, hdfs=self.place.spec.rules.hdfs)

    @property
    def directory(self) -> str:
        """The name of the directory that the attempt may leave in the staging directory."""
        return f"{self.attempt.name}-{self.unique}"

    def staged(self, context: TaskContext) -> TaskContext:
        """*context* with that directory, which is made; DiskError where the job has ended."""
        path = os.path.join(self.place.staging, self.directory)
        directory = self.root.locate(path)
        if isinstance(directory, HdfsName):
            changing.make_child(directory)
            return replace(context, staging=path)
        try:
            directory.mkdir()
        except OSError as error:
            raise DiskError(f"cannot make {path}: {error.strerror}") from error
        return replace(context, staging=path)

    def done(self, report: TaskReport, maps: tuple[Done, ...] = ()) -> Done:
        return Done(
            self.attempt.task.index,
            self.directory,
            report,
            process.name(),
            self.attempt.number,
            self.began,
            time.time(),
            maps,
        )


@contextmanager
def _begun(place: Place, task: TaskId) -> Iterator[_Run]:
    """An attempt at *task*, while it lasts; the driver hears of an error that ends it."""
    from pyspark import TaskContext as SparkTask  # only the processes of executors have one

    context = SparkTask.get()
    attempt = AttemptId(task, context.attemptNumber())
    unique = context.taskAttemptId()
    cancellation = Cancellation()
    limit = place.spec.task_timeout
    alarm: threading.Timer | None = None
    began = time.time()
    try:
        with own_errors(attempt.name):
            run = _Run(place, attempt, unique, process.services(place), cancellation, began)
            if limit is not None:
                alarm = threading.Timer(limit, cancellation.cancel, (timed_out(limit),))
                alarm.start()
            yield run
    except MapReduceError as error:
        root = Root(place.spec.cwd, hdfs=place.spec.rules.hdfs)
        told = failures.Told(attempt, process.name(), error, began, time.time())
        failures.tell(root.locate(place.staging), told, unique)
        raise
    finally:
        if alarm is not None:
            alarm.cancel()


def run_maps(place: Place, indexes: Iterable[int]) -> Iterator[tuple[int, Told | Lazy]]:
    """Run map tasks; what they leave comes as blocks, each with its partition."""
    for index in indexes:
        with _begun(place, map_task(index)) as run:
            output, held, done = _mapped(run, index)
        try:
            yield from _segments(place, index, output, held, done)
        finally:
            # Blocks that still wait to be written keep their memory by themselves.
            run.services.store.discard([output.map_task_id])


def _mapped(run: _Run, index: int) -> tuple[MapOutput, HeldOutput, Done]:
    spec = run.place.spec
    request = map_request(spec, run.attempt)
    output, report = run_map_task(request, run.root, run.services, run.cancellation)
    map_succeeded(run.attempt, run.services.url, output, report, spec)  # its sums agree
    assert output is not None  # noqa: S101 - the job has reduces
    held = run.services.store.get(output.map_task_id)
    return output, held, run.done(report)


def _segments(
    place: Place, index: int, output: MapOutput, held: HeldOutput, done: Done
) -> Iterator[tuple[int, Told | Lazy]]:
    """The blocks of all partitions; one of these tells the driver of the map in the end."""
    teller = index % place.spec.num_reducers
    sizes = zip(output.partition_records, output.partition_bytes, strict=True)
    for partition, (records, size) in enumerate(sizes):
        told = Told(index, Sum(records, size), done if partition == teller else None)
        yield partition, told
        for block in packed(index, held.runs_of(partition), place.block_size):
            yield partition, block


def run_map_only(place: Place, indexes: Iterable[int]) -> Iterator[Done]:
    """Run map tasks of a job without reduces; each leaves its output in a directory."""
    for index in indexes:
        with _begun(place, map_task(index)) as run:
            request = map_request(place.spec, run.attempt)
            request = replace(
                request,
                index=index,
                job_path=place.spec.output_dir,
                context=run.staged(request.context),
            )
            _, report = run_map_task(request, run.root, run.services, run.cancellation)
            map_succeeded(run.attempt, run.services.url, None, report, place.spec)
            done = run.done(report)
        yield done


def run_reduce(place: Place, index: int, blocks: Iterable[tuple[int, Message]]) -> Iterator[Done]:
    """Run the reduce task of a partition on its *blocks*; its output is in a directory."""
    started, cpu = time.monotonic(), time.thread_time()
    services = process.services(place)
    gathering = Gathering(services.fetch_budget, services.settings.spill_directory)
    for _, block in blocks:  # an error of Spark's shuffle is none of ours
        try:
            gathering.take(block)
        except MapReduceError as error:
            with _begun(place, reduce_task(index)):
                raise error
    seconds, cpu = time.monotonic() - started, time.thread_time() - cpu
    with _begun(place, reduce_task(index)) as run:
        maps = len(place.spec.splits)
        gathered, expected = gathering.finish(maps)
        outputs = [MapOutput("", str(number)) for number in range(maps)]
        request = reduce_request(place.spec, run.attempt, outputs)
        request = replace(request, expected=expected, context=run.staged(request.context))
        report = run_reduce_task(request, run.root, services, run.cancellation, gathered=gathered)
        done = run.done(
            replace(
                report,
                fetch_seconds=seconds,
                own_cpu=report.own_cpu + cpu,
                spilled_bytes=report.spilled_bytes + gathering.placed_bytes,
            ),
            gathering.done_maps,
        )
    yield done


def run_samples(place: Place, indexes: Iterable[int]) -> Iterator[tuple[int, TaskReport]]:
    """Run the tasks of a sampling job."""
    for index in indexes:
        with _begun(place, map_task(index)) as run:
            request = map_request(place.spec, run.attempt)
            _, report = run_map_task(request, run.root, run.services, run.cancellation)
        yield index, report


def find_troubles(place: Place, numbers: Iterable[int]) -> Iterator[str]:
    """The trouble of this process with its place, once."""
    for _ in numbers:
        yield process.trouble_of(place)
