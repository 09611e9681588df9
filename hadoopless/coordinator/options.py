"""The command line of ``coordinator.py``."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from hadoopless.coordinator.planning.inputs import STDIN, local_path
from hadoopless.coordinator.planning.plan import Wish
from hadoopless.entry import engines, settings, typed
from hadoopless.entry.arguments import (
    Parser,
    add_metrics_token,
    add_shared,
    add_version,
    count,
    index,
    seconds,
    size,
)
from hadoopless.errors import UsageError
from hadoopless.hdfs import choice
from hadoopless.job import MOST_REDUCERS

#: The file at the top that runs jobs.
PROGRAM = "coordinator.py"
_LARGEST_PORT = 65_535
#: One in so many tasks is sampled by --profile alone.
_PROFILED = 10
_EXAMPLE = """\
--mapperPath=./mapper.py --reducerPath=./reducer.py \\
      --inputPath='logs/*.gz' --outputPath=counts --numReducers=4
"""
_EXIT_CODES = """\
exit codes:
  0    the job succeeded
  1    an error of the coordinator itself
  2    a wrong option
  3    a program, an input or a directory is not there, or not allowed
  4    a task failed in all its attempts
  5    no worker can be used, or all were lost
  6    an output or a spill cannot be written, or a worker is in other trouble
  7    the address of --listen is taken by another process
  130  cancelled (Ctrl-C, SIGTERM)
