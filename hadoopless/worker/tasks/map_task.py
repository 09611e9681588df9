"""One map task: split -> mapper -> partition and sort -> (combiner) -> a held output."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from hadoopless.by_hand.lines import combine_line, keys_line, map_line
from hadoopless.data.input.bad_records import InputBytes, NobodyToBlame, Stretch, find_bad
from hadoopless.data.input.raw import open_split
from hadoopless.data.input.splits import split_size
from hadoopless.data.machine.buffers import PIECE
from hadoopless.data.output.commit import PendingOutput
from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Command, Root, resolve
from hadoopless.data.program.program import Program
from hadoopless.data.program.stdin import Feeder, write_all
from hadoopless.data.record.layout import BadOutput, layout_of
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.shuffle.store import HeldOutput
from hadoopless.data.sort.partition_command import Numbers, PartitionCommand
from hadoopless.data.sort.partitioners import PartitionKeys
from hadoopless.data.sort.sorter import sorted_blocks
from hadoopless.errors import DiskError, ProgramFailed, TaskError
from hadoopless.job import MapOutput, TaskReport
from hadoopless.rules import Partitioner, Rules
from hadoopless.wire.tasks import MapRequest
from hadoopless.worker.services import Services
from hadoopless.worker.tasks.plain import as_lines, kept
from hadoopless.worker.tasks.sample_task import run_sampling
from hadoopless.worker.tasks.streaming_map import run_streaming_map

#: More than these of one map task are not skipped: then it is the program that is wrong.
_MOST_BAD_RECORDS = 100


def run_map_task(
    request: MapRequest, root: Root, services: Services, cancellation: Cancellation
) -> tuple[MapOutput | None, TaskReport]:
    """Run one map task to its end; its output can be fetched from then on.

    In a job without reduces there is none: it is committed. Nor is there where only a sample is
    wanted. Blocks; raises errors of :mod:`hadoopless.errors`.
    """
    if request.sample_bytes:
        return None, run_sampling(request, root, services, cancellation)
    rules = request.context.rules
    if not rules.plain:
        return run_streaming_map(request, rules, root, services, cancellation)
    started = time.monotonic()
    mapper = resolve(request.mapper, root, "mapperPath")
    combiner = (
        resolve(request.combiner, root, "combinerPath") if request.combiner is not None else None
    )
    task = _MapTask(request, rules, root, services, cancellation)
    try:
        output = task.run(mapper, combiner)
    except TaskError as error:
        error.task = error.task or "map task"
        error.source = str(request.split)
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
        self,
        request: MapRequest,
        rules: Rules,
        root: Root,
        services: Services,
        cancellation: Cancellation,
    ) -> None:
        self._request = request
        self._rules = rules
        self._layout = layout_of(rules)
        self._root = root
        self._services = services
        self._cancellation = cancellation
        self._partitioner = self._partition_command()
        #: A failure of the partitioner: no record that the mapper reads is to blame for it.
        self._misplaced: TaskError | None = None
        self.input_bytes = 0
        self.program_cpu = 0.0
        self.stderr_tail = ""
        self.skipped_records = 0

    def run(self, mapper: Command, combiner: Command | None) -> HeldOutput:
        request = self._request
        line = map_line(mapper.shell, request.split, self._root.cwd)
        with self._explained(line, self._feed_split):
            mapped = self._mapped(mapper, line)
        if combiner is None:
            output = mapped
        else:
            line = combine_line(
                mapper.shell,
                combiner.shell,
                request.split,
                request.num_reducers,
                self._root.cwd,
                self._rules,
            )

            def feed(descriptor: int) -> None:
                write_all(descriptor, self._all_partitions(mapped))

            try:
                with self._explained(line, feed):
                    output = self._hold(self._start(combiner, feed), line)
            finally:
                self._services.store.discard([mapped.map_task_id])
        try:
            self._services.store.finish(output)
        except DiskError:
            self._services.store.discard([output.map_task_id])
            raise
        return output

    @contextmanager
    def _explained(self, line: str, feed: Feeder) -> Iterator[None]:
        """Tell how to repeat by hand what fails: with *line*, or with what *feed* writes, kept."""
        try:
            yield
        except TaskError as error:
            if error.command and not error.replay:
                keep = self._rules.keep_failed
                directory = self._services.settings.spill_directory
                error.replay = kept(error, self._root, feed, directory) if keep else line
            raise

    def _mapped(self, mapper: Command, line: str) -> HeldOutput:
        try:
            return self._hold(self._start_mapper(mapper), line)
        except ProgramFailed as error:
            if self._request.skipped_file is None or error is self._misplaced:
                raise
            return self._map_good_records(mapper, error, line)

    def _map_good_records(self, mapper: Command, error: ProgramFailed, line: str) -> HeldOutput:
        """Run *mapper* without the records on which it dies, and put those into the side file.

        Raises *error*, with which it died on the whole input, when no record can be blamed.
        """
        source = InputBytes(
            self._request.split, self._root.path, self._services.settings.spill_directory
        )

        def fails(stretch: Stretch) -> bool:
            return self._dies(mapper, lambda target: source.feed([stretch], target))

        try:
            if self._dies(mapper, lambda target: None):
                raise error  # it needs no record to die
            bad = find_bad(fails, source.next_line, source.whole, _MOST_BAD_RECORDS)
            kept = source.without(bad)
            program = self._start(mapper, lambda target: source.feed(kept, target))
            mapped = self._hold(program, line)
            with PendingOutput(self._root.path(self._request.skipped_file or "")) as side_file:
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

    def _hold(self, program: Program, line: str) -> HeldOutput:
        """Keep what *program* writes, partitioned and sorted, until it has ended well.

        *line* is the shell line that writes the same.
        """
        store = self._services.store
        map_task_id = uuid.uuid4().hex
        try:
            with program:
                output = store.open(
                    map_task_id,
                    self._request.context.job_id,
                    self._request.num_reducers,
                    framed=self._layout.framed,
                )
                for block in sorted_blocks(
                    program.read_into,
                    self._request.num_reducers,
                    self._services.read_size,
                    self._services.settings.memory,
                    self._layout,
                    partition_keys=self._partition_keys(line),
                ):
                    store.add(output, block)
                self.program_cpu += program.finish().cpu_seconds
                self.stderr_tail += program.stderr
        except BadOutput as error:
            store.discard([map_task_id])
            raise ProgramFailed(str(error)) from error
        except BaseException:
            store.discard([map_task_id])
            raise
        return output

    def _partition_command(self) -> PartitionCommand | None:
        if self._layout.partition.kind is not Partitioner.COMMAND:
            return None
        return PartitionCommand(
            resolve(self._layout.partition.command, self._root, "partitionerPath"),
            self._request.num_reducers,
            self._services.spawner,
            self._cancellation,
        )

    def _partition_keys(self, line: str) -> PartitionKeys | None:
        """Asks the partitioner for the keys of what the shell line *line* writes."""
        partitioner = self._partitioner
        if partitioner is None:
            return None

        def partition(keys: memoryview, count: int) -> Numbers:
            def feed(descriptor: int) -> None:
                write_all(descriptor, [keys])

            try:
                with self._explained(keys_line(line, partitioner.shell), feed):
                    return partitioner(keys, count)
            except TaskError as error:
                self._misplaced = error
                raise

        return partition

    def _start_mapper(self, mapper: Command) -> Program:
        split = self._request.split
        source = open_split(split, self._root.path)
        with ExitStack() as stack:
            if isinstance(source, int):
                stack.callback(os.close, source)
                self.input_bytes = os.fstat(source).st_size
            else:
                self.input_bytes = sum(split_size(each, self._root.cwd) for each in split.pieces)
            return self._start(mapper, source)

    def _feed_split(self, target: int) -> None:
        """Write what the mapper reads."""
        source = open_split(self._request.split, self._root.path)
        if not isinstance(source, int):
            source(target)
            return
        with os.fdopen(source, "rb") as file:
            while piece := file.read(PIECE):
                write_all(target, [memoryview(piece)])

    def _all_partitions(self, mapped: HeldOutput) -> Iterator[memoryview]:
        """What a combiner reads: all partitions, one after the other, each sorted by key."""
        write_run = SpillFile(self._services.settings.spill_directory).append
        for partition in range(self._request.num_reducers):
            runs = mapped.runs_of(partition)
            yield from as_lines(runs, self._services.merge_budget, write_run, self._layout.framed)

    def _start(self, command: Command, source: int | Feeder) -> Program:
        return Program(command, self._services.spawner, self._cancellation, stdin=source)
