"""One reduce task: fetch -> merge -> reducer -> output file, committed by rename."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from hadoopless.data.merge.reduce_input import PairCounts
from hadoopless.data.output.commit import PendingOutput
from hadoopless.data.output.text_output import OutputCounts, write_output
from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Root
from hadoopless.data.program.program import Program
from hadoopless.data.record.stdout import discard_output
from hadoopless.data.shuffle.fetch import Sources
from hadoopless.data.shuffle.gathered import Gathered
from hadoopless.errors import DiskError, TaskError
from hadoopless.failure import Role
from hadoopless.hadoop_counters import OUTPUT_GROUP
from hadoopless.hadoop_names import output_name
from hadoopless.job import TaskReport
from hadoopless.wire.tasks import ReduceRequest
from hadoopless.worker.services import Services
from hadoopless.worker.tasks.task import Task


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
    task = _ReduceTask(request, root, services, cancellation)
    name = output_name(request.index, task.rules)
    target = root.path(os.path.join(request.job_path, name))
    sources = Sources(request.map_task_ids, request.map_workers, services.settings.inventory)
    with task.begun(Role.REDUCER, task.source) as attempt:
        attempt.prepare_output()
        with PendingOutput(target) as output:
            gathered = services.shuffle.gather(request.index, sources, cancellation.check)
            records, size = gathered.records, gathered.size
            try:
                written = task.reduce(gathered, output)
            finally:
                gathered.close()
            output.check_space()
            wanted = task.rules.output.wants_file(written.records)
            attempt.commit(lambda: commit(output) if wanted else None)
    return task.report(size, records, written.bytes)


class _ReduceTask(Task):
    def __init__(
        self, request: ReduceRequest, root: Root, services: Services, cancellation: Cancellation
    ) -> None:
        super().__init__(request, root, services, cancellation)
        self._request = request
        self.source = f"partition {request.index} of {len(request.map_task_ids)} map task(s)"

    def reduce(self, gathered: Gathered, output: PendingOutput) -> OutputCounts:
        """Run the reducer on what was *gathered*; *output* then holds what it wrote."""
        counts = PairCounts() if self.attempt.keeps_counters else None

        def feed(target: int, counts: PairCounts | None = None) -> None:
            self.feed_merged(target, [gathered.runs], self.rules.reduce_input, counts)

        take = partial(self._take, gathered, output)
        stdout = output.descriptor if self.attempt.writes_file else None
        try:
            with self.blaming(Role.REDUCER, self.source, feed):
                written = self.run(Role.REDUCER, partial(feed, counts=counts), take, stdout)
        except TaskError as error:
            if self.attempt.writes_file:
                _blame_full_disk(output, error)
            raise
        if counts is not None:
            self._count(counts, gathered, written)
        return written

    def _take(self, gathered: Gathered, output: PendingOutput, program: Program) -> OutputCounts:
        rules = self.rules
        if self.attempt.writes_file:  # the reducer writes the file itself
            self.finish(program)
            return OutputCounts(bytes=output.size)
        read_into, heard = program.read_into, gathered.records > 0
        if not heard:
            # Hadoop loses what a reducer that reads no records writes and reports [PipeMapRed].
            discard_output(read_into)
        written = write_output(
            read_into if heard else _nothing,
            rules.reduce_output,
            rules.output,
            output.write,
            max_record=self.services.settings.memory,
        )
        self.finish(program, heard=heard)
        return written

    def _count(self, counts: PairCounts, gathered: Gathered, written: OutputCounts) -> None:
        maps = len(self._request.map_task_ids)
        # Hadoop shows the first two even where there was no map.
        self.count("COMBINE_INPUT_RECORDS", 0)
        self.count("COMBINE_OUTPUT_RECORDS", 0)
        self.count("REDUCE_INPUT_GROUPS", counts.groups)
        self.count("REDUCE_INPUT_RECORDS", counts.records)
        self.count("REDUCE_OUTPUT_RECORDS", written.records)
        self.count("SPILLED_RECORDS", gathered.records)
        self.count("SHUFFLED_MAPS", maps)
        self.count("MERGED_MAP_OUTPUTS", maps)
        self.count("BYTES_WRITTEN", written.bytes, OUTPUT_GROUP)


def _nothing(target: memoryview) -> int:
    """Read from an empty stdout."""
    return 0


def _blame_full_disk(output: PendingOutput, error: TaskError) -> None:
    """Raise DiskError when that may be why the reducer failed."""
    try:
        output.check_space()
    except DiskError as full:
        raise DiskError(f"{full}\n{error}") from error