"""


def new_parser() -> Parser:
    """The options, as the user may give them."""
    parser = Parser(
        prog=typed.program(PROGRAM),
        description="Run a MapReduce job on the workers of the inventory.",
        epilog=f"example:\n  {typed.line(PROGRAM)} {_EXAMPLE}\n{_EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    job = parser.add_argument_group("the job")
    _add_programs_and_files(job)
    _add_rules(job)
    _add_environment(job)
    running = parser.add_argument_group("how it runs")
    _add_workers_and_limits(running)
    _add_course(running)
    other = parser.add_argument_group("another engine")
    engines.add_engine(other)
    engines.add_cargo(other)
    hdfs = parser.add_argument_group("inputs and outputs in HDFS")
    hdfs.add_argument(
        "--hadoopConf",
        metavar="DIR",
        help="the directory with Hadoop's core-site.xml and hdfs-site.xml (HADOOP_CONF_DIR)",
    )
    add_version(parser)
    return parser


def parse_options(arguments: Sequence[str], *, files: bool = False) -> argparse.Namespace:
    """The command line, and with *files* the user's settings; raises UsageError when it is wrong.

    Raises InputError and ForbiddenError for files that cannot be used.
    """
    parser = new_parser()
    options, others = settings.parse(parser, arguments, "run" if files else None)
    if others:
        message = f"unrecognized arguments: {' '.join(others)}"
        if options.inputPath and not others[0].startswith("-"):
            message += " (several inputs: --inputPath A B, or --inputPath=A,B)"
        parser.error(message)
    if options.reducerPath is None and options.numReducers:
        parser.error(
            "the following arguments are required: --reducerPath (or --numReducers=0, for what the"
            " mappers write)"
        )
    options.words = tuple(arguments)
    return options


Group = argparse._ArgumentGroup


def _add_programs_and_files(job: Group) -> None:
    job.add_argument(
        "--mapperPath", required=True, metavar="CMD", help="the mapper: a program, with arguments"
    )
    job.add_argument("--reducerPath", metavar="CMD", help="the reducer: a program, with arguments")
    job.add_argument("--jobPath", metavar="DIR", help="*.in files are read, N.out files written")
    job.add_argument(
        "--numReducers",
        type=index,
        default=1,
        metavar="N",
        help="number of reducers, and so of outputs (1); 0: each mapper writes an output",
    )
    job.add_argument("--combinerPath", metavar="CMD", help="program that shortens map outputs")
    job.add_argument(
        "--inputPath",
        action="extend",
        nargs="+",
        default=[],
        metavar="PATHS",
        help="files, globs or directories, by commas, instead of DIR/*.in; - is stdin",
    )
    job.add_argument("--outputPath", metavar="DIR", help="where N.out files go, instead of jobPath")
    job.add_argument(
        "--splitSize",
        type=size,
        metavar="SIZE",
        help="cut larger inputs at line borders, such as 64MB",
    )
    job.add_argument(
        "--combineSmallFiles",
        type=size,
        metavar="SIZE",
        help="inputs share a map task up to so many bytes, such as 64MB",
    )


def _add_rules(job: Group) -> None:
    job.add_argument(
        "--partitionerPath",
        metavar="CMD",
        help="program that reads keys and writes a number from 0 to N-1 for each; N is its last"
        " argument",
    )
    job.add_argument(
        "--sortValues", action="store_true", help="the values of each key come sorted, as bytes"
    )
    job.add_argument(
        "--totalOrder",
        action="store_true",
        help="0.out, 1.out, ... one after the other are sorted by the mapper's keys",
    )
    job.add_argument(
        "--skipBadRecords",
        action="store_true",
        help="leave out records on which the mapper dies; they are kept in DIR/N.skipped",
    )
    job.add_argument(
        "--keepFailedTaskFiles",
        action="store_true",
        help="keep the input of a task that failed; its error shows how to run it again",
    )


def _add_environment(job: Group) -> None:
    job.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME[=VALUE]",
        help="a variable of the job's programs; without =VALUE, with the value that it has here",
    )


def _add_workers_and_limits(running: Group) -> None:
    running.add_argument(
        "--workers",
        metavar="URL,URL",
        help="use these; or 'inventory': only the inventory's; or 'embedded': a pool for this job",
    )
    running.add_argument(
        "--listen",
        metavar="ADDRESS",
        help="wait at unix:/path or http://host:port for workers that join, instead of calling any",
    )
    running.add_argument(
        "--numWorkers",
        type=count,
        metavar="N",
        help="with --listen: start when so many have joined",
    )
    add_shared(running)
    running.add_argument(
        "--slots",
        type=count,
        default=1,
        metavar="N",
        help="tasks that a worker runs at a time (1)",
    )
    running.add_argument(
        "--maxAttempts",
        type=count,
        default=4,
        metavar="N",
        help="a task whose program failed so often fails the job (4)",
    )
    running.add_argument(
        "--taskTimeout",
        type=seconds,
        metavar="SECONDS",
        help="a task that runs longer is stopped, which counts as a failure (no limit)",
    )
    running.add_argument(
        "--workerTimeout",
        type=seconds,
        default=10.0,
        metavar="SECONDS",
        help="a worker silent so long is taken for lost (10)",
    )


def _add_course(running: Group) -> None:
    running.add_argument(
        "--speculate",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="run a second attempt of a task that is far slower than the others (yes)",
    )
    running.add_argument(
        "--resume",
        action="store_true",
        help="go on with this job where a coordinator that died has left it",
    )
    running.add_argument(
        "--profile",
        type=count,
        nargs="?",
        const=_PROFILED,
        metavar="N",
        help="sample the stacks of the Python programs of one in N tasks (10) with py-spy",
    )
    running.add_argument(
        "--metricsPort",
        type=index,
        metavar="N",
        help="tell the job's metrics at http://127.0.0.1:N/metrics, for Prometheus; 0: at any port",
    )
    add_metrics_token(running)
    running.add_argument(
        "--dashboard",
        action="store_true",
        help="show the job in a browser: prints a link to a page that lives as long as the job, and"
        " ten minutes more",
    )
    running.add_argument(
        "--quiet", action="store_true", help="say nothing unless there is an error"
    )
    running.add_argument(
        "--json", action="store_true", help="print the end of the job as one JSON object"
    )
    running.add_argument(
        "--verbose", action="store_true", help="tell of every attempt: its error, or its stderr"
    )


def number_of_workers(options: argparse.Namespace) -> int:
    """The number of workers that a listening coordinator waits for; raises UsageError."""
    reducers: int = options.numReducers
    wanted: int = options.numWorkers or reducers or 1
    if wanted < reducers:
        raise UsageError(
            f"--numWorkers must be at least --numReducers ({reducers}): partition r is reduced by"
            " worker r"
        )
    if options.workers is not None:
        raise UsageError("--listen waits for workers; it cannot be combined with --workers")
    return wanted


def _check(options: argparse.Namespace) -> None:
    """Raise UsageError for options that make no sense together, or none at all."""
    for name in (
        "jobPath",
        "outputPath",
        "combinerPath",
        "partitionerPath",
        "workers",
        "listen",
        "hadoopConf",
    ):
        if getattr(options, name) == "":
            raise UsageError(f"--{name} is empty; is a variable unset?")
    if options.numReducers > MOST_REDUCERS:
        raise UsageError(f"--numReducers: at most {MOST_REDUCERS:,}, not {options.numReducers}")
    if options.numWorkers is not None and options.listen is None:
        raise UsageError("--numWorkers counts the workers that join: it needs --listen")
    if options.slots > 1 and options.listen is not None:
        raise UsageError("a worker that joins runs one task at a time: leave out --slots")
    if options.inputPath and not "".join(options.inputPath).strip(","):
        raise UsageError("--inputPath names no path")
    if options.resume and STDIN in ",".join(options.inputPath).split(","):
        raise UsageError("--resume cannot go on with a job of --inputPath=-: stdin is gone")
    if options.metricsPort is not None and options.metricsPort > _LARGEST_PORT:
        raise UsageError(f"--metricsPort: ports go up to {_LARGEST_PORT}")
    if options.metricsTokenFile is not None and options.listen is None:
        raise UsageError("--metricsTokenFile is for callers of --listen; it needs that")
    if options.quiet and options.verbose:
        raise UsageError("--quiet and --verbose contradict each other")


Text = TypeVar("Text", str, None)


def _at_home(text: Text) -> Text:
    """*text* with a leading ``~`` replaced, which no shell replaces behind ``--option=``."""
    return os.path.expanduser(text) if text else text


def _directory(text: str | None) -> str | None:
    if text == STDIN:
        raise UsageError("- is no directory; stdin is an input alone: --inputPath=-")
    return local_path(_at_home(text), "the directory") if text else None


def _variables(words: Sequence[str], environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The names and values of --env; raises UsageError."""
    found: dict[str, str] = {}
    for word in words:
        name, given, value = word.partition("=")
        if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name):
            raise UsageError(f"--env: not the name of a variable: {name!r}; write --env NAME=VALUE")
        if name in found:
            raise UsageError(f"--env gives {name} twice")
        if not given and name not in environ:
            raise UsageError(f"--env: {name} is not set here; write --env {name}=VALUE")
        found[name] = value if given else environ[name]
    return tuple(found.items())


