"""One map task: split -> mapper -> partition and sort -> (combiner) -> a held output."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

from mapreduce.data.bad_records import InputBytes, NobodyToBlame, Stretch, find_bad
from mapreduce.data.commands import Command, Place, resolve
from mapreduce.data.commit import PendingOutput
from mapreduce.data.merge import merged
from mapreduce.data.program import Cancellation, Feeder, Program, write_all
from mapreduce.data.sorter import RecordTooLong, sorted_blocks
from mapreduce.data.spill import SpillFile
from mapreduce.data.splits import open_split
from mapreduce.data.store import HeldOutput
from mapreduce.errors import DiskError, ProgramFailed, RecordTooLarge, TaskError
from mapreduce.job import MapOutput, TaskReport
from mapreduce.replay import map_line
from mapreduce.wire import MapRequest
from mapreduce.worker.services import Services
from mapreduce.worker.streaming_map import run_streaming_map

#: More than these of one map task are not skipped: then it is the program that is wrong.
_MOST_BAD_RECORDS = 100


def run_map_task(
    request: MapRequest, place: Place, services: Services, cancellation: Cancellation
) -> tuple[MapOutput | None, TaskReport]:
    """Run one map task to its end; its output can be fetched from then on.

    In a job without reduces there is none: it is committed. Blocks; raises errors of
    :mod:`mapreduce.errors`.
    """
    rules = request.context.rules
    if rules is not None and not rules.plain:
        return run_streaming_map(request, rules, place, services, cancellation)
    started = time.monotonic()
    mapper = resolve(request.mapper, place, "mapperPath")
    combiner = (
        resolve(request.combiner, place, "combinerPath") if request.combiner is not None else None
    )
    task = _MapTask(request, place, services, cancellation)
    try:
        output = task.run(mapper, combiner)
    except TaskError as error:
        error.task = error.task or "map task"
        error.source = str(request.split)
        if error.command:
            error.replay = map_line(mapper.shell, request.split, place.cwd)
        raise
    report = TaskReport(
        input_bytes=task.input_bytes,
        output_records=output.records,
        output_bytes=sum(output.partition_bytes),
        seconds=time.monotonic() - started,
        program_cpu=task.program_cpu,
        stderr_tail=task.stderr_tail,
        skipped_records=task.skipped_records,
    )
    return (
        MapOutput(services.url, output.map_task_id, output.records, output.partition_bytes),
        report,
    )


class _MapTask:
    def __init__(
        self, request: MapRequest, place: Place, services: Services, cancellation: Cancellation
    ) -> None:
        self._request = request
        self._place = place
        self._services = services
        self._cancellation = cancellation
        self.input_bytes = 0
        self.program_cpu = 0.0
        self.stderr_tail = ""
        self.skipped_records = 0

    def run(self, mapper: Command, combiner: Command | None) -> HeldOutput:
        try:
            mapped = self._hold(self._start_mapper(mapper))
        except ProgramFailed as error:
            if self._request.skipped_file is None:
                raise
            mapped = self._map_good_records(mapper, error)
        if combiner is None:
            output = mapped
        else:
            try:
                output = self._hold(self._start_combiner(combiner, mapped))
            finally:
                self._services.store.discard([mapped.map_task_id])
        try:
            self._services.store.finish(output)
        except DiskError:
            self._services.store.discard([output.map_task_id])
            raise
        return output

    def _map_good_records(self, mapper: Command, error: ProgramFailed) -> HeldOutput:
        """Run *mapper* without the records on which it dies, and put those into the side file.

        Raises *error*, with which it died on the whole input, when no record can be blamed.
        """
        split = self._request.split
        source = InputBytes(
            split, self._place.path(split.path), self._services.settings.spill_directory
        )

        def fails(stretch: Stretch) -> bool:
            return self._dies(mapper, lambda target: source.feed([stretch], target))

        try:
            if self._dies(mapper, lambda target: None):
                raise error  # it needs no record to die
            bad = find_bad(fails, source.next_line, source.whole, _MOST_BAD_RECORDS)
            kept = source.without(bad)
            mapped = self._hold(self._start(mapper, lambda target: source.feed(kept, target)))
            with PendingOutput(self._place.path(self._request.skipped_file or "")) as side_file:
                source.feed(bad, side_file.descriptor)
                self._cancellation.commit(side_file.commit)
        except NobodyToBlame as reason:
            error.what += f"; no record could be skipped: {reason}"
            raise error from reason
        finally:
            source.close()
        self.skipped_records = len(bad)
        return mapped

    def _dies(self, mapper: Command, feed: Feeder) -> bool:
        """Whether *mapper* fails on what *feed* gives; its output is thrown away."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            with Program(
                mapper, self._services.spawner, self._cancellation, stdin=feed, stdout=nowhere
            ) as program:
                program.finish()
        except ProgramFailed:
            return True
        finally:
            os.close(nowhere)
        return False

    def _hold(self, program: Program) -> HeldOutput:
        """Keep what *program* writes, partitioned and sorted, until it has ended well."""
        store = self._services.store
        output = store.open(
            uuid.uuid4().hex, self._request.context.job_id, self._request.num_reducers
        )
        try:
            with program:
                for block in sorted_blocks(
                    program.read_into,
                    self._request.num_reducers,
                    self._services.read_size,
                    self._services.settings.memory,
                ):
                    store.add(output, block)
                self.program_cpu += program.finish().cpu_seconds
                self.stderr_tail += program.stderr
        except RecordTooLong as error:
            store.discard([output.map_task_id])
            raise self._record_too_large(error.limit) from error
        except BaseException:
            store.discard([output.map_task_id])
            raise
        return output

    def _record_too_large(self, limit: int) -> RecordTooLarge:
        return RecordTooLarge(
            f"wrote a record of more than {limit:,} bytes, the memory budget of this worker; give"
            " it more with workers.py --memory"
        )

    def _start_mapper(self, mapper: Command) -> Program:
        split = self._request.split
        source = open_split(split, self._place.path(split.path))
        with ExitStack() as stack:
            if isinstance(source, int):
                stack.callback(os.close, source)
                self.input_bytes = os.fstat(source).st_size
            else:
                self.input_bytes = split.length or 0
            return self._start(mapper, source)

    def _start_combiner(self, combiner: Command, mapped: HeldOutput) -> Program:
        """Start the combiner on all partitions, one after the other, each sorted by key."""
        return self._start(
            combiner, lambda descriptor: write_all(descriptor, self._all_partitions(mapped))
        )

    def _all_partitions(self, mapped: HeldOutput) -> Iterator[memoryview]:
        write_run = SpillFile(self._services.settings.spill_directory).append
        for partition in range(self._request.num_reducers):
            yield from merged(mapped.runs_of(partition), self._services.merge_budget, write_run)

    def _start(self, command: Command, source: int | Feeder) -> Program:
        return Program(command, self._services.spawner, self._cancellation, stdin=source)
