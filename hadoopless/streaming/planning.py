"""Turns a checked request into a job that can run.

Inputs, output and files are looked at in the order of Hadoop's JobSubmitter, so that of several
errors the same one is told.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack

from msgspec.structs import replace

from hadoopless.data.input.raw import pinned
from hadoopless.data.input.signatures import warnings_for_hadoop
from hadoopless.data.program.directory import entries
from hadoopless.entry.directories import not_tmpdir, temporary_directory
from hadoopless.errors import InputError, UsageError
from hadoopless.filesystem.paths import AREA
from hadoopless.hadoop_counters import INPUT_GROUP, OUTPUT_GROUP
from hadoopless.hdfs.located import Located, located
from hadoopless.hdfs.names import HdfsName, Settings, is_hdfs
from hadoopless.job import MOST_REDUCERS, JobSpec, Split, doubt_of_reducers
from hadoopless.streaming.classes.formats import COMBINE_INPUT, LAZY_OUTPUT, NULL_OUTPUT
from hadoopless.streaming.classes.programs import JobPrograms, check_interfaces, programs_of
from hadoopless.streaming.client.again import KEEP, Surroundings
from hadoopless.streaming.client.job import StreamingJob, new_job_id
from hadoopless.streaming.client.output import is_there, make
from hadoopless.streaming.client.task_logs import log_directory
from hadoopless.streaming.exits import ILLEGAL_ARGUMENT, crash
from hadoopless.streaming.hints import hints
from hadoopless.streaming.inputs.listing import InputFile, list_inputs
from hadoopless.streaming.inputs.splits import bytes_of, splits_of
from hadoopless.streaming.log import Log
from hadoopless.streaming.notices import STREAM_JOB, warning
from hadoopless.streaming.request import Request, Shipped
from hadoopless.streaming.rules.environment import environment_of_programs
from hadoopless.streaming.rules.partition_file import with_partition_file
from hadoopless.streaming.rules.refused_values import mask_of
from hadoopless.streaming.rules.rules import check_submission, limits_of, rules_of
from hadoopless.streaming.shipping.staging import Staging
from hadoopless.streaming.shipping.unshipped import unshipped_files
from hadoopless.wire import addresses

#: Properties of a job that say how a real HDFS keeps its outputs.
_OF_OUTPUTS = ("dfs.blocksize", "dfs.replication")


def plan(
    request: Request,
    environ: Mapping[str, str],
    log: Log,
    stack: ExitStack,
    *,
    beside_output: bool = False,
) -> StreamingJob:
    """The job of *request*, its output directory made; *stack* removes what was staged.

    What is staged goes to the directory for temporary files or, *beside_output*, to one that all
    machines of the job see. Raises StreamingExit, UsageError, InputError, DiskError.
    """
    _check_reduces(request.num_reduces, log)
    check_interfaces(request)
    check_submission(request)
    output = _checked_output(request)
    files, splits = _inputs(request, log)
    log.tell(map(warning, warnings_for_hadoop((file.uri, file.path) for file in files)))
    programs = programs_of(request, rules_of(request))
    limits = limits_of(request)
    rules = with_partition_file(programs.rules, request, log)
    job_id = new_job_id()
    _tell_of_temporary_directory(log)
    staging = stack.enter_context(Staging(_seen_by_all(output) if beside_output else None))
    _stage(staging, request)
    unshipped = unshipped_files(request, log)
    rules = replace(
        rules,
        environment=environment_of_programs(
            environ, rules.environment, job_id, len(files), len(splits)
        ),
        links=(*_beside_too_many(unshipped), *staging.links),
        client_directory=os.getcwd() if request.runs_locally else "",
        hdfs=_settings_of_hdfs(request, output, files),
        uris=((request.file_systems.area, f"{AREA}://localhost"),),
    )
    log.tell(hints(request))
    make(output, may_exist=request.output_format == NULL_OUTPUT)
    return StreamingJob(
        _spec(request, replace(programs, rules=rules), splits, output, limits.map_attempts),
        job_id,
        output,
        request.output,
        log_directory(environ, request.file_systems.area),
        workers=addresses.choice_in_environment(),
        speculate_maps=limits.speculative_maps,
        speculate_reduces=limits.speculative_reduces,
        mark_success=limits.mark_success,
        skip_cleanup=limits.skip_cleanup and request.output_format != NULL_OUTPUT,
        # A directory that is no output of this job may hold files of others.
        mask=None if request.output_format == NULL_OUTPUT else mask_of(request.configuration),
        uncounted=frozenset(_uncounted(request)),
        split_bytes=bytes_of(splits, files),
        input_uris={file.path: file.uri for file in files},
        around=_surroundings(request, unshipped),
    )


def _check_reduces(count: int, log: Log) -> None:
    """Raise UsageError for more reduces than any job has; warn of very many."""
    if count > MOST_REDUCERS:
        raise UsageError(f"mapreduce.job.reduces: at most {MOST_REDUCERS:,} here, not {count}")
    if doubt := doubt_of_reducers(count):
        log.warn(STREAM_JOB, doubt)


def _inputs(request: Request, log: Log) -> tuple[tuple[InputFile, ...], tuple[Split, ...]]:
    """The input files and their splits; tells of both what Hadoop tells."""
    files = list_inputs(request)
    log.info("mapred.FileInputFormat", f"Total input files to process : {len(files)}")
    splits = splits_of(files, request)
    log.info("mapreduce.JobSubmitter", f"number of splits:{len(splits)}")
    most = request.configuration.get_int("mapreduce.job.max.map")
    if 0 <= most < len(splits):
        limit = f"The number of map tasks {len(splits)} exceeded limit {most}"
        raise crash(f"{ILLEGAL_ARGUMENT}: {limit} (mapreduce.job.max.map)")
    return files, splits


def _tell_of_temporary_directory(log: Log) -> None:
    """Warn if temporary files do not go where TMPDIR says; raises DiskError."""
    if os.environ.get("TMPDIR"):
        warning = not_tmpdir(temporary_directory())
        if warning is not None:
            log.warn(STREAM_JOB, warning)


def _stage(staging: Staging, request: Request) -> None:
    """Copy the files that the options of *request* ship.

    A local Hadoop runs a program that lies in the client's directory there, where the program finds
    what lies beside it.
    """
    in_place = _programs_in_place(request)
    for one in request.files:
        if one in in_place:
            staging.link(one.path, one.name)
        else:
            staging.add_file(one.path, one.name)
    for one in request.bundled:
        if one in in_place:
            staging.link(one.path, one.name)
        else:
            staging.add_bundled(one.path)
    for one in request.archives:
        staging.add_archive(one.path, one.name)


def _programs_in_place(request: Request) -> set[Shipped]:
    """The shipped files that can be run in the client's directory under their own names.

    A job that keeps its failed tasks needs them as they were when it began.
    """
    if not request.runs_locally or request.configuration.get_boolean(KEEP):
        return set()
    found = set()
    for one in (*request.files, *request.bundled):
        if is_hdfs(one.path):
            continue
        there = os.path.abspath(one.name)
        is_program = os.path.isfile(there) and os.access(there, os.X_OK)
        if is_program and os.path.samefile(one.path, there):
            found.add(one)
    return found


def _beside_too_many(unshipped: Iterable[Shipped]) -> list[tuple[str, str]]:
    """The links to *unshipped* where tasks do not find all of the client's directory."""
    if entries(os.getcwd()):
        return []
    return [(one.name, one.path) for one in unshipped]


