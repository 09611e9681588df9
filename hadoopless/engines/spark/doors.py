"""The door for jobs of ``coordinator.py``, and the way to the one for those of ``hadoop jar``."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from hadoopless.coordinator.options import settings_of, unused_options, wish_of
from hadoopless.coordinator.planning.plan import plan_job
from hadoopless.coordinator.planning.stdin import remove_left_stdin
from hadoopless.coordinator.recorder import Surroundings, recording
from hadoopless.coordinator.results import old_outputs, outputs_there, result_of
from hadoopless.engines.spark import job as spark_job
from hadoopless.engines.spark import refused
from hadoopless.engines.spark.course import Listeners
from hadoopless.engines.spark.session import Choice, choice_of
from hadoopless.engines.spark.submitting import submit_line
from hadoopless.entry.directories import current_directory
from hadoopless.entry.telling import tell
from hadoopless.errors import MapReduceError, UsageError
from hadoopless.hdfs.names import is_hdfs
from hadoopless.job import JobResult, JobSpec
from hadoopless.ui.attempts import tell_of_stderr
from hadoopless.ui.progress import progress_for
from hadoopless.ui.summary import few


def run_job(
    options: argparse.Namespace, inventory: Mapping[str, Any], console: Any
) -> JobResult | None:
    """Run the job of ``coordinator.py`` on Spark; None if it was only to be shown."""
    started = time.monotonic()
    refused.check_options(options)
    choice = choice_of(
        options.master,
        properties_of(options.property),
        speculate=options.speculate,
        verbose=options.verbose,
    )

    def say(line: str) -> None:
        if not options.quiet:
            console.say(line)

    if unused := unused_options(options):
        say(f"warning: not used, because the job has no reducers: {', '.join(unused)}")
    with ExitStack() as files:
        spec = plan_job(
            wish_of(options), current_directory(), lambda warning: say(f"warning: {warning}"), files
        )
        if options.dryRun:
            tell(submit_line(choice, ["run", *options.words]))
            return None
        if not is_hdfs(spec.output_dir):
            remove_left_stdin(Path(spec.cwd, spec.output_dir))
        before = outputs_there(spec)
        try:
            return _run(options, spec, choice, console, started)
        except MapReduceError:
            if old := old_outputs(spec, before):
                console.say(f"warning: these are of an earlier run, not of this job: {few(old)}")
            raise


def run_streaming(
    options: argparse.Namespace, words: Sequence[str], inventory: Mapping[str, Any]
) -> int:
    """Run the streaming job that *words* describe; returns the exit code of the client."""
    from hadoopless.engines.spark.streaming_door import run  # not needed for the other door

    return run(options, words)


def _run(
    options: argparse.Namespace, spec: JobSpec, choice: Choice, console: Any, started: float
) -> JobResult:
    around = Surroundings("spark", {**settings_of(options), **choice.told})
    with (
        recording(spec, around, started) as recorder,
        progress_for(console, options.quiet) as progress,
    ):
        listeners = Listeners(progress.show, tell_of_stderr, console.say)
        spec, ended = spark_job.run(spec, choice, listeners, recorder, looks=options.preflight)
        result = result_of(spec, ended, time.monotonic() - started)
        recorder.end(result)
    return replace(result, log=recorder.path)


def properties_of(words: Sequence[str]) -> dict[str, str]:
    """The properties of --property; raises UsageError."""
    found = {}
    for word in words:
        name, given, value = word.partition("=")
        if not given:
            raise UsageError(f"--property: write NAME=VALUE, not {word}")
        found[name] = value
    return found
