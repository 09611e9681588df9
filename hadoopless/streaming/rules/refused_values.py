"""Refuses values of properties that change nothing here, but fail every job of a real Hadoop."""

from __future__ import annotations

from hadoopless.filesystem.masks import parse_mask
from hadoopless.java.errors import JavaError
from hadoopless.java.numbers import parse_double
from hadoopless.java.values import parse_property_int
from hadoopless.streaming.exits import StreamingExit, crash, job_failure, launch_failure
from hadoopless.streaming.properties.configuration import Configuration

#: Whole numbers that the client reads -> the least; None: any.
_CLIENT_NUMBERS = {
    "io.file.buffer.size": 1,
    "mapreduce.client.submit.file.replication": None,
    "mapreduce.input.fileinputformat.list-status.num-threads": 1,
}
_FILTERS = ("NONE", "KILLED", "FAILED", "SUCCEEDED", "ALL")
#: Shares of memory from 0 to 1; they count only in a job with reduces.
_SHARES = (
    "mapreduce.reduce.shuffle.input.buffer.percent",
    "mapreduce.reduce.shuffle.memory.limit.percent",
    "mapreduce.reduce.shuffle.merge.percent",
    "mapreduce.reduce.input.buffer.percent",
)
#: Parts of a job that are classes -> the one that each is unless somebody wrote another.
_CLASSES = {
    "mapreduce.job.map.output.collector.class": "org.apache.hadoop.mapred.MapTask$MapOutputBuffer",
    "mapreduce.job.reduce.shuffle.consumer.plugin.class": (
        "org.apache.hadoop.mapreduce.task.reduce.Shuffle"
    ),
}
_MOST_SORT_MB = 2047
#: Above 0.
_LEAST_FLOAT = 1e-45


def check_client_values(configuration: Configuration, *, map_only: bool) -> None:
    """Refuse values that end Hadoop's client before its job runs; raises StreamingExit."""
    for name, least in _CLIENT_NUMBERS.items():
        if configuration.is_set(name):
            number = configuration.get_int(name)
            if least is not None and number < least:
                raise crash(f"java.lang.IllegalArgumentException: {name} is {number}")
    mask_of(configuration)
    text = configuration.get("mapreduce.client.output.filter")
    if text and text not in _FILTERS:
        raise crash(f"java.lang.IllegalArgumentException: mapreduce.client.output.filter is {text}")
    apis = [("mapred.mapper.new-api", "mapred.input.format.class", "map")]
    if not map_only:
        apis.append(("mapred.reducer.new-api", "mapred.output.format.class", "reduce"))
    for name, other, phase in apis:
        if configuration.get_boolean(name, False):
            raise launch_failure(f"{other} is incompatible with new {phase} API mode.")


def mask_of(configuration: Configuration) -> int:
    """The bits that files of the output must not have in their modes; raises StreamingExit."""
    text = configuration.get("fs.permissions.umask-mode")
    try:
        return parse_mask(text)
    except ValueError as problem:
        raise crash(f"java.lang.IllegalArgumentException: {problem}") from problem


def check_task_values(configuration: Configuration, *, map_only: bool) -> None:
    """Refuse values that fail Hadoop's tasks; raises StreamingExit."""
    _check_number(configuration, "mapreduce.map.skip.maxrecords")
    if map_only:
        return
    _check_number(configuration, "mapreduce.task.io.sort.mb", 1, _MOST_SORT_MB)
    _check_number(configuration, "mapreduce.task.io.sort.factor")
    _check_number(configuration, "mapreduce.map.combine.minspills")
    _check_share(configuration, "mapreduce.map.sort.spill.percent", least=_LEAST_FLOAT)
    for name in _SHARES:
        _check_share(configuration, name)
    for name, usual in _CLASSES.items():
        given = configuration.get(name)
        # A class of another package may be on the cluster that the job was written for.
        is_hadoops = "." not in given or given.startswith("org.apache.hadoop.")
        if given and is_hadoops and given != usual:
            raise job_failure(f"java.lang.ClassNotFoundException: Class {given} not found ({name})")


def _check_number(
    configuration: Configuration, name: str, least: int | None = None, most: int | None = None
) -> None:
    if not configuration.is_set(name):
        return
    text = configuration.get(name)
    try:
        number = parse_property_int(text, 32)
    except ValueError as problem:
        raise job_failure(f"{name}: {problem}") from problem
    if (least is not None and number < least) or (most is not None and number > most):
        raise _invalid(name, text)


def _check_share(configuration: Configuration, name: str, least: float = 0.0) -> None:
    if not configuration.is_set(name):
        return
    text = configuration.get(name)
    try:
        share = parse_double(text.encode())
    except JavaError as problem:
        raise job_failure(f"{name}: {problem}") from problem
    if not least <= share <= 1:
        raise _invalid(name, text)


def _invalid(name: str, text: str) -> StreamingExit:
    return job_failure(f'java.io.IOException: Invalid "{name}": {text}')