def _settings_of_hdfs(request: Request, output: Located, files: Iterable[InputFile]) -> Settings:
    """The settings with which tasks reach HDFS; () where the job has no files there.

    The job's own words on how outputs are kept are stronger than the files of settings.
    """
    if not isinstance(output, HdfsName) and not any(is_hdfs(file.path) for file in files):
        return ()
    from hadoopless.hdfs import settings  # only here: few jobs use HDFS

    found = dict(settings.of_process())
    for name in _OF_OUTPUTS:
        if value := request.configuration.get(name):
            found[name] = value
    return tuple(sorted(found.items()))


def _spec(
    request: Request,
    programs: JobPrograms,
    splits: tuple[Split, ...],
    output: Located,
    max_attempts: int,
) -> JobSpec:
    return JobSpec(
        mapper=programs.mapper,
        reducer=programs.reducer,
        splits=pinned(splits, os.getcwd()),
        num_reducers=request.num_reduces,
        output_dir=str(output),
        cwd=os.getcwd(),
        combiner=programs.combiner,
        max_attempts=max_attempts,
        job_id=uuid.uuid4().hex,
        rules=programs.rules,
    )


def _surroundings(request: Request, unshipped: Iterable[Shipped]) -> Surroundings:
    """The files and variables that a line needs which repeats a task in a shell."""
    return Surroundings(
        (*_shipped(request), *unshipped),
        bool(request.archives) or any(is_hdfs(one.path) for one in request.files),
        {name: value for name, value in request.cmdenv if name != "HADOOP_ROOT_LOGGER"},
        alone=not (request.runs_locally and entries(os.getcwd())),
    )


def _shipped(request: Request) -> Iterator[Shipped]:
    """The files that go with a job, as they are when it begins."""
    for one in request.bundled:
        if os.path.isdir(one.path):
            yield from (
                Shipped(os.path.join(one.path, name), name) for name in os.listdir(one.path)
            )
        yield Shipped(one.path, os.path.basename(one.path))
    yield from request.files


def _uncounted(request: Request) -> Iterator[str]:
    """Groups of counters in which Hadoop has a zero [Task]: it knows only formats of files."""
    if request.input_format == COMBINE_INPUT:
        yield INPUT_GROUP
    if request.lazy_output or request.output_format == LAZY_OUTPUT:
        yield OUTPUT_GROUP


def _checked_output(request: Request) -> Located:
    """The output directory, which must not be there yet [FileOutputFormat.checkOutputSpecs]."""
    output = located("/", request.file_systems.place(request.output).file)
    if is_there(output) and request.output_format != NULL_OUTPUT:
        name = request.file_systems.qualified(request.output)
        raise InputError(f"Output directory {name} already exists")
    return output


def _seen_by_all(output: Located) -> str:
    """The directory above *output*, or the first one above that which is there already.

    With an output in HDFS it is the client's, where programs lie that all machines see.
    """
    if isinstance(output, HdfsName):
        return os.getcwd()
    return str(next(parent for parent in output.absolute().parents if parent.is_dir()))
