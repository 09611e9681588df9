"""Turns the properties of a request into the rules of its job; reads no files.

Hadoop looks at most of these properties only within its tasks, so a wrong value fails the job
there. Here the job fails before it begins, with the same words and status.
"""

from __future__ import annotations

from msgspec import Struct

from hadoopless.rules import CounterLimits, Rules
from hadoopless.streaming.exits import launch_failure
from hadoopless.streaming.properties.configuration import Configuration
from hadoopless.streaming.request import Request
from hadoopless.streaming.rules.environment import job_properties
from hadoopless.streaming.rules.input import input_rules
from hadoopless.streaming.rules.keys import check_grouping, key_order, partition_rules
from hadoopless.streaming.rules.output import check_ignored, output_rules
from hadoopless.streaming.rules.pairs import (
    MAP_INPUT,
    MAP_OUTPUT,
    REDUCE_INPUT,
    REDUCE_OUTPUT,
    combiner_pairs,
    pair_format,
)
from hadoopless.streaming.rules.refused_values import check_client_values, check_task_values


class Limits(Struct, frozen=True):
    """The settings of attempts and of the job's end that are no part of Rules."""

    map_attempts: int = 4
    reduce_attempts: int = 4
    speculative_maps: bool = True
    speculative_reduces: bool = True
    #: True if the output gets a _SUCCESS.
    mark_success: bool = True
    #: True if the output keeps the directory of the attempts.
    skip_cleanup: bool = False


def check_submission(request: Request) -> None:
    """Refuse classes of the other API, and values that end the client; raises StreamingExit."""
    check_client_values(request.configuration, map_only=request.map_only)
    new_api = ["mapreduce.job.inputformat.class", "mapreduce.job.map.class"]
    of_reduce = ["mapreduce.job.outputformat.class", "mapreduce.job.reduce.class"]
    new_api.append(of_reduce[0] if request.map_only else "mapreduce.job.partitioner.class")
    checks = [(name, "map") for name in new_api]
    checks += [] if request.map_only else [(name, "reduce") for name in of_reduce]
    for name, phase in checks:
        if request.configuration.is_set(name):
            raise launch_failure(f"{name} is incompatible with {phase} compatibility mode.")


def limits_of(request: Request) -> Limits:
    """The limits that properties set; raises StreamingExit."""
    configuration = request.configuration.of_tasks()
    return Limits(
        map_attempts=max(configuration.get_int("mapreduce.map.maxattempts"), 1),
        reduce_attempts=max(configuration.get_int("mapreduce.reduce.maxattempts"), 1),
        speculative_maps=configuration.get_boolean("mapreduce.map.speculative"),
        speculative_reduces=configuration.get_boolean("mapreduce.reduce.speculative"),
        mark_success=configuration.get_boolean("mapreduce.fileoutputcommitter.marksuccessfuljobs"),
        skip_cleanup=configuration.get_boolean("mapreduce.fileoutputcommitter.cleanup.skipped"),
    )


def rules_of(request: Request) -> Rules:
    """The rules of the job; links, URIs and boundaries are for the caller to add.

    Raises StreamingExit with status 1. Hadoop looks for inputs and output before, so a caller does.
    """
    of_tasks = request.configuration.of_tasks()
    check_ignored(of_tasks, map_only=request.map_only)
    check_task_values(of_tasks, map_only=request.map_only)
    if not request.map_only:
        check_grouping(of_tasks, combines=request.combiner is not None)
    return Rules(
        input=input_rules(
            request.input_format, of_tasks, pair_format(of_tasks, MAP_INPUT, request.mapper)
        ),
        map_output=pair_format(of_tasks, MAP_OUTPUT, request.mapper),
        reduce_input=pair_format(of_tasks, REDUCE_INPUT, request.reducer),
        reduce_output=pair_format(of_tasks, REDUCE_OUTPUT, request.reducer),
        combiner_pairs=combiner_pairs(of_tasks, request.combiner, request.reducer),
        partition=partition_rules(request.partitioner, request.num_reduces, of_tasks),
        order=None if request.map_only else key_order(of_tasks),
        sort_values=of_tasks.get_boolean("stream.sort.values"),
        output=output_rules(request.output_format, request.lazy_output, of_tasks),
        map_only=request.map_only,
        environment=job_properties(request),
        overrides=request.cmdenv,
        keep_failed=of_tasks.get_boolean("mapreduce.task.files.preserve.failedtasks"),
        idle_timeout=_idle_timeout(of_tasks),
        status_matters=of_tasks.get_boolean("stream.non.zero.exit.is.failure"),
        unread_after=_unread_after(of_tasks),
        reporter_prefix=of_tasks.get("stream.stderr.reporter.prefix"),
        counter_limits=CounterLimits(
            of_tasks.get_int("mapreduce.job.counters.max"),
            of_tasks.get_int("mapreduce.job.counters.groups.max"),
            of_tasks.get_int("mapreduce.job.counters.group.name.max"),
            of_tasks.get_int("mapreduce.job.counters.counter.name.max"),
        ),
        map_failures_percent=of_tasks.get_int("mapreduce.map.failures.maxpercent"),
        reduce_failures_percent=of_tasks.get_int("mapreduce.reduce.failures.maxpercent"),
        reduce_attempts=limits_of(request).reduce_attempts,
    )


def _idle_timeout(configuration: Configuration) -> float | None:
    milliseconds = configuration.get_milliseconds("mapreduce.task.timeout")
    return milliseconds / 1000 if milliseconds > 0 else None


def _unread_after(configuration: Configuration) -> int | None:
    if not configuration.is_set("stream.minRecWrittenToEnableSkip_"):
        return None
    return max(configuration.get_long("stream.minRecWrittenToEnableSkip_"), 0)
