"""The counters of a whole job: those of its tasks, and those that only the client knows. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from hadoopless.hadoop_counters import (
    JOB_GROUP,
    SHUFFLE_ERRORS,
    SHUFFLE_GROUP,
    TASK_GROUP,
    CounterGroups,
    add,
    is_limited,
)
from hadoopless.job import TaskReport
from hadoopless.rules import CounterLimits
from hadoopless.streaming.client.job import StreamingJob


def job_counters(
    job: StreamingJob,
    map_reports: Sequence[TaskReport],
    reduce_reports: Sequence[TaskReport],
    *,
    failed_maps: int,
    failed_reduces: int,
) -> CounterGroups:
    """The counters of all tasks that went well, and those of the job itself.

    A report without a time is that of a task that did not go well, or is not known.
    """
    maps, reduces = ([r for r in some if r.seconds] for some in (map_reports, reduce_reports))
    total: CounterGroups = {}
    for report in (*maps, *reduces):
        add(total, report.counters)
    for group in job.uncounted & total.keys():
        total[group] = dict.fromkeys(total[group], 0)
    task = total.setdefault(TASK_GROUP, {})
    if maps:
        task["SPLIT_RAW_BYTES"] = job.split_bytes
        task["CPU_MILLISECONDS"] = sum(int(1000 * r.program_cpu) for r in (*maps, *reduces))
    if reduces:
        task["REDUCE_SHUFFLE_BYTES"] = task.get("MAP_OUTPUT_MATERIALIZED_BYTES", 0)
        task["FAILED_SHUFFLE"] = 0
        add(total, ((SHUFFLE_GROUP, name, 0) for name in SHUFFLE_ERRORS))
    of_job = {
        "NUM_FAILED_MAPS": failed_maps,
        "NUM_FAILED_REDUCES": failed_reduces,
        "TOTAL_LAUNCHED_MAPS": len(maps) + failed_maps,
        "TOTAL_LAUNCHED_REDUCES": len(reduces) + failed_reduces,
        "MILLIS_MAPS": sum(int(1000 * report.seconds) for report in maps),
        "MILLIS_REDUCES": sum(int(1000 * report.seconds) for report in reduces),
    }
    add(total, ((JOB_GROUP, name, count) for name, count in of_job.items() if count))
    return total


def excess(total: CounterGroups, limits: CounterLimits) -> str:
    """Hadoop's words for more counters than a job may have; else empty."""
    groups = [names for group, names in total.items() if is_limited(group)]
    return limits.excess(sum(map(len, groups)), len(groups))
