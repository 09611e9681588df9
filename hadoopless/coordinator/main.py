"""``python3 coordinator.py``: runs one job, and tells its end to people or to programs."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from hadoopless.coordinator.options import PROGRAM, parse_options
from hadoopless.coordinator.whole_job import run_whole
from hadoopless.entry import engines, startup, typed
from hadoopless.entry.settings import naming_sources
from hadoopless.entry.telling import tell
from hadoopless.errors import Cancelled, DiskError, InputError, MapReduceError, trouble_at_border
from hadoopless.job import JobResult
from hadoopless.ui.console import Console, LogHandler
from hadoopless.ui.summary import summary

if TYPE_CHECKING:
    from hadoopless.history.verdict import Verdict

#: Seconds from which on the summary of a job says where its time went.
_LONG_JOB = 2.0


def main(arguments: Sequence[str], inventory: Mapping[str, Any]) -> int:
    """Run one job; returns the exit code of the process."""
    console = Console(sys.stderr)
    try:
        return _run(parse_options(arguments, files=True), inventory, console)
    except MapReduceError as error:
        trouble, text = error, str(error)
    except (OSError, RuntimeError, MemoryError) as error:
        known = trouble_at_border(error)
        if known is None:
            raise
        trouble, text = known, str(known)
    except KeyboardInterrupt:
        trouble, text = Cancelled("the job was cancelled"), "cancelled"
    console.say(f"{typed.program(PROGRAM)}: {text}")
    if "--json" in arguments:  # also where the options are wrong
        with suppress(DiskError):  # one line of trouble is told already
            _print_object(trouble)
    return trouble.exit_code


def _run(options: argparse.Namespace, inventory: Mapping[str, Any], console: Console) -> int:
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.WARNING,
        format="%(message)s",
        handlers=[LogHandler(console)],
    )
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    startup.let_interrupts_raise()
    with naming_sources(options):
        result = _result(options, inventory, console)
    if result is None:
        return 0
    if options.json:
        _print_object(result)
    elif not options.quiet:
        # The end of a short job is not kept up for this.
        verdict = verdict_on(result) if result.seconds >= _LONG_JOB else None
        sentences = () if verdict is None else verdict.sentences[1:]
        _tell(summary(result, with_sums=options.verbose, verdict=sentences))
    return 0


def _result(
    options: argparse.Namespace, inventory: Mapping[str, Any], console: Console
) -> JobResult | None:
    """The end of the job, on our own workers or another engine; None: it was not to be run."""
    if options.engine == engines.OWN:
        engines.check_own(options)
        return run_whole(options, inventory, console)
    ended: JobResult | None = engines.engine_of(options).run_job(options, inventory, console)
    return ended


def verdict_on(result: JobResult) -> Verdict | None:
    """The verdict on the job, by its event log; None where that is not there, or not whole."""
    from hadoopless.history.reading import read_course
    from hadoopless.history.verdict import verdict_of

    if not result.log:
        return None
    try:
        course = read_course(Path(result.log), brief=True)
    except InputError:
        return None
    return verdict_of(course) if course.end else None


def _print_object(end: JobResult | MapReduceError) -> None:
    """Print the *end* of the job for programs; DiskError where stdout cannot be written."""
    from hadoopless.ui.as_json import job_object, shown  # only here: few ask for it

    verdict = verdict_on(end) if isinstance(end, JobResult) else None
    _tell(shown(job_object(end, None if verdict is None else to_builtins(verdict))))


def _tell(text: str) -> None:
    """Write the end of the job to stdout; DiskError where that cannot be written."""
    try:
        tell(text)
    except DiskError as error:
        raise DiskError(f"{error}; the job itself has ended") from error
