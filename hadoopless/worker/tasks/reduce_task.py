"""One reduce task: fetch -> merge -> reducer -> output file, committed by rename."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from msgspec.structs import replace

from hadoopless.data.merge.key_tally import KeyTally
from hadoopless.data.merge.merge import CorruptRun
from hadoopless.data.merge.order import OutOfOrder
from hadoopless.data.merge.reduce_input import PairCounts
from hadoopless.data.output.commit import Pending, commit
from hadoopless.data.output.text_output import OutputCounts, write_output
from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Root
from hadoopless.data.program.program import Program
from hadoopless.data.record.layout import layout_of
from hadoopless.data.record.repeats import NotAsTold
from hadoopless.data.record.stdout import discard_output
from hadoopless.data.runs.runs import Unreadable
from hadoopless.data.shuffle.fetch import Sources
from hadoopless.data.shuffle.gathered import Gathered
from hadoopless.data.shuffle.inquest import Expected, accuse
from hadoopless.errors import FetchError, WorkerError
from hadoopless.failure import Role
from hadoopless.hadoop_counters import OUTPUT_GROUP
from hadoopless.hadoop_names import output_name
from hadoopless.job import KeySum, Sum, TaskReport
from hadoopless.wire.messages.tasks import ReduceRequest
from hadoopless.worker.services import Services
from hadoopless.worker.tasks.task import Task


def run_reduce_task(
    request: ReduceRequest,
    root: Root,
    services: Services,
    cancellation: Cancellation,
    commit: Callable[[Pending], None] = commit,
    gathered: Gathered | None = None,
) -> TaskReport:
    """Run one reduce task to its end; then *commit* has put its output file in place.

    Another engine than ours has a shuffle of its own, which has *gathered* the partition already.
    Blocks; raises errors of :mod:`hadoopless.errors`.
    """
    task = _ReduceTask(request, root, services, cancellation)
    name = output_name(request.index, task.rules)
    sources = Sources(request.map_task_ids, request.map_workers, services.settings.inventory)
    with task.begun(Role.REDUCER, task.source) as attempt:
        attempt.prepare_output()
        with task.new_output(os.path.join(task.output_directory, name)) as output:
            if gathered is None:
                gathered = task.gather(sources)
            task.note(gathered)
            held = gathered.sum
            try:
                task.check_gathered(gathered)
                written = task.reduce(gathered, output)
            finally:
                gathered.close()
            wanted = task.rules.output.wants_file(written.records)
            attempt.commit(lambda: commit(output) if wanted else None)
    return task.report_reduce(held, Sum(written.records, written.bytes))


class _ReduceTask(Task):
    def __init__(
        self, request: ReduceRequest, root: Root, services: Services, cancellation: Cancellation
    ) -> None:
        super().__init__(request, root, services, cancellation)
        self._request = request
        self.source = f"partition {request.index} of {len(request.map_task_ids)} map task(s)"
        self._fetch_seconds = 0.0
        self._fetched_bytes = 0
        self._groups = 0
        self._top_keys: tuple[KeySum, ...] = ()

    def gather(self, sources: Sources) -> Gathered:
        """The partition, from *sources*; raises FetchError, DiskError, WorkerError."""
        started = time.monotonic()
        request = self._request
        job_id, index = request.context.job_id, request.index
        ahead = self.services.fetched_ahead.take(job_id, index)
        gathered = self.services.shuffle.gather(
            index,
            sources,
            self.cancellation.check,
            request.expected,
            ahead,
            partial(self.services.fetched_ahead.take_merged, job_id, index),
        )
        self._fetch_seconds = time.monotonic() - started
        return gathered

    def note(self, gathered: Gathered) -> None:
        """Count what it has cost to gather the partition."""
        self._fetched_bytes = gathered.fetched_bytes
        self.spilled_bytes += gathered.spilled_bytes
        self.cpu_beside += gathered.cpu_seconds

    def check_gathered(self, gathered: Gathered) -> None:
        """Raise FetchError, WorkerError unless *gathered* is all that the maps hold for this task.

        Without another worker that has sent any of it, the trouble is our own.
        """
        expected = self._request.expected
        if expected is None or gathered.sum == expected:
            return
        text = (
            f"the sums do not agree: the maps hold {expected} for {self.source}; fetched were"
            f" {gathered.sum}"
        )
        self._accuse(gathered)
        if gathered.received:
            urls, ids, _ = zip(*gathered.received, strict=True)
            raise FetchError(text, " or ".join(sorted(set(urls))), tuple(dict.fromkeys(ids)))
        raise WorkerError(text)

    @contextmanager
    def doubting(self, gathered: Gathered) -> Iterator[None]:
        """Blame the worker that has sent it for what is no sorted run, or cannot be read."""
        try:
            yield
        except (CorruptRun, OutOfOrder, NotAsTold, EOFError, Unreadable) as error:
            self._accuse(gathered)
            if isinstance(error, EOFError):
                raise CorruptRun from error
            raise

    def _accuse(self, gathered: Gathered) -> None:
        framed, plain = layout_of(self.rules).framed, self.rules.plain
        form = Expected(framed, plain, self.longest_record)
        accuse(gathered, form, self.cancellation.check)

    def reduce(self, gathered: Gathered, output: Pending) -> OutputCounts:
        """Run the reducer on what was *gathered*; *output* then holds what it wrote."""
        counts = PairCounts() if self.attempt.keeps_counters else None

        tally = KeyTally.of(gathered.runs, layout_of(self.rules).framed)

        def feed(
            target: int, counts: PairCounts | None = None, tally: KeyTally | None = None
        ) -> None:
            with self.doubting(gathered):
                self.feed_merged(target, [gathered.runs], self.rules.reduce_input, counts, tally)
                if counts is not None and counts.records != gathered.sum.records:
                    raise CorruptRun

        take = partial(self._take, gathered, output)
        with self.blaming(Role.REDUCER, self.source, feed):
            written = self.run(Role.REDUCER, partial(feed, counts=counts, tally=tally), take)
        with self.doubting(gathered):
            self.read_on()
        self._groups, self._top_keys = tally.groups, tally.top
        if counts is not None:
            self._groups = counts.groups
            self._count(counts, gathered, written)
        return written

    def _take(self, gathered: Gathered, output: Pending, program: Program) -> OutputCounts:
        rules = self.rules
        if self.attempt.output_as_written:
            while program.take_stdout(output.move_from):
                pass
            self.finish(program)
            return OutputCounts(bytes=output.size)
        read_into, heard = program.read_into, gathered.sum.records > 0
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
        self.count("SPILLED_RECORDS", gathered.sum.records)
        self.count("SHUFFLED_MAPS", maps)
        self.count("MERGED_MAP_OUTPUTS", maps)
        self.count("BYTES_WRITTEN", written.bytes, OUTPUT_GROUP)

    def report_reduce(self, read: Sum, left: Sum) -> TaskReport:
        """The figures of the task, now that it has ended: what it has *read* and *left*."""
        return replace(
            self.report(read, left),
            fetch_seconds=self._fetch_seconds,
            fetched_bytes=self._fetched_bytes,
            groups=self._groups,
            top_keys=self._top_keys,
        )


def _nothing(target: memoryview) -> int:
    """Read from an empty stdout."""
    return 0
