"""Looks for mistakes in a job of ``hadoop jar`` before a real Hadoop gets it.

Only what is a mistake on every Hadoop is refused. It may have classes of Java, file systems and
programs on its nodes that are not here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from msgspec import Struct

from hadoopless.data.program.commands import Command, split_arguments
from hadoopless.data.program.start_errors import why_not_run
from hadoopless.engines.hadoop.words import is_remote
from hadoopless.errors import UsageError
from hadoopless.streaming.exits import crash, failure, refusal
from hadoopless.streaming.log import Log
from hadoopless.streaming.notices import STREAM_JOB, error
from hadoopless.streaming.options.command_line import BadWords, Words, leading_options
from hadoopless.streaming.options.generic import GENERIC
from hadoopless.streaming.options.job import parse_request
from hadoopless.streaming.options.stream_words import read_options
from hadoopless.streaming.properties.configuration import Configuration

#: The properties that only our own engine knows.
_OURS = ("stream.sort.values", "stream.total.order", "stream.combine.small.files")
_PROGRAMS = ("mapper", "combiner", "reducer")
_NOT_RUN = 127


class StreamingWords(Struct, frozen=True):
    """The words of a streaming job, read but not changed."""

    #: All words in front of the options of streaming itself.
    front: tuple[str, ...]
    generic: Words
    options: Words


def read_words(words: Sequence[str], cwd: str) -> StreamingWords:
    """*words* as options; raises StreamingExit for wrong ones, in Hadoop's words and order."""
    if words[:1] and words[0].lower() == "streamjob":
        words = words[1:]
    try:
        generic = leading_options(GENERIC, words)
    except BadWords as problem:
        parse_request(words)  # raises the end that Hadoop's client has, with its usage
        raise refusal(f"options parsing failed: {problem}") from problem
    dict(_generic_files(generic, cwd))  # Hadoop looks for these files before it reads on
    options = read_options(tuple(generic.rest))
    for name in ("input", "output"):
        if name not in options:
            raise refusal(f"Required argument: -{name} {'<name>' if name == 'input' else ''}")
    front = tuple(words[: len(words) - len(generic.rest)])
    return StreamingWords(front, generic, options)


def check(job: StreamingWords, configuration: Configuration, cwd: str, log: Log) -> None:
    """Raise StreamingExit or UsageError for a *job* that Hadoop cannot run; *log* gets doubts."""
    _check_properties(configuration)
    shipped = dict([*_generic_files(job.generic, cwd), *_own_files(job.options, cwd)])
    for option in _PROGRAMS:
        _check_program(job, option, shipped, cwd, log)
    partitioner = job.options.first("partitioner")
    if partitioner and ("/" in partitioner or partitioner in shipped):
        raise UsageError(
            f"-partitioner {partitioner}: a program cannot be had with --engine=hadoop: a"
            " partitioner is a class of Java there"
        )


def _check_properties(configuration: Configuration) -> None:
    for name in _OURS:
        value = configuration.get(name)
        if value and value.lower() != "false":
            raise UsageError(
                f"{name} cannot be had with --engine=hadoop: no other Hadoop knows this property"
            )


def _generic_files(generic: Words, cwd: str) -> Iterator[tuple[str, str]]:
    """The names and paths of local files of -files; StreamingExit for missing ones."""
    for word in (generic.first("files") or "").split(","):
        path, _, name = word.partition("#")
        if not path or is_remote(path):
            continue
        path = _local(path, cwd)
        if not os.path.exists(path) and "%" not in path:
            raise crash(f"java.io.FileNotFoundException: File {word} does not exist")
        yield name or os.path.basename(path), path


def _own_files(options: Words, cwd: str) -> Iterator[tuple[str, str]]:
    """The names and paths of files of -file; StreamingExit for missing ones."""
    for word in options.all("file"):
        path = _local(word, cwd)
        if not os.path.exists(path):
            raise refusal(f"File: {path} does not exist.")
        yield os.path.basename(path), path


def _local(path: str, cwd: str) -> str:
    for prefix in ("file://", "file:"):
        path = path.removeprefix(prefix)
    return os.path.normpath(os.path.join(cwd, path))


def _check_program(
    job: StreamingWords, option: str, shipped: dict[str, str], cwd: str, log: Log
) -> None:
    words = split_arguments(job.options.first(option) or "")
    if not words:
        return
    program = words[0]
    name = os.path.normpath(program)
    path = shipped.get(name) or shipped.get(os.path.basename(name))
    here = os.path.join(cwd, program)
    if path is None and not os.path.isabs(program) and os.path.isfile(here):
        log.warn(
            STREAM_JOB,
            f"-{option}: {program} lies here, but does not go with the job; a cluster needs"
            f" -files {program}",
        )
        path = here
    if path is None or not os.path.isfile(path):
        return
    if trouble := why_not_run(Command((path,), program, cwd), _NOT_RUN):
        raise failure(error(f"-{option} {program}: {trouble}"))
