"""A map task of which only a sample of the keys is wanted, under all rules.

Its failures are no news: the sample is what the mapper has written before, and the job itself will
tell. A sample has no part in what a job puts out but where the borders between its parts are.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace

from hadoopless.codecs import is_compressed
from hadoopless.data.input.raw import open_split
from hadoopless.data.input.records import RecordFeed
from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Root, resolve
from hadoopless.data.program.program import Program
from hadoopless.data.program.stdin import Feeder
from hadoopless.data.record.layout import BadOutput
from hadoopless.data.sort.sample import SampleTaker, first_bytes
from hadoopless.errors import TaskError
from hadoopless.job import TaskReport
from hadoopless.wire.tasks import MapRequest
from hadoopless.worker.services import Services
from hadoopless.worker.tasks.streaming_task import StreamingTask


class _Enough(Exception):
    """The mapper has written as much as is wanted."""


def run_sampling(
    request: MapRequest, root: Root, services: Services, cancellation: Cancellation
) -> TaskReport:
    """Run the mapper on the split; the report tells a sample of its keys."""
    started = time.monotonic()
    rules = request.context.rules
    taker = SampleTaker(rules)
    run = _run_plain if rules.plain else _run_streaming
    try:
        run(request, root, services, cancellation, taker)
    except (TaskError, BadOutput, _Enough):
        pass
    return TaskReport(seconds=time.monotonic() - started, sample=taker.keys)


def _run_plain(
    request: MapRequest,
    root: Root,
    services: Services,
    cancellation: Cancellation,
    taker: SampleTaker,
) -> None:
    mapper = resolve(request.mapper, root, "mapperPath")
    source = open_split(request.split, root.path)
    feeder = source if isinstance(source, int) else _limited(source, request)
    try:
        program = Program(mapper, services.spawner, cancellation, stdin=feeder)
    finally:
        if isinstance(source, int):
            os.close(source)
    _take(program, taker, services)


def _run_streaming(
    request: MapRequest,
    root: Root,
    services: Services,
    cancellation: Cancellation,
    taker: SampleTaker,
) -> None:
    rules = replace(request.context.rules, keep_failed=False)
    with StreamingTask.of_map(request, rules, root, services, cancellation) as task:
        command = task.command(request.mapper, "-mapper")
        feeder = RecordFeed(request.split, root.path, rules.input, limit=services.settings.memory)
        limited = _limited(feeder, request)
        task.open_side_files()
        _take(task.program(command, limited, unread_after=0), taker, services)


def _limited(feeder: Feeder, request: MapRequest) -> Feeder:
    """Limit *feeder* to the bytes that were asked for, where the split does not: if compressed."""
    compressed = any(is_compressed(piece.path) for piece in request.split.pieces)
    return first_bytes(feeder, request.sample_bytes) if compressed else feeder


def _take(program: Program, taker: SampleTaker, services: Services) -> None:
    with program:
        if not taker.take(program.read_into, services.settings.memory):
            raise _Enough
        program.finish()
