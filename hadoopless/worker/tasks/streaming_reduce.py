"""A reduce task under Hadoop's rules: fetch -> merge -> reducer -> TextOutputFormat -> commit."""

from __future__ import annotations

import time

from hadoopless.data.merge.merge import merged
from hadoopless.data.merge.reduce_input import PairCounts, stdin_pieces, types_of
from hadoopless.data.output.commit import PendingOutput
from hadoopless.data.output.compression import Sink
from hadoopless.data.output.text_output import OutputCounts, write_output
from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Root
from hadoopless.data.program.stdin import write_all
from hadoopless.data.record.layout import layout_of
from hadoopless.data.record.stdout import discard_output
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.shuffle.fetch import Gathered, Sources
from hadoopless.errors import TaskError
from hadoopless.hadoop_counters import BYTES_WRITTEN
from hadoopless.hadoop_names import output_name
from hadoopless.job import TaskReport
from hadoopless.rules import Rules
from hadoopless.wire.tasks import ReduceRequest
from hadoopless.worker.services import Services
from hadoopless.worker.tasks.streaming_task import StreamingTask


def run_streaming_reduce(
    request: ReduceRequest,
    rules: Rules,
    root: Root,
    services: Services,
    cancellation: Cancellation,
) -> TaskReport:
    """Run one reduce task to its end; then its output file is in place.

    Blocks; raises errors of :mod:`hadoopless.errors`.
    """
    started = time.monotonic()
    with StreamingTask(
        request.context,
        rules,
        request.index,
        request.job_path,
        root,
        services,
        cancellation,
        split=None,
    ) as task:
        sources = Sources(request.map_task_ids, request.map_workers, services.settings.inventory)
        task.open_side_files()
        with PendingOutput(task.output_dir / output_name(request.index, rules)) as output:
            gathered = services.shuffle.gather(request.index, sources, cancellation.check)
            records, size = gathered.records, gathered.size
            try:
                written, counts = _reduce(request, task, gathered, output.write)
            finally:
                gathered.close()
            output.check_space()
            keep = not rules.output.nothing and (written.records or not rules.output.lazy)
            task.commit(output.commit if keep else _nothing)
    # Shown even where there was no map.
    task.count("COMBINE_INPUT_RECORDS", 0)
    task.count("COMBINE_OUTPUT_RECORDS", 0)
    task.count("REDUCE_INPUT_GROUPS", counts.groups)
    task.count("REDUCE_INPUT_RECORDS", counts.records)
    task.count("REDUCE_OUTPUT_RECORDS", written.records)
    task.count("SPILLED_RECORDS", records)
    task.count("SHUFFLED_MAPS", len(request.map_task_ids))
    task.count("MERGED_MAP_OUTPUTS", len(request.map_task_ids))
    task.count_in(BYTES_WRITTEN, written.bytes)
    return TaskReport(
        input_bytes=size,
        output_records=records,
        output_bytes=written.bytes,
        seconds=time.monotonic() - started,
        program_cpu=task.program_cpu,
        stderr_tail=task.stderr_tail,
        counters=task.counters,
    )


def _reduce(
    request: ReduceRequest, task: StreamingTask, gathered: Gathered, target: Sink
) -> tuple[OutputCounts, PairCounts]:
    """Run the reducer on what was *gathered*, its output formatted for *target*."""
    rules, services = task.rules, task.services
    framed = layout_of(rules).framed
    counts = PairCounts()

    def feed(descriptor: int, counts: PairCounts = counts) -> None:
        write_run = SpillFile(services.settings.spill_directory).append
        pieces = merged(gathered.runs, services.merge_budget, write_run, framed=framed)
        types = types_of(rules.map_output)
        pairs = rules.reduce_input
        write_all(
            descriptor,
            stdin_pieces(pieces, framed=framed, types=types, target=pairs, counts=counts),
        )

    try:
        command = task.command(request.reducer, "-reducer")
        with (
            task.explained_output(),
            task.program(command, feed, unread_after=None) as program,
        ):
            if gathered.records:
                written = write_output(
                    program.read_into,
                    rules.reduce_output,
                    rules.output,
                    target,
                    max_record=services.settings.memory,
                )
            else:
                # What it writes or reports without having read anything is lost (PipeMapRed).
                discard_output(program.read_into)
                written = write_output(lambda view: 0, rules.reduce_output, rules.output, target)
            task.finish(program, heard=gathered.records > 0)
    except TaskError as error:
        source = f"partition {request.index} of {len(request.map_task_ids)} map task(s)"
        task.explain(error, source, lambda descriptor: feed(descriptor, PairCounts()))
        raise
    return written, counts


def _nothing() -> None:
    """What is committed where no file is wanted."""
