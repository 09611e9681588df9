"""Turns properties into the rules by which keys are partitioned and sorted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from hadoopless.java.values import utf8
from hadoopless.rules import KeyFields, Partitioner, PartitionRules
from hadoopless.streaming.classes.catalog import HADOOP_CLASSES, Interface, implements
from hadoopless.streaming.exits import failure, job_failure
from hadoopless.streaming.notices import error
from hadoopless.streaming.properties.configuration import Configuration
from hadoopless.streaming.request import CommandOrClass
from hadoopless.streaming.rules.key_fields import KeyOptions, first_fields, parse_key_options

Value = TypeVar("Value")

_LIBRARIES = ("org.apache.hadoop.mapred.lib", "org.apache.hadoop.mapreduce.lib.partition")

_KEY_FIELD_PARTITIONERS = {f"{library}.KeyFieldBasedPartitioner" for library in _LIBRARIES}
_HASH_PARTITIONERS = {f"{library}.HashPartitioner" for library in _LIBRARIES}
#: Comparators of LongWritable; they say nothing of keys that are text.
NUMBER_COMPARATORS = {
    f"org.apache.hadoop.io.LongWritable${name}" for name in ("Comparator", "DecreasingComparator")
}
_RANGE_PARTITIONERS = {f"{library}.TotalOrderPartitioner" for library in _LIBRARIES}
_KEY_FIELD_COMPARATORS = {f"{library}.KeyFieldBasedComparator" for library in _LIBRARIES}
_BYTE_COMPARATORS = {
    "org.apache.hadoop.io.Text$Comparator",
    "org.apache.hadoop.io.BytesWritable$Comparator",
    "org.apache.hadoop.io.WritableComparator",
}


def partition_rules(
    partitioner: CommandOrClass | None, num_reduces: int, configuration: Configuration
) -> PartitionRules:
    """The rules that find a key's partition; the boundaries of ranges are for the caller to add."""
    # With one reduce, Hadoop does not even load the partitioner.
    if num_reduces < 2:
        return PartitionRules()
    if partitioner is None:
        ordered = configuration.get_boolean("stream.total.order")
        return PartitionRules(Partitioner.RANGES if ordered else Partitioner.HASH)
    if partitioner.java_class is None:
        return PartitionRules(Partitioner.COMMAND, command=partitioner.command)
    if partitioner.java_class in _HASH_PARTITIONERS:
        return PartitionRules()
    if is_total_order(partitioner):
        return PartitionRules(Partitioner.RANGES)
    if partitioner.java_class not in _KEY_FIELD_PARTITIONERS:
        raise failure(error(f"-partitioner : {partitioner.java_class} is not supported here"))
    options = _partition_options(configuration)
    if options is None:
        return PartitionRules(Partitioner.JAVA_STRING)
    fields = KeyFields(options.ranges, _field_separator(configuration))
    return PartitionRules(Partitioner.FIELDS, fields)


def is_total_order(partitioner: CommandOrClass | None) -> bool:
    """True if *partitioner* is Hadoop's TotalOrderPartitioner."""
    return partitioner is not None and partitioner.java_class in _RANGE_PARTITIONERS


def _partition_options(configuration: Configuration) -> KeyOptions | None:
    if configuration.is_set("num.key.fields.for.partition"):
        count = configuration.get_int("num.key.fields.for.partition")
        return first_fields(count) if count > 0 else None
    text = configuration.get("mapreduce.partition.keypartitioner.options")
    return _in_task(lambda: parse_key_options(text)) if text else None


def key_order(configuration: Configuration) -> KeyFields | None:
    """The parts of keys that are compared; None: the bytes of keys, or numbers that keys are."""
    name = configuration.get("mapreduce.job.output.key.comparator.class")
    if not name or name in _BYTE_COMPARATORS or name in NUMBER_COMPARATORS:
        return None
    if name not in _KEY_FIELD_COMPARATORS:
        raise job_failure(
            f"java.lang.RuntimeException: java.lang.ClassNotFoundException: Class {name} not found"
        )
    text = configuration.get("mapreduce.partition.keycomparator.options")
    options = _in_task(lambda: parse_key_options(text))
    if options.is_bytewise:
        return None
    # Hadoop's comparator would begin with the byte before the field; this is not imitated.
    ranges = (replace(one, start_char=max(one.start_char, 1)) for one in options.ranges)
    return KeyFields(tuple(ranges), _field_separator(configuration))


def check_grouping(configuration: Configuration, *, combines: bool) -> None:
    """Check that Hadoop would find the comparators that make groups of keys; raises StreamingExit.

    Each that it finds makes groups of equal keys. Comparators of fields do otherwise only where
    they sort.
    """
    properties = ["mapreduce.job.output.group.comparator.class"]
    if combines:
        properties.append("mapreduce.job.combiner.group.comparator.class")
    for name in map(configuration.get, properties):
        if not name:
            continue
        if name not in HADOOP_CLASSES:
            reason = f"java.lang.ClassNotFoundException: Class {name} not found"
        elif not implements(name, Interface.COMPARATOR):
            reason = f"class {name} not {Interface.COMPARATOR.value}"
        else:
            continue
        raise job_failure(f"java.lang.RuntimeException: {reason}")


def _field_separator(configuration: Configuration) -> bytes:
    return utf8(configuration.get("mapreduce.map.output.key.field.separator"))


def _in_task(ask: Callable[[], Value]) -> Value:
    """The answer of *ask*; its ValueError fails the job, as in a task."""
    try:
        return ask()
    except ValueError as problem:
        raise job_failure(str(problem)) from problem
