"""From a checked request to a job that can run: inputs, splits, shipped files, rules, programs.

Things are looked at in the order in which Hadoop's JobSubmitter does, so that of several errors
the same one is told.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from hadoopless.data.program.environment import inherited
from hadoopless.data.program.words import split_arguments
from hadoopless.errors import InputError
from hadoopless.filesystem.paths import AREA, FileSystems
from hadoopless.hadoop_counters import INPUT_GROUP, OUTPUT_GROUP
from hadoopless.job import JobSpec
from hadoopless.streaming.classes.formats import COMBINE_INPUT, LAZY_OUTPUT, NULL_OUTPUT
from hadoopless.streaming.classes.programs import check_kinds, programs_of
from hadoopless.streaming.client.again import Surroundings
from hadoopless.streaming.client.running import StreamingJob, new_job_id
from hadoopless.streaming.client.task_logs import log_directory
from hadoopless.streaming.exits import job_failure
from hadoopless.streaming.hints import hints
from hadoopless.streaming.inputs.listing import list_inputs
from hadoopless.streaming.inputs.splits import bytes_of, splits_of
from hadoopless.streaming.log import Log
from hadoopless.streaming.notices import STREAM_JOB
from hadoopless.streaming.request import Request, Shipped
from hadoopless.streaming.rules.partition_file import with_partition_file
from hadoopless.streaming.rules.rules import check_submission, environment_of, limits_of, rules_of
from hadoopless.streaming.shipping.staging import Staging


def plan(request: Request, environ: Mapping[str, str], log: Log, stack: ExitStack) -> StreamingJob:
    """The job of *request*, its output directory made; *stack* removes what was staged.

    Raises StreamingExit, InputError, DiskError.
    """
    check_kinds(request)
    check_submission(request)
    output = _checked_output(request)
    files = list_inputs(request)
    log.info("mapred.FileInputFormat", f"Total input files to process : {len(files)}")
    splits = splits_of(files, request)
    log.info("mapreduce.JobSubmitter", f"number of splits:{len(splits)}")
    job, limits = programs_of(request, rules_of(request)), limits_of(request)
    parted = with_partition_file(job.rules, request, log)
    job_id = new_job_id()
    # What Hadoop takes from its own environment, then what the job says.
    environment = {
        **_for_programs(environ),
        **dict(environment_of(request)),
        **_of_job(job_id, len(splits)),
    }
    shipped = stack.enter_context(Staging())
    for one in request.files:
        shipped.add_file(one.path, one.name)
    for one in request.bundled:
        shipped.add_bundled(one.path)
    for one in request.archives:
        shipped.add_archive(one.path, one.name)
    unshipped = _unshipped(request, log)
    rules = replace(
        parted,
        environment=tuple(environment.items()),
        links=(*unshipped, *shipped.links),
        uris=_uris(request.file_systems),
    )
    log.tell(hints(request))
    _make_output(output)
    spec = JobSpec(
        mapper=job.mapper,
        reducer=job.reducer,
        splits=splits,
        num_reducers=request.num_reduces,
        output_dir=str(output),
        cwd=os.getcwd(),
        combiner=job.combiner,
        max_attempts=limits.map_attempts,
        job_id=uuid.uuid4().hex,
        rules=rules,
    )
    return StreamingJob(
        spec,
        job_id,
        output,
        request.output,
        log_directory(environ, output),
        workers=environ.get("MAPREDUCE_WORKERS") or None,
        speculate_maps=limits.speculative_maps,
        speculate_reduces=limits.speculative_reduces,
        mark_success=limits.mark_success,
        uncounted=frozenset(_uncounted(request)),
        split_bytes=bytes_of(splits, files),
        input_uris={file.path: file.uri for file in files},
        around=Surroundings(
            (*_shipped(request), *(Shipped(path, name) for name, path in unshipped)),
            bool(request.archives),
            {name: value for name, value in request.cmdenv if name != "HADOOP_ROOT_LOGGER"},
        ),
    )


def _shipped(request: Request) -> Iterator[Shipped]:
    """The files that go with a job, as they are when it begins."""
    for one in request.bundled:
        if os.path.isdir(one.path):
            yield from (
                Shipped(os.path.join(one.path, name), name) for name in os.listdir(one.path)
            )
        else:
            yield Shipped(one.path, os.path.basename(one.path))
    yield from request.files


def _uncounted(request: Request) -> Iterator[str]:
    """Groups of counters in which Hadoop has a zero [Task]: it knows only formats of files."""
    if request.input_format == COMBINE_INPUT:
        yield INPUT_GROUP
    if request.lazy_output or request.output_format == LAZY_OUTPUT:
        yield OUTPUT_GROUP


def _for_programs(environ: Mapping[str, str]) -> dict[str, str]:
    """What programs find of the client's environment; its directory that plays HDFS is theirs."""
    found = inherited(environ)
    if found.get("MAPREDUCE_FS_ROOT"):
        found["MAPREDUCE_FS_ROOT"] = os.path.abspath(found["MAPREDUCE_FS_ROOT"])
    return found


def _checked_output(request: Request) -> Path:
    """The output directory, which must not be there yet [FileOutputFormat.checkOutputSpecs]."""
    output = request.file_systems.local(request.output)
    if os.path.lexists(output) and request.output_format != NULL_OUTPUT:
        name = request.file_systems.qualified(request.output)
        raise InputError(f"Output directory {name} already exists")
    return output


def _make_output(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        # It is the job that makes the directory, so it is the job that fails.
        raise job_failure(f"Mkdirs failed to create {output}: {error.strerror}") from error


def _of_job(job_id: str, maps: int) -> dict[str, str]:
    """The properties that a job has only when it is submitted."""
    return {"mapreduce_job_id": job_id, "mapreduce_job_maps": str(maps)}


def _uris(file_systems: FileSystems) -> tuple[tuple[str, str], ...]:
    """The directory that plays HDFS, and how users know it."""
    return ((file_systems.area, f"{AREA}://localhost"),)


def _unshipped(request: Request, log: Log) -> tuple[tuple[str, str], ...]:
    """Links to files that programs name though no option ships them, as in Hadoop's local mode.

    There the tasks run in the client's directory, and scripts that were only ever tried so say
    ``-mapper mapper.py`` and no more. With a directory that plays HDFS we play a cluster, where
    that is the commonest mistake.
    """
    shipped = {
        one.name.split("/")[0] for one in (*request.files, *request.bundled, *request.archives)
    }
    words = {
        word
        for program in (request.mapper, request.combiner, request.reducer, request.partitioner)
        if program is not None and program.java_class is None
        for word in split_arguments(program.command)
    }
    links: list[tuple[str, str]] = []
    for name in sorted(set(map(os.path.normpath, words))):
        inside = not os.path.isabs(name) and not name.startswith("..") and name != "."
        # What lies in a directory that is linked is there already: a link to it would be made in
        # the user's own directory.
        linked = any(name.startswith(f"{one}/") for one, _ in links)
        if inside and not linked and name.split("/")[0] not in shipped and os.path.exists(name):
            links.append((name, os.path.abspath(name)))
    names = ",".join(name for name, _ in links)
    if request.file_systems.plays_cluster:
        if links:
            log.warn(STREAM_JOB, f"Not shipped, so that no task finds it: -files {names}")
        return ()
    if links:
        log.warn(STREAM_JOB, f"Not shipped, found only because tasks run here: -files {names}")
    return tuple(links)
