"""A job of ``coordinator.py`` on a real Hadoop, from its options to its result."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hadoopless.coordinator.options import unused_options
from hadoopless.coordinator.whole_job import run_whole
from hadoopless.engines.hadoop.client_log import ClientLog
from hadoopless.engines.hadoop.finding import RealHadoop, environment_for, find
from hadoopless.engines.hadoop.outputs import hidden_directory, order_of_maps, take_parts
from hadoopless.engines.hadoop.plain import PlainJob, check_options, plain_job, streaming_words
from hadoopless.engines.hadoop.running import run_client
from hadoopless.engines.hadoop.sample import sample_of
from hadoopless.engines.hadoop.words import ODD_IN_URI, local_uri, shell_line
from hadoopless.entry import engines
from hadoopless.entry.directories import current_directory
from hadoopless.entry.telling import tell
from hadoopless.errors import NoWorkersError, TaskError
from hadoopless.failure import Failure
from hadoopless.history import store
from hadoopless.job import JobResult, TaskReport
from hadoopless.ui.console import Console

Say = Callable[[str], None]

#: A sample needs no more parts than this.
_MOST_REDUCERS = 2
#: A note behind an error of the sample.
_OF_SAMPLE = (
    "This was the preflight: the first records of the input, run here before Hadoop gets the job;"
    " --no-preflight leaves it out."
)


def run(
    options: argparse.Namespace, inventory: Mapping[str, Any], console: Console
) -> JobResult | None:
    """Run the job of *options*; None if only its command was to be shown. Raises what ends it."""
    started = time.monotonic()
    say: Say = _ignore if options.quiet else console.say
    check_options(options)
    hadoop = find(options.hadoop, os.environ)
    if unused := unused_options(options):
        say(f"warning: not used, because the job has no reducers: {', '.join(unused)}")
    with ExitStack() as stack:
        cwd = current_directory()
        job = plain_job(options, cwd, lambda text: say(f"warning: {text}"), stack)
        if options.dryRun:
            tell(_shown(hadoop, job))
            return None
        if options.preflight:
            _try_out(options, job, inventory, console, say)
        log, outputs = _run(hadoop, job, console, quiet=options.quiet)
    return JobResult(
        outputs=outputs,
        maps=(TaskReport(),) * log.maps,
        reduces=(TaskReport(),) * job.wish.num_reducers,
        seconds=time.monotonic() - started,
        counters=log.counters,
    )


def _ignore(line: str) -> None:
    """Say nothing: the user wants the job quiet."""


def _shown(hadoop: RealHadoop, job: PlainJob) -> str:
    """The shell line that would run *job*; nothing is copied, so files are named where they lie."""
    output = job.output if job.is_output_remote else f"file://{job.output}/.hadoop-NEW/out"
    files = [
        local_uri(path) + ("" if os.path.basename(path) == name else f"#{name}")
        for name, path in job.cargo.files.items()
    ]
    return shell_line([*hadoop.streaming, *streaming_words(job, output, files)])


# The preflight ----------------------------------------------------------------------------------


def _try_out(
    options: argparse.Namespace,
    job: PlainJob,
    inventory: Mapping[str, Any],
    console: Console,
    say: Say,
) -> None:
    """Run *job* on the first records of its input by our own engine; raises what ends it there."""
    if not job.files:
        say("preflight: the inputs are not on this machine; the programs were found, but not run")
        return
    started = time.monotonic()
    with sample_of(job.files) as place, _without_history():
        if place is None:
            return
        size = (place / "sample.in").stat().st_size
        try:
            run_whole(_for_sample(options, place), inventory, console)
        except TaskError as error:
            console.say(_OF_SAMPLE)
            raise error
    seconds = time.monotonic() - started
    say(f"preflight: the job runs on the first {size:,} bytes of its input ({seconds:.1f} s)")


def _for_sample(options: argparse.Namespace, place: Path) -> argparse.Namespace:
    """The *options* for the job on the sample in *place*."""
    changed = {
        "engine": engines.OWN,
        "inputPath": [str(place / "sample.in")],
        "outputPath": str(place / "out"),
        "jobPath": None,
        "numReducers": min(options.numReducers, _MOST_REDUCERS),
        "splitSize": None,
        "combineSmallFiles": None,
        "workers": "embedded",
        "maxAttempts": 1,
        "keepFailedTaskFiles": False,
        "quiet": True,
        "verbose": False,
        "listen": None,
        "metricsPort": None,
        "profile": None,
        "dashboard": False,
    }
    return argparse.Namespace(**vars(options) | changed)


@contextmanager
def _without_history() -> Iterator[None]:
    """Keep no history of a job that nobody has asked for."""
    before = os.environ.get(store.ENVIRONMENT)
    os.environ[store.ENVIRONMENT] = store.OFF
    try:
        yield
    finally:
        if before is None:
            del os.environ[store.ENVIRONMENT]
        else:
            os.environ[store.ENVIRONMENT] = before


# The job ----------------------------------------------------------------------------------------


def _run(
    hadoop: RealHadoop, job: PlainJob, console: Console, *, quiet: bool
) -> tuple[ClientLog, tuple[str, ...]]:
    """Run *job* on *hadoop*; returns what its client has told, and the outputs."""
    with ExitStack() as stack:
        own = Path(stack.enter_context(TemporaryDirectory(prefix="hadoop-")))
        if job.is_output_remote:
            place, output = own, job.output
        else:
            place = stack.enter_context(hidden_directory(job.output))
            output = local_uri(str(place / "out"))
        # All machines see what lies where the output is; a path that is no URI needs another place.
        shipped = (own if ODD_IN_URI.search(str(place)) else place) / "files"
        cwd = own / "cwd"
        for directory in (shipped, cwd):
            directory.mkdir()
        copies = [local_uri(str(path)) for path in job.cargo.copy_to(shipped)]
        words = streaming_words(job, output, copies)
        code, log = run_client(
            hadoop,
            [*hadoop.streaming, *words],
            environment_for(hadoop, os.environ),
            _ignore_line if quiet else _show_line,
            cwd=str(cwd),
            stdout_too=True,
        )
        if code:
            raise failure_of(log, code)
        if job.is_output_remote:
            return log, (output,)
        return log, _taken(job, place / "out", console)


def _ignore_line(line: bytes) -> None:
    """Show nothing: the user wants the job quiet."""


def _show_line(line: bytes) -> None:
    sys.stderr.buffer.write(line)
    sys.stderr.flush()


def failure_of(log: ClientLog, code: int) -> TaskError | NoWorkersError:
    """The error of a job of which Hadoop's client has ended with *code*."""
    reason = log.reason or f"its client ended with exit code {code}"
    if not log.was_submitted:
        return NoWorkersError(f"Hadoop has not taken the job: {reason}")
    more = log.where_more_is_told
    advice = f"its logs: {more}" if more else ""
    return TaskError(Failure(f"the job failed on Hadoop: {reason}", advice=advice), log.job)


def _taken(job: PlainJob, written: Path, console: Console) -> tuple[str, ...]:
    """The outputs of *job*, renamed as they are called here."""
    target = job.wish.output_path or job.wish.job_path or ""
    reducers = job.wish.num_reducers
    sizes = None if reducers else job.map_sizes
    outputs = take_parts(written, target, order_of_maps(sizes or ()), reducers)
    if sizes is not None and len(sizes) != len(outputs):
        console.say("warning: outputs are in the order of Hadoop's map tasks, the largest first")
    return outputs
