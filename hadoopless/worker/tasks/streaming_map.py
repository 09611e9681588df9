"""A map task under Hadoop's rules: records -> mapper -> partition and sort -> (combiner) -> held;
or, in a job without reduces, -> an output file."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from hadoopless.data.input.records import RecordFeed
from hadoopless.data.merge.merge import merged
from hadoopless.data.merge.reduce_input import PairCounts, stdin_pieces, types_of
from hadoopless.data.output.commit import PendingOutput
from hadoopless.data.output.text_output import write_output
from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Root
from hadoopless.data.program.program import Program
from hadoopless.data.program.stdin import write_all
from hadoopless.data.program.terms import Terms
from hadoopless.data.record.layout import layout_of
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.shuffle.store import HeldOutput
from hadoopless.data.sort.partition_command import Numbers, PartitionCommand
from hadoopless.data.sort.partitioners import PartitionKeys
from hadoopless.data.sort.sorter import sorted_blocks
from hadoopless.errors import DiskError, TaskError
from hadoopless.hadoop_counters import BYTES_READ, BYTES_WRITTEN
from hadoopless.hadoop_names import output_name
from hadoopless.job import MapOutput, TaskReport
from hadoopless.rules import Partitioner, Rules
from hadoopless.wire.tasks import MapRequest
from hadoopless.worker.services import Services
from hadoopless.worker.tasks.streaming_task import StreamingTask


def run_streaming_map(
    request: MapRequest,
    rules: Rules,
    root: Root,
    services: Services,
    cancellation: Cancellation,
) -> tuple[MapOutput | None, TaskReport]:
    """Run one map task to its end; its output can be fetched, or is committed, from then on.

    Blocks; raises errors of :mod:`hadoopless.errors`.
    """
    started = time.monotonic()
    with StreamingTask.of_map(request, rules, root, services, cancellation) as task:
        work = _MapTask(request, root, task)
        held = None
        if rules.map_only:
            work.commit_output()
        else:
            held = work.hold_output()
    output = None
    if held is not None:
        output = MapOutput(services.url, held.map_task_id, held.records, held.partition_bytes)
    report = TaskReport(
        input_bytes=work.feed.bytes_read,
        output_records=work.records,
        output_bytes=work.bytes,
        seconds=time.monotonic() - started,
        program_cpu=task.program_cpu,
        stderr_tail=task.stderr_tail,
        counters=task.counters,
    )
    return output, report


class _MapTask:
    def __init__(self, request: MapRequest, root: Root, task: StreamingTask) -> None:
        self._request = request
        self._task = task
        self._rules = task.rules
        self._services = task.services
        self._root = root
        self.feed = self._new_feed()
        self.records = 0
        self.bytes = 0

    def _new_feed(self) -> RecordFeed:
        limit = self._services.settings.memory
        return RecordFeed(self._request.split, self._root.path, self._rules.input, limit=limit)

    def _start(self) -> Program:
        command = self._task.command(self._request.mapper, "-mapper")
        return self._task.program(command, self.feed, unread_after=self._rules.unread_after)

    def _explained(self, error: TaskError) -> None:
        self._task.explain(error, str(self._request.split), self._new_feed())

    def _count_input(self) -> None:
        task = self._task
        task.count("MAP_INPUT_RECORDS", self.feed.records)
        task.count_in(BYTES_READ, self.feed.bytes_read)

    # Without reduces --------------------------------------------------------------------------

    def commit_output(self) -> None:
        """Run the mapper into an output file."""
        task, rules = self._task, self._rules
        name = output_name(task.attempt.task.index, rules)
        task.open_side_files()
        with PendingOutput(task.output_dir / name) as output:
            try:
                with task.explained_output(), self._start() as program:
                    written = write_output(
                        program.read_into,
                        rules.map_output,
                        rules.output,
                        output.write,
                        max_record=self._services.settings.memory,
                    )
                    task.finish(program, written.records)
            except TaskError as error:
                self._explained(error)
                raise
            output.check_space()
            keep = not rules.output.nothing and (written.records or not rules.output.lazy)
            task.commit(output.commit if keep else _nothing)
        self.records, self.bytes = written.records, written.bytes
        self._count_input()
        task.count("MAP_OUTPUT_RECORDS", written.records)
        # They are shown, all the same.
        for name in ("SPILLED_RECORDS", "FAILED_SHUFFLE", "MERGED_MAP_OUTPUTS"):
            task.count(name, 0)
        task.count_in(BYTES_WRITTEN, written.bytes)

    # With reduces -----------------------------------------------------------------------------

    def hold_output(self) -> HeldOutput:
        """Run the mapper, and the combiner on what it puts out; what is left is held."""
        store = self._services.store
        try:
            output = self._held(self._map_into)
            if self._request.combiner is not None:
                mapped = output
                try:
                    output = self._held(lambda target: self._combine(mapped, target))
                finally:
                    store.discard([mapped.map_task_id])
        except TaskError as error:
            self._explained(error)
            raise
        try:
            store.finish(output)
        except DiskError:
            store.discard([output.map_task_id])
            raise
        self.records, self.bytes = output.records, sum(output.partition_bytes)
        return output

    def _held(self, fill: Callable[[HeldOutput], None]) -> HeldOutput:
        """A new output that *fill* has filled; forgotten again if it fails."""
        store = self._services.store
        output = store.open(
            uuid.uuid4().hex,
            self._request.context.job_id,
            self._request.num_reducers,
            framed=layout_of(self._rules).framed,
        )
        try:
            with self._task.explained_output():
                fill(output)
        except BaseException:
            store.discard([output.map_task_id])
            raise
        return output

    def _map_into(self, output: HeldOutput) -> None:
        task = self._task
        serialized = materialized = 0
        with self._start() as program:
            for block in sorted_blocks(
                program.read_into,
                self._request.num_reducers,
                self._services.read_size,
                self._services.settings.memory,
                layout=layout_of(self._rules),
                partition_keys=self._partition_keys(),
            ):
                serialized += block.serialized
                materialized += block.materialized
                self._services.store.add(output, block)
            task.finish(program, output.records)
        self._count_input()
        task.count("MAP_OUTPUT_RECORDS", output.records)
        task.count("MAP_OUTPUT_BYTES", serialized)
        task.count("COMBINE_INPUT_RECORDS", 0)
        task.count("COMBINE_OUTPUT_RECORDS", 0)
        if self._request.combiner is None:
            self._count_spilled(output.records, materialized)

    def _count_spilled(self, records: int, materialized: int) -> None:
        # Two EOF markers and a checksum for each partition (IFile.Writer).
        self._task.count("SPILLED_RECORDS", records)
        extra = 6 * self._request.num_reducers
        self._task.count("MAP_OUTPUT_MATERIALIZED_BYTES", materialized + extra)

    def _partition_keys(self) -> PartitionKeys | None:
        partition, task = self._rules.partition, self._task
        if partition.kind is not Partitioner.COMMAND:
            return None
        ask = PartitionCommand(
            task.command(partition.command, "-partitioner"),
            self._request.num_reducers,
            self._services.spawner,
            task.cancellation,
            Terms(environment=task.environment, idle_timeout=self._rules.idle_timeout),
        )

        def partition_keys(keys: memoryview, count: int) -> Numbers:
            try:
                return ask(keys, count)
            except TaskError as error:
                source = f"{count:,} keys of what the mapper made of {self._request.split}"
                task.explain(error, source, lambda target: write_all(target, [keys]))
                raise

        return partition_keys

    def _combine(self, mapped: HeldOutput, output: HeldOutput) -> None:
        """Run the combiner once for each partition that holds anything (MapTask)."""
        task, store = self._task, self._services.store
        command = task.command(self._request.combiner or "", "-combiner")
        layout = layout_of(self._rules, combiner_output=True)
        records = materialized = 0
        for partition, size in enumerate(mapped.partition_bytes):
            if not size:
                continue
            counts = PairCounts()
            feed = partial(self._feed_combiner, mapped, partition, counts)
            with (
                self._explained_combiner(mapped, partition),
                task.explained_output(),
                task.program(command, feed, unread_after=None) as program,
            ):
                for block in sorted_blocks(
                    program.read_into,
                    self._request.num_reducers,
                    self._services.read_size,
                    self._services.settings.memory,
                    layout=layout,
                    fixed_partition=partition,
                ):
                    records += int(block.records.sum())
                    materialized += block.materialized
                    store.add(output, block)
                task.finish(program)
            task.count("COMBINE_INPUT_RECORDS", counts.records)
        task.count("COMBINE_OUTPUT_RECORDS", records)
        self._count_spilled(records, materialized)

    @contextmanager
    def _explained_combiner(self, mapped: HeldOutput, partition: int) -> Iterator[None]:
        try:
            yield
        except TaskError as error:
            source = f"partition {partition} of what the mapper made of {self._request.split}"
            feed = partial(self._feed_combiner, mapped, partition, PairCounts())
            self._task.explain(error, source, feed)
            raise

    def _feed_combiner(
        self, mapped: HeldOutput, partition: int, counts: PairCounts, target: int
    ) -> None:
        rules, services = self._rules, self._services
        framed = layout_of(rules).framed
        write_run = SpillFile(services.settings.spill_directory).append
        pieces = merged(mapped.runs_of(partition), services.merge_budget, write_run, framed=framed)
        pairs = rules.combiner_pairs[0] if rules.combiner_pairs else rules.reduce_input
        types = types_of(rules.map_output)
        write_all(
            target, stdin_pieces(pieces, framed=framed, types=types, target=pairs, counts=counts)
        )


def _nothing() -> None:
    """What is committed where no file is wanted."""
