"""One map task: split -> mapper -> partition and sort -> (combiner) -> a held output.

In a job without reduces it is: split -> mapper -> an output file.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from hadoopless.data.machine.kernels import Int64s
from hadoopless.data.merge.reduce_input import PairCounts
from hadoopless.data.output.commit import Pending, commit
from hadoopless.data.output.text_output import OutputCounts, write_output
from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Root
from hadoopless.data.program.program import Program
from hadoopless.data.program.stdin import write_all
from hadoopless.data.record.layout import layout_of
from hadoopless.data.record.stdout import ReadInto
from hadoopless.data.shuffle.store import HeldOutput
from hadoopless.data.sort.blocks import sorted_blocks
from hadoopless.data.sort.partition_command import PartitionCommand
from hadoopless.data.sort.partitioners import AskPartitioner
from hadoopless.errors import MapReduceError, WorkerError
from hadoopless.failure import Role
from hadoopless.hadoop_counters import INPUT_GROUP, OUTPUT_GROUP
from hadoopless.hadoop_names import output_name
from hadoopless.job import MapOutput, Sum, TaskReport
from hadoopless.rules import Partitioner
from hadoopless.wire.messages.tasks import MapRequest
from hadoopless.worker.services import Services
from hadoopless.worker.tasks.sample_task import run_sample_task
from hadoopless.worker.tasks.task import MapperTask

#: Two EOF markers and a checksum for each partition of a map output [IFile.Writer].
_BYTES_PER_PARTITION = 6


def nobody_waits() -> None:
    """Do nothing: nobody waits for the end of the programs of a task."""


def run_map_task(
    request: MapRequest,
    root: Root,
    services: Services,
    cancellation: Cancellation,
    commit: Callable[[Pending], None] = commit,
    programs_over: Callable[[], None] = nobody_waits,
) -> tuple[MapOutput | None, TaskReport]:
    """Run one map task to its end; its output can be fetched from then on.

    There is no map output in a job without reduces, where *commit* has put an output file in place,
    nor where only a sample is wanted. *programs_over* is called, in any thread, when the mapper has
    ended and no other program will run, if that is before the end of the task. Blocks; raises
    errors of :mod:`hadoopless.errors`.
    """
    if request.sample_bytes:
        return None, run_sample_task(request, root, services, cancellation)
    task = _MapTask(request, root, services, cancellation, programs_over)
    with task.begun(Role.MAPPER, request.split):
        return task.commit_output(commit) if task.rules.map_only else task.hold_output()


class _MapTask(MapperTask):
    def __init__(
        self,
        request: MapRequest,
        root: Root,
        services: Services,
        cancellation: Cancellation,
        programs_over: Callable[[], None],
    ) -> None:
        super().__init__(request, root, services, cancellation)
        self._programs_over = programs_over

    def _count_input(self) -> None:
        self.count("MAP_INPUT_RECORDS", self.reading.records)
        self.count("BYTES_READ", self.reading.bytes, INPUT_GROUP)

    # Without reduces --------------------------------------------------------------------------

    def commit_output(self, commit: Callable[[Pending], None]) -> tuple[None, TaskReport]:
        """Run the mapper into an output file, and let *commit* put it in place."""
        name = output_name(self.request.index or 0, self.rules)
        self.attempt.prepare_output()
        with self.new_output(os.path.join(self.output_directory, name)) as output:
            written = self.map(partial(self._write, output))
            wanted = self.rules.output.wants_file(written.records)
            self.attempt.commit(lambda: commit(output) if wanted else None)
        self._count_input()
        self.count("MAP_OUTPUT_RECORDS", written.records)
        # Hadoop shows these, all the same.
        for name in ("SPILLED_RECORDS", "FAILED_SHUFFLE", "MERGED_MAP_OUTPUTS"):
            self.count(name, 0)
        self.count("BYTES_WRITTEN", written.bytes, OUTPUT_GROUP)
        return None, self.report_map(Sum(written.records, written.bytes))

    def _write(self, output: Pending, program: Program) -> OutputCounts:
        if output.size:  # of an earlier run of the mapper, which has died on a bad record
            output.clear()
        if self.attempt.output_as_written:
            while program.take_stdout(output.move_from):
                pass
            self.finish(program)
            return OutputCounts(bytes=output.size)
        written = write_output(
            program.read_into,
            self.rules.map_output,
            self.rules.output,
            output.write,
            max_record=self.services.settings.memory,
        )
        self.finish(program, written.records)
        return written

    # With reduces -----------------------------------------------------------------------------

    def hold_output(self) -> tuple[MapOutput, TaskReport]:
        """Run the mapper, and the combiner on what it puts out; what is left is held."""
        store = self.services.store
        held = self.map(self._hold)
        self._count_mapped(held)
        if self.request.combiner is not None:
            mapped = held
            try:
                held = self._combined(mapped)
            finally:
                store.discard([mapped.map_task_id])
                self.spilled_bytes += mapped.spilled_bytes
        self.count("SPILLED_RECORDS", held.records)
        size = held.materialized + _BYTES_PER_PARTITION * held.partitions
        self.count("MAP_OUTPUT_MATERIALIZED_BYTES", size)
        try:
            store.finish(held)
        except MapReduceError:
            store.discard([held.map_task_id])
            raise
        self.spilled_bytes += held.spilled_bytes
        output = MapOutput(
            self.services.url,
            held.map_task_id,
            held.records,
            held.partition_bytes,
            held.partition_records,
        )
        return output, self.report_map(held.sum)

    def _count_mapped(self, mapped: HeldOutput) -> None:
        self._count_input()
        self.count("MAP_OUTPUT_RECORDS", mapped.records)
        self.count("MAP_OUTPUT_BYTES", mapped.serialized)
        self.count("COMBINE_INPUT_RECORDS", 0)
        self.count("COMBINE_OUTPUT_RECORDS", 0)

    @contextmanager
    def _new_output(self) -> Iterator[HeldOutput]:
        """A new output in the store; it is forgotten again after an error."""
        output = self.services.store.open(
            uuid.uuid4().hex,
            self.request.context.job_id,
            self.request.num_reducers,
            framed=layout_of(self.rules).framed,
        )
        try:
            yield output
        except BaseException:
            self.services.store.discard([output.map_task_id])
            raise

    def _hold(self, program: Program) -> HeldOutput:
        """Keep what the mapper writes, partitioned and sorted, until it has ended well."""
        with self._new_output() as output:
            self._sort(output, program, self._last_read(program))
        return output

    def _last_read(self, program: Program) -> ReadInto:
        """Reads what the mapper writes; at the end of that, no program may be left to run."""
        request = self.request
        more = request.combiner is not None or request.skipped_file is not None
        if more or self.rules.partition.kind is Partitioner.COMMAND:
            return program.read_into

        def read_into(target: memoryview) -> int:
            count = program.read_into(target)
            if not count:
                program.when_ended(self._programs_over)
            return count

        return read_into

    def _sort(
        self,
        output: HeldOutput,
        program: Program,
        read_into: ReadInto,
        *,
        combines: bool = False,
        partition: int | None = None,
    ) -> None:
        """Add what *read_into* reads of *program* to *output*, until that has ended well.

        It is sorted, or put into *partition* in the order written.
        """
        held = output.sum
        records, size = held.records, held.bytes
        for block in sorted_blocks(
            read_into,
            self.request.num_reducers,
            self.services.read_size,
            self.services.settings.memory,
            layout_of(self.rules, combiner_output=combines),
            ask_partitioner=self._ask_partitioner() if partition is None else None,
            fixed_partition=partition,
        ):
            records += int(block.records.sum())
            size += int(block.written.sum())
            self.services.store.add(output, block)
        held, made = output.sum, Sum(records, size)
        if held != made:
            raise WorkerError(
                f"the sums do not agree: the map output holds {held}; sorted were {made}"
            )
        self.finish(program, output.records)

    def _ask_partitioner(self) -> AskPartitioner | None:
        """Asks the user's partitioner; None: the job has none."""
        if self.rules.partition.kind is not Partitioner.COMMAND:
            return None
        ask = PartitionCommand(
            self.attempt.command(Role.PARTITIONER),
            self.request.num_reducers,
            self.services.spawner,
            self.cancellation,
            self.attempt.terms(Role.PARTITIONER),
        )

        def ask_partitioner(keys: memoryview, count: int) -> Int64s:
            source = f"{count:,} keys of what the mapper made of {self.request.split}"
            with self.blaming(Role.PARTITIONER, source, lambda target: write_all(target, [keys])):
                return ask(keys, count)

        return ask_partitioner

    # With a combiner --------------------------------------------------------------------------

    def _combined(self, mapped: HeldOutput) -> HeldOutput:
        """Run the combiner on *mapped*; returns its output."""
        with self._new_output() as output:
            if self.attempt.combines_apart:
                for partition, size in enumerate(mapped.partition_bytes):
                    if size:
                        self._combine(mapped, partition, output)
            else:
                self._combine(mapped, None, output)
        self.count("COMBINE_OUTPUT_RECORDS", output.records)
        return output

    def _combine(self, mapped: HeldOutput, partition: int | None, output: HeldOutput) -> None:
        """Run the combiner once, on one partition of *mapped* or, with None, on all."""
        rules = self.rules
        pairs = rules.combiner_pairs[0] if rules.combiner_pairs else rules.reduce_input
        counts = PairCounts() if self.attempt.keeps_counters else None

        def feed(target: int, counts: PairCounts | None = None) -> None:
            partitions = range(mapped.partitions) if partition is None else [partition]
            self.feed_merged(target, map(mapped.runs_of, partitions), pairs, counts)

        def take(program: Program) -> None:
            self._sort(output, program, program.read_into, combines=True, partition=partition)

        source = f"partition {partition} of what the mapper made of {self.request.split}"
        with self.blaming(Role.COMBINER, source, feed):
            self.run(Role.COMBINER, partial(feed, counts=counts), take)
        self.read_on()
        if counts is not None:
            self.count("COMBINE_INPUT_RECORDS", counts.records)
