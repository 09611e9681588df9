"""Translates the options of ``coordinator.py`` into those of Hadoop Streaming."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from tempfile import TemporaryDirectory

from msgspec import Struct
from msgspec.structs import replace

from hadoopless.codecs import is_compressed, is_compressed_for_hadoop
from hadoopless.coordinator.options import wish_of
from hadoopless.coordinator.planning.inputs import STDIN, words_of
from hadoopless.coordinator.planning.plan import Wish, plan_job
from hadoopless.data.program.commands import Root
from hadoopless.engines.hadoop.cargo import Cargo
from hadoopless.engines.hadoop.words import input_uri, is_remote, variable
from hadoopless.errors import InputError, UsageError
from hadoopless.job import Split

#: More bytes than any file has, so that none is cut; Hadoop adds a tenth to it.
_NEVER_CUT = 1 << 62
_LIB = "org.apache.hadoop.mapred.lib."
#: The options that cannot be had there, each with the reason.
_REFUSED = {
    "totalOrder": "its parts are partitioned by a hash of the key",
    "partitionerPath": "a partitioner is a class of Java there",
    "skipBadRecords": "it has no such side files",
    "taskTimeout": "it stops tasks that are silent, not those that run long;"
    " --property=mapreduce.task.timeout=MILLISECONDS says how long they may be",
    "resume": "its own application master does that",
}
#: The options for our own workers, with what they are when nobody has given them.
_OF_WORKERS = {
    **dict.fromkeys(("workers", "listen", "numWorkers", "inventory")),
    **dict.fromkeys(("tlsCert", "tlsKey", "tlsCa", "metricsPort", "metricsTokenFile")),
    "profile": None,
    "dashboard": False,
    "slots": 1,
    "workerTimeout": 10.0,
}


class PlainJob(Struct, frozen=True):
    """A job of ``coordinator.py``, as Hadoop is to run it."""

    wish: Wish
    #: The words of ``-input``.
    inputs: tuple[str, ...]
    #: Local input files, in their order; () where inputs are elsewhere.
    files: tuple[str, ...]
    #: The URI of the output directory, or the absolute path of a local one.
    output: str
    mapper: str
    reducer: str
    combiner: str
    cargo: Cargo
    properties: tuple[str, ...] = ()
    keep_failed: bool = False
    speculate: bool = True

    @property
    def is_output_remote(self) -> bool:
        """True if the output is not a directory that can be read here."""
        return is_remote(self.output)

    @property
    def map_sizes(self) -> tuple[int, ...] | None:
        """The bytes of each map task, in the order of the inputs; None: they are not known.

        Hadoop cuts a file into pieces of --splitSize, of which the last one may have a tenth more.
        """
        if not self.files or self.wish.combine_small_files is not None:
            return None
        return tuple(self._pieces())

    def _pieces(self) -> Iterator[int]:
        size = self.wish.split_size
        for path in self.files:
            left = os.stat(path).st_size
            while size is not None and not is_compressed(path) and left / size > 1.1:
                yield size
                left -= size
            yield left


def check_options(options: argparse.Namespace) -> None:
    """Raise UsageError for options that Hadoop cannot be given."""
    for name, reason in _REFUSED.items():
        if getattr(options, name):
            raise UsageError(f"--{name} cannot be had with --engine=hadoop: {reason}")
    for name, usual in _OF_WORKERS.items():
        if getattr(options, name) != usual and name not in options.sources:
            raise UsageError(f"--{name} is for our own workers, and --engine=hadoop has none")
    if any(STDIN in text.split(",") for text in options.inputPath):
        raise UsageError("--inputPath=- cannot be had with --engine=hadoop: give it a file")
    for word in options.property:
        if not word.partition("=")[0] or "=" not in word:
            raise UsageError(f"--property: write --property=NAME=VALUE, not {word}")


def plain_job(
    options: argparse.Namespace, cwd: str, warn: Callable[[str], None], stack: ExitStack
) -> PlainJob:
    """The job behind *options*, checked as far as can be checked here.

    *stack* removes what only the job needs. Raises UsageError, InputError, DiskError.
    """
    remote = options.outputPath if options.outputPath and is_remote(options.outputPath) else None
    if remote:
        # The plan needs a directory, of which nothing but the name is looked at.
        nowhere = stack.enter_context(TemporaryDirectory())
        options = argparse.Namespace(**vars(options) | {"outputPath": nowhere})
    wish = wish_of(options)
    files, uris = _inputs(wish, cwd, warn, stack)
    output = remote or wish.output_path or wish.job_path
    if output is None:
        raise UsageError("give --jobPath, or both --inputPath and --outputPath")
    root = Root(cwd, search_path=dict(wish.environment).get("PATH"))
    cargo = Cargo(root, checked=options.preflight)
    reduces = wish.num_reducers > 0
    job = PlainJob(
        wish,
        uris,
        files,
        output if is_remote(output) else os.path.join(cwd, output),
        mapper=cargo.command(wish.mapper, "--mapperPath"),
        reducer=cargo.command(wish.reducer, "--reducerPath") if reduces else "",
        combiner=cargo.command(wish.combiner, "--combinerPath") if wish.combiner else "",
        cargo=cargo,
        properties=tuple(options.property),
        keep_failed=options.keepFailedTaskFiles,
        speculate=options.speculate,
    )
    cargo.add_named(options.files)
    return job


def _inputs(
    wish: Wish, cwd: str, warn: Callable[[str], None], stack: ExitStack
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The local input files, and the words of ``-input`` for all inputs."""
    words = [word for text in wish.inputs for word in _words_of(text, cwd)]
    remote = [word for word in words if is_remote(word)]
    if remote and len(remote) < len(words):
        raise UsageError("--inputPath: inputs here and in another file system cannot be mixed")
    if remote:
        if wish.split_size is not None:
            raise UsageError(
                f"--splitSize: {remote[0]} is cut at the blocks of its file system;"
                " --property=mapreduce.job.maps=N asks for more map tasks"
            )
        return (), tuple(remote)
    whole = replace(wish, split_size=None, combine_small_files=None)
    spec = plan_job(whole, cwd, warn, stack, programs=False)
    files = tuple(os.path.join(cwd, _whole(split).path) for split in spec.splits)
    for path in files:
        if is_compressed(path) and not is_compressed_for_hadoop(path):
            raise InputError(f"Hadoop does not unpack {path}; pack it as .gz or .bz2")
    return files, tuple(map(input_uri, files))


