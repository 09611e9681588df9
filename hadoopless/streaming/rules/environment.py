"""The environment of a job's programs: the client's, then the properties of the job."""

from __future__ import annotations

import os
from collections.abc import Mapping

from hadoopless.data.program.environment import inherited
from hadoopless.filesystem import anywhere
from hadoopless.filesystem.paths import AREA, LOCAL
from hadoopless.rules import Pipe
from hadoopless.streaming.properties.configuration import Configuration
from hadoopless.streaming.request import Request
from hadoopless.streaming.rules.pairs import (
    MAP_INPUT,
    MAP_OUTPUT,
    REDUCE_INPUT,
    REDUCE_OUTPUT,
    pipe_of,
)

#: The property of the class that reads or writes a form -> its edge, and the end of its name.
_EDGES = {
    "stream.map.input.writer.class": (MAP_INPUT, "InputWriter"),
    "stream.map.output.reader.class": (MAP_OUTPUT, "OutputReader"),
    "stream.reduce.input.writer.class": (REDUCE_INPUT, "InputWriter"),
    "stream.reduce.output.reader.class": (REDUCE_OUTPUT, "OutputReader"),
}
#: These properties.
CLASSES_OF_FORMS = tuple(_EDGES)

Variables = tuple[tuple[str, str], ...]

_STREAMING = "org.apache.hadoop.streaming"
_TEXT = "org.apache.hadoop.io.Text"
_BYTES = "org.apache.hadoop.io.BytesWritable"
_TYPED_BYTES = "org.apache.hadoop.typedbytes.TypedBytesWritable"


#: A form of pairs -> the classes of its keys and values, and how the names of the classes begin
#: that read and write it [IdentifierResolver].
_FORMS = {
    Pipe.TEXT: (_TEXT, _TEXT, "Text"),
    Pipe.KEY_ONLY_TEXT: (_TEXT, "org.apache.hadoop.io.NullWritable", "KeyOnlyText"),
    Pipe.RAW_BYTES: (_BYTES, _BYTES, "RawBytes"),
    Pipe.TYPED_BYTES: (_TYPED_BYTES, _TYPED_BYTES, "TypedBytes"),
}


def job_properties(request: Request) -> Variables:
    """All properties of a job, as its programs see them."""
    properties = request.configuration.of_tasks()
    for name, value in _told(request, properties).items():
        # The client sets the classes of forms whatever the user has said [StreamJob.setJobConf].
        if name in CLASSES_OF_FORMS or not request.configuration.is_set(name):
            properties.set(name, value)
    found = properties.environment()
    # Hadoop's tasks set these two by their old names.
    found |= {"user_name": found["mapreduce_job_user_name"], "mapred_skip_on": "false"}
    return tuple(found.items())


def environment_of_programs(
    environ: Mapping[str, str], properties: Variables, job_id: str, inputs: int, maps: int
) -> Variables:
    """The variables that programs find; *properties* are those of :func:`job_properties`.

    The id of a job and the numbers of its input files and maps are known only when it is submitted.
    """
    submitted = {
        "mapreduce_job_id": job_id,
        "mapreduce_job_maps": str(maps),
        "mapreduce_input_fileinputformat_numinputfiles": str(inputs),
    }
    return tuple({**_of_client(environ), **dict(properties), **submitted}.items())


def _told(request: Request, properties: Configuration) -> dict[str, str]:
    """The properties that Hadoop's client adds to those that its user gives."""
    file_systems = request.file_systems
    cluster = file_systems.real or f"{AREA}://localhost"
    return {
        "fs.defaultFS": cluster if file_systems.plays_cluster else f"{LOCAL}:///",
        "mapreduce.framework.name": "local" if request.runs_locally else "yarn",
        "mapreduce.job.submithostname": os.uname().nodename,
        "mapred.mapper.new-api": "false",
        "mapred.reducer.new-api": "false",
        **_programs_told(request),
        **_forms_told(request, properties),
        **_files_told(request),
    }


def _programs_told(request: Request) -> dict[str, str]:
    """The classes of the programs; Hadoop has one for each kind of program that is a command."""
    programs = {
        "mapred.mapper.class": (request.mapper, "Mapper"),
        "mapred.combiner.class": (request.combiner, "Combiner"),
        "mapred.reducer.class": (request.reducer, "Reducer"),
    }
    told = {
        name: program.java_class or f"{_STREAMING}.Pipe{kind}"
        for name, (program, kind) in programs.items()
        if program is not None
    }
    if request.mapper is not None and request.mapper.java_class is None:
        told["mapred.map.runner.class"] = f"{_STREAMING}.PipeMapRunner"
    return told


def _forms_told(request: Request, properties: Configuration) -> dict[str, str]:
    """The classes of keys and values, and of those that read and write them."""
    forms = {name: _FORMS[pipe_of(properties, edge)] for name, (edge, _) in _EDGES.items()}
    told = {name: f"{_STREAMING}.io.{forms[name][2]}{kind}" for name, (_, kind) in _EDGES.items()}
    of_maps = forms["stream.map.output.reader.class"]
    of_job = of_maps if request.map_only else forms["stream.reduce.output.reader.class"]
    told["mapreduce.map.output.key.class"], told["mapreduce.map.output.value.class"], _ = of_maps
    told["mapreduce.job.output.key.class"], told["mapreduce.job.output.value.class"], _ = of_job
    return told


def _files_told(request: Request) -> dict[str, str]:
    """The times and sizes of the files that the job ships."""
    told = {}
    for shipped, sizes, times in (
        (
            request.files,
            "mapreduce.job.cache.files.filesizes",
            "mapreduce.job.cache.files.timestamps",
        ),
        (
            request.archives,
            "mapreduce.job.cache.archives.filesizes",
            "mapreduce.job.cache.archives.timestamps",
        ),
    ):
        if shipped:
            found = [anywhere.size_and_time(one.path) for one in shipped]
            told[sizes] = ",".join(str(size) for size, _ in found)
            told[times] = ",".join(str(time) for _, time in found)
    return told


def _of_client(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that programs inherit; the directory that plays HDFS is theirs, too."""
    found = inherited(environ)
    if found.get("MAPREDUCE_FS_ROOT"):
        found["MAPREDUCE_FS_ROOT"] = os.path.abspath(found["MAPREDUCE_FS_ROOT"])
    return found
