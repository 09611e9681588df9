"""The door for jobs of ``hadoop jar``: planned and told of as always, and run by Spark."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

from hadoopless.coordinator.recorder import Surroundings, recording
from hadoopless.coordinator.results import Told, result_of
from hadoopless.engines.spark import job as spark_job
from hadoopless.engines.spark import refused
from hadoopless.engines.spark.course import NOTHING, Listeners
from hadoopless.engines.spark.session import Choice, choice_of
from hadoopless.engines.spark.submitting import submit_line
from hadoopless.entry import telling
from hadoopless.errors import MapReduceError, UsageError
from hadoopless.streaming.client import output
from hadoopless.streaming.client.again import explained
from hadoopless.streaming.client.job import StreamingJob
from hadoopless.streaming.client.monitor import JOB, Monitor
from hadoopless.streaming.client.running import run_by
from hadoopless.streaming.log import Log
from hadoopless.streaming.main import (
    in_background,
    not_launched,
    tell,
    tool_of,
)
from hadoopless.streaming.options.job import parse_request
from hadoopless.streaming.planning import plan
from hadoopless.streaming.request import Request

_SPARK = "spark."
_SPECULATIVE = ("mapreduce.map.speculative", "mapreduce.reduce.speculative")


def run(options: argparse.Namespace, words: Sequence[str]) -> int:
    """Run the job of *words*; returns the exit code of the client. Raises StreamingExit."""
    log = Log()
    tool, words = tool_of(words)
    if tool != "streamjob":
        raise UsageError(f"--engine=spark runs streaming jobs; {tool} is none")
    request = parse_request(words)
    tell(request.stdout, request.notices, log)
    with ExitStack() as stack:
        try:
            refused.check_properties(request.configuration)
            choice = _choice(options, request)
            job = plan(request, os.environ, log, stack, beside_output=True)
        except MapReduceError as error:
            return not_launched(error, log)
        if options.dryRun:
            output.remove_if_empty(job.output)
            engine = ["--engine=spark", f"--master={choice.master}"]
            engine += [] if options.preflight else ["--no-preflight"]
            telling.tell(submit_line(choice, ["hadoop", "jar", "any.jar", *engine, *words]))
            return 0

        def work() -> int:
            return run_by(job, log, partial(_to_end, options, job, choice, log))

        return in_background(job, log, work) if request.background else work()


def _choice(options: argparse.Namespace, request: Request) -> Choice:
    """The Spark that the options and the properties ``spark.…`` ask for; UsageError."""
    configuration = request.configuration
    names = [name for name in configuration.given_names() if name.startswith(_SPARK)]
    tasks = configuration.of_tasks()
    # Spark has one setting for both.
    speculate = all(map(tasks.get_boolean, _SPECULATIVE))
    return choice_of(
        options.master,
        {name: configuration.get(name) for name in names},
        speculate=speculate,
        verbose=request.debug,
    )


def _to_end(
    options: argparse.Namespace, job: StreamingJob, choice: Choice, log: Log, monitor: Monitor
) -> tuple[Exception | None, Told | None]:
    """The error of *job*, if it failed, and its figures."""
    started = time.monotonic()
    say = partial(log.info, JOB)
    explain = partial(explained, around=job.around)
    listeners = Listeners(monitor.show, monitor.hear, say, explain)
    around = Surroundings("spark", choice.told)
    try:
        with recording(job.spec, around, started) as recorder, ExitStack() as stack:
            stack.enter_context(output.attempts_in(job.output, job.spec))
            spec, ended = spark_job.run(
                job.spec, choice, listeners, recorder, looks=options.preflight
            )
            recorder.end(result_of(spec, ended, time.monotonic() - started))
    except MapReduceError as error:
        return error, NOTHING
    return None, ended