def _words_of(text: str, cwd: str) -> list[str]:
    if is_remote(text):
        return text.split(",")
    return words_of(text, cwd)


def _whole(split: Split) -> Split:
    (piece,) = split.pieces
    return piece


def streaming_words(job: PlainJob, output: str, shipped: Sequence[str]) -> list[str]:
    """The options of Hadoop Streaming for *job*, which writes the URI *output*.

    *shipped* are the URIs of the files that go along.
    """
    words = [word for one in _properties(job) for word in ("-D", one)]
    if shipped:
        words += ["-files", ",".join(shipped)]
    for uri in job.inputs:
        words += ["-input", uri]
    words += ["-output", output, "-mapper", job.mapper]
    if job.wish.num_reducers:
        words += ["-reducer", job.reducer]
        if job.combiner:
            words += ["-combiner", job.combiner]
    if job.wish.combine_small_files is not None:
        words += ["-inputformat", _LIB + "CombineTextInputFormat"]
    if job.wish.sort_values:
        words += ["-partitioner", _LIB + "KeyFieldBasedPartitioner"]
    for name, value in _variables(job):
        words += ["-cmdenv", variable(name, value)]
    return words


def _variables(job: PlainJob) -> Iterator[tuple[str, str]]:
    given = dict(job.wish.environment)
    yield from given.items()
    if job.cargo.has_modules and "PYTHONPATH" not in given:
        # A shipped program is a link: Python looks for modules where that leads.
        yield "PYTHONPATH", "."


def _properties(job: PlainJob) -> Iterator[str]:
    """The properties of *job*; those of the user come last, because the last one counts."""
    wish = job.wish
    yield f"mapreduce.job.name=hadoopless {os.path.basename(wish.mapper.split()[0])}"
    yield f"mapreduce.job.reduces={wish.num_reducers}"
    yield f"mapreduce.map.maxattempts={wish.max_attempts}"
    yield f"mapreduce.reduce.maxattempts={wish.max_attempts}"
    # Without this a CR would end a line, too.
    yield "textinputformat.record.delimiter=\n"
    yield from _of_inputs(job)
    yield from _of_records(wish)
    if job.keep_failed:
        yield "mapreduce.task.files.preserve.failedtasks=true"
    if not job.speculate:
        yield "mapreduce.map.speculative=false"
        yield "mapreduce.reduce.speculative=false"
    yield from job.properties


def _of_inputs(job: PlainJob) -> Iterable[str]:
    wish = job.wish
    if wish.combine_small_files is not None:
        # The format gives mappers the places of lines, unless it is told not to.
        return (
            f"mapreduce.input.fileinputformat.split.maxsize={wish.combine_small_files}",
            "stream.map.input.ignoreKey=true",
        )
    if not job.files:
        return ()
    one_thread = "mapreduce.input.fileinputformat.list-status.num-threads=1"  # keeps the order
    if wish.split_size is None:
        return (one_thread, f"mapreduce.input.fileinputformat.split.minsize={_NEVER_CUT}")
    return (one_thread, "mapreduce.job.maps=1", f"fs.local.block.size={wish.split_size}")


def _of_records(wish: Wish) -> Iterable[str]:
    """The properties with which lines are written as programs write them.

    Usually a line without a TAB gets one at its end.
    """
    if not wish.num_reducers:
        return ("stream.map.output=keyonlytext",)
    if wish.sort_values:
        return (
            # The key is all of the line, sorted by its part before the TAB and then by the rest.
            "stream.map.output=keyonlytext",
            "mapreduce.partition.keypartitioner.options=-k1,1",
            f"mapreduce.job.output.key.comparator.class={_LIB}KeyFieldBasedComparator",
            "mapreduce.partition.keycomparator.options=-k1,1 -k2",
            "stream.reduce.input=keyonlytext",
            "stream.reduce.output=keyonlytext",
        )
    # A combiner writes by the same rules, and must tell keys from values.
    return () if wish.combiner else ("stream.reduce.output=keyonlytext",)