#: The options that mean nothing in a job without reducers, as in Hadoop.
_OF_REDUCES = ("reducerPath", "combinerPath", "partitionerPath", "sortValues", "totalOrder")

#: The options that say how a job is run, not which job it is.
_SETTINGS = (
    *("workers", "listen", "slots", "splitSize", "combineSmallFiles", "sortValues", "totalOrder"),
    *("skipBadRecords", "speculate", "maxAttempts", "taskTimeout", "workerTimeout"),
)


def unused_options(options: argparse.Namespace) -> list[str]:
    """The options that are given though they mean nothing in the job."""
    return [f"--{name}" for name in _OF_REDUCES if not options.numReducers and vars(options)[name]]


def settings_of(options: argparse.Namespace) -> dict[str, str]:
    """The choices of the user that say how the job is run, for its history."""
    given = {name: vars(options)[name] for name in _SETTINGS}
    return {name: str(value) for name, value in given.items() if value not in (None, False)}


def wish_of(options: argparse.Namespace) -> Wish:
    """The job that *options* describe; raises UsageError."""
    _check(options)
    choice.choose(options.hadoopConf)
    if not options.numReducers:
        options = argparse.Namespace(**(vars(options) | dict.fromkeys(_OF_REDUCES)))
    return Wish(
        mapper=_at_home(options.mapperPath),
        reducer=_at_home(options.reducerPath) or "",
        job_path=_directory(options.jobPath),
        num_reducers=options.numReducers,
        inputs=options.inputPath,
        output_path=_directory(options.outputPath),
        combiner=_at_home(options.combinerPath),
        split_size=options.splitSize,
        task_timeout=options.taskTimeout,
        max_attempts=options.maxAttempts,
        skip_bad_records=options.skipBadRecords,
        combine_small_files=options.combineSmallFiles,
        partitioner=_at_home(options.partitionerPath),
        sort_values=bool(options.sortValues),
        total_order=bool(options.totalOrder),
        keep_failed=options.keepFailedTaskFiles,
        profile=options.profile or 0,
        environment=_variables(options.env, os.environ),
    )
