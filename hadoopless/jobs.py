"""Jobs from Python: ``hadoopless.run_job(mapper=…, reducer=…, inputs=…, output=…)``.

A job runs as ``coordinator.py`` runs it, in this process: the options are the same under names of
Python, and so are the checks, the outputs and the errors, which are raised.
"""

from __future__ import annotations

import argparse
import logging
import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from msgspec import Struct

from hadoopless.coordinator.options import parse_options
from hadoopless.coordinator.whole_job import run_whole
from hadoopless.errors import Cancelled, UsageError
from hadoopless.job import JobResult
from hadoopless.ui.as_json import counters_by_group
from hadoopless.ui.console import Console, LogHandler
from hadoopless.ui.summary import summary
from hadoopless.wire import addresses, tokens

#: A path, a command as a shell has it, or its words.
Program = str | os.PathLike[str] | Sequence[str]
PathName = str | os.PathLike[str]


class DoneJob(Struct, frozen=True):
    """The end of a job that has succeeded; its text is the summary of ``coordinator.py``."""

    #: The output files, in the order of the partitions.
    outputs: tuple[Path, ...]
    #: The sums of the counters that the programs have reported, by group and name.
    counters: dict[str, dict[str, int]]
    #: Seconds from the start of the job to its end.
    seconds: float
    warnings: tuple[str, ...]
    #: All figures, with a report of each task.
    result: JobResult

    def lines(self) -> Iterator[bytes]:
        """The lines of all outputs, one file after the other, without their newlines."""
        for path in self.outputs:
            with path.open("rb") as file:
                for line in file:
                    yield line.removesuffix(b"\n")

    def __str__(self) -> str:
        return summary(self.result)


def run_job(
    *,
    mapper: Program,
    output: PathName,
    inputs: PathName | Iterable[PathName],
    reducer: Program | None = None,
    combiner: Program | None = None,
    partitioner: Program | None = None,
    reducers: int = 1,
    env: Mapping[str, str] | None = None,
    workers: str | Sequence[str] | None = None,
    slots: int = 1,
    split_size: int | str | None = None,
    combine_small_files: int | str | None = None,
    sort_values: bool = False,
    total_order: bool = False,
    skip_bad_records: bool = False,
    keep_failed_task_files: bool = False,
    max_attempts: int = 4,
    task_timeout: float | None = None,
    speculate: bool = True,
    metrics_port: int | None = None,
    profile: int | bool = False,
    progress: bool = True,
    hadoop_conf: PathName | None = None,
) -> DoneJob:
    """Run a job to its end.

    *inputs* are files, directories and globs, *output* is the directory for ``0.out``, ``1.out``, …
    of *reducers* reducers. Sizes are bytes, or texts such as ``"64MB"``; times are seconds. *env*
    has variables for the programs. *workers* are URLs, ``"embedded"`` (workers for this job alone),
    or None: those that MAPREDUCE_WORKERS names, if any answers, or else embedded ones. *progress*
    is shown on stderr. With *hadoop_conf*, a directory with Hadoop's settings, inputs may lie in
    HDFS. Raises the errors of :mod:`hadoopless.errors`.
    """
    options = {
        "mapperPath": _command(mapper, "mapper"),
        "reducerPath": _command(reducer, "reducer"),
        "combinerPath": _command(combiner, "combiner"),
        "partitionerPath": _command(partitioner, "partitioner"),
        "inputPath": _paths(inputs),
        "outputPath": _local(output),
        "numReducers": 0 if reducer is None else reducers,
        "env": [f"{name}={value}" for name, value in (env or {}).items()],
        "workers": _workers(workers),
        "slots": slots,
        "splitSize": split_size,
        "combineSmallFiles": combine_small_files,
        "sortValues": sort_values,
        "totalOrder": total_order,
        "skipBadRecords": skip_bad_records,
        "keepFailedTaskFiles": keep_failed_task_files,
        "maxAttempts": max_attempts,
        "taskTimeout": task_timeout,
        "no-speculate": not speculate,
        "metricsPort": metrics_port,
        "profile": profile,
        "hadoopConf": None if hadoop_conf is None else os.fspath(hadoop_conf),
        "quiet": not progress,
    }
    return _run(parse_options(_words(options)), progress=progress)


def _local(output: PathName) -> str:
    path = os.fspath(output)
    if path.startswith("hdfs:"):
        raise UsageError("output: run_job gives local files back; hadoopless run writes to HDFS")
    return path


def _run(options: argparse.Namespace, *, progress: bool) -> DoneJob:
    # There is no sys.stderr where the parent of this process has closed it.
    console = Console((sys.stderr if progress else None) or StringIO())
    with _logging_to(console), tokens.put_back():
        try:
            result = run_whole(options, {}, console)
        except KeyboardInterrupt as interrupt:  # while the job has not begun
            raise Cancelled("the job was cancelled") from interrupt
    return DoneJob(
        outputs=tuple(Path(name).absolute() for name in result.outputs),
        counters=counters_by_group(result.counters),
        seconds=result.seconds,
        warnings=result.warnings,
        result=result,
    )


def _words(options: Mapping[str, object]) -> list[str]:
    """The words of a command line: a list gives its option several times, True gives it alone."""
    words = []
    for name, value in options.items():
        if value is True:
            words.append(f"--{name}")
        elif value is not None and value is not False:
            values = value if isinstance(value, list) else [value]
            words += [f"--{name}={one}" for one in values]
    return words


def _command(program: Program | None, name: str) -> str | None:
    """The command line of *program*; UsageError where it has no words."""
    if program is None or isinstance(program, str):
        return program
    if isinstance(program, os.PathLike):
        return shlex.quote(os.fspath(program))
    words = list(program)
    if not words or not all(isinstance(word, str) for word in words):
        raise UsageError(f"{name}: a program is a command, a path, or a list of words")
    return shlex.join(words)


def _paths(inputs: PathName | Iterable[PathName]) -> list[str]:
    """The names of all *inputs*; UsageError where there is none."""
    if isinstance(inputs, (str, os.PathLike)):
        inputs = [inputs]
    # A comma would separate two inputs.
    names = [os.fspath(path).replace(",", "\\,") for path in inputs]
    if not names:
        raise UsageError("inputs: no input is given")
    if "-" in names:
        raise UsageError("inputs: - is a file here: write ./-; stdin is for coordinator.py alone")
    return names


def _workers(workers: str | Sequence[str] | None) -> str | None:
    if workers is None:
        return None if os.environ.get(addresses.ENVIRONMENT) else "embedded"
    return workers if isinstance(workers, str) else ",".join(workers)


@contextmanager
def _logging_to(console: Console) -> Iterator[None]:
    """Show the warnings of a job on *console*, which keeps them apart from its progress."""
    log, handler = logging.getLogger("hadoopless"), LogHandler(console)
    handler.setLevel(logging.WARNING)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
