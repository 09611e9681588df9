"""The tools ``dumptb`` and ``loadtb``, which convert files to typed bytes and back."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial

from hadoopless.errors import MapReduceError
from hadoopless.filesystem import anywhere
from hadoopless.filesystem.paths import FileSystems, Place, names_in
from hadoopless.hdfs.located import located
from hadoopless.job import Split
from hadoopless.rules import InputRules, PairFormat, Pipe
from hadoopless.streaming.exits import StreamingExit, crash, failure
from hadoopless.streaming.notices import Notice
from hadoopless.streaming.options.generic import parse_generic
from hadoopless.streaming.options.usage import TOOL_WORDS

_SEQUENCE_FILE = b"SEQ"


def run_tool(tool: str, words: Sequence[str]) -> int:
    """``dumptb PATTERN`` or ``loadtb PATH``; raises StreamingExit."""
    generic = parse_generic(words, os.environ, os.getcwd())
    if not generic.rest:
        raise failure(Notice("Too few arguments!")).after(TOOL_WORDS[tool], ())
    if tool == "loadtb":
        raise _no_sequence_files(tool, generic.rest[0])
    try:
        for file in _files_of(generic.file_systems, generic.rest[0]):
            _dump(file)
    except BrokenPipeError:
        pass  # the reader has had enough
    return 0


def _files_of(file_systems: FileSystems, pattern: str) -> list[str]:
    """The files of the first path that *pattern* stands for; Hadoop looks at no other one."""
    try:
        found = file_systems.glob(pattern)
        if found:
            return _files_in(file_systems, found[0])
    except MapReduceError as problem:
        raise crash(f"java.io.IOException: {problem}") from problem
    if file_systems.is_pattern(pattern):
        raise failure(code=255)
    raise crash(f"java.io.FileNotFoundException: File {pattern} does not exist")


def _files_in(file_systems: FileSystems, place: Place) -> list[str]:
    if not anywhere.is_directory(place.file):
        return [place.file]
    return [file_systems.child(place, name).file for name in names_in(place.file)]


def _dump(file: str) -> None:
    """Write the offsets and lines of *file* to stdout [AutoInputFormat]."""
    # This import loads much, and a wrong command must not wait for it.
    from hadoopless.data.input.records import RecordFeed

    rules = InputRules(ignore_key=False, pairs=PairFormat(Pipe.TYPED_BYTES))
    try:
        with anywhere.open_file(file) as opened:
            if opened.read(len(_SEQUENCE_FILE)) == _SEQUENCE_FILE:
                raise _no_sequence_files("dumptb", file)
        sys.stdout.flush()
        split = Split(file, 0, anywhere.size_and_block(file)[0])
        RecordFeed(split, partial(located, "/"), rules)(sys.stdout.fileno())
    except BrokenPipeError:
        raise
    except (OSError, MapReduceError) as problem:
        raise crash(f"java.io.IOException: {problem}") from problem


def _no_sequence_files(tool: str, path: str) -> StreamingExit:
    return failure(
        Notice(
            f"{tool}: sequence files are not supported here; convert them on a cluster, where"
            f" this line works as it is: hadoop jar hadoop-streaming.jar {tool} {path}"
        )
    )
