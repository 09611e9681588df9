"""The counters of a whole job."""

from __future__ import annotations

from pathlib import Path

from hadoopless.hadoop_counters import (
    BYTES_READ,
    INPUT_GROUP,
    JOB_GROUP,
    SHUFFLE_ERRORS,
    SHUFFLE_GROUP,
    TASK_GROUP,
)
from hadoopless.job import JobSpec, TaskReport
from hadoopless.rules import CounterLimits
from hadoopless.streaming.client.job import StreamingJob
from hadoopless.streaming.client.totals import excess, job_counters

SPEC = JobSpec(mapper="cat", reducer="cat", splits=(), num_reducers=1, output_dir="/o", cwd="/")

MAP = TaskReport(
    seconds=1.5,
    program_cpu=0.25,
    counters=((*BYTES_READ, 7), (TASK_GROUP, "MAP_OUTPUT_MATERIALIZED_BYTES", 9)),
)
REDUCE = TaskReport(seconds=0.5, program_cpu=0.125)
UNKNOWN = TaskReport()


def job(*uncounted: str) -> StreamingJob:
    return StreamingJob(
        SPEC,
        "job_1_0001",
        Path("/o"),
        "o",
        Path("/logs"),
        uncounted=frozenset(uncounted),
        split_bytes=30,
    )


def test_tasks_are_added_up_and_the_client_adds_its_own():
    total = job_counters(job(), [MAP, MAP, UNKNOWN], [REDUCE], failed_maps=1, failed_reduces=0)
    assert total[INPUT_GROUP] == {"BYTES_READ": 14}
    assert total[TASK_GROUP] == {
        "MAP_OUTPUT_MATERIALIZED_BYTES": 18,
        "SPLIT_RAW_BYTES": 30,
        "CPU_MILLISECONDS": 625,
        "REDUCE_SHUFFLE_BYTES": 18,
        "FAILED_SHUFFLE": 0,
    }
    assert total[SHUFFLE_GROUP] == dict.fromkeys(SHUFFLE_ERRORS, 0)
    assert total[JOB_GROUP] == {
        "NUM_FAILED_MAPS": 1,
        "TOTAL_LAUNCHED_MAPS": 3,
        "TOTAL_LAUNCHED_REDUCES": 1,
        "MILLIS_MAPS": 3000,
        "MILLIS_REDUCES": 500,
    }


def test_groups_that_hadoop_does_not_count_are_zero():
    total = job_counters(job(INPUT_GROUP, "none"), [MAP], [], failed_maps=0, failed_reduces=0)
    assert total[INPUT_GROUP] == {"BYTES_READ": 0}
    assert "none" not in total


def test_a_job_without_tasks_has_no_counters():
    total = job_counters(job(), [UNKNOWN], [], failed_maps=0, failed_reduces=0)
    assert total == {TASK_GROUP: {}}


def test_too_many_counters_of_a_job():
    total = {TASK_GROUP: dict.fromkeys("abcdef", 1), "g": {"a": 1, "b": 1}, "h": {"a": 1}}
    assert excess(total, CounterLimits(3, 2)) == ""
    assert excess(total, CounterLimits(2, 2)) == "Too many counters: 3 max=2"
    assert excess(total, CounterLimits(3, 1)) == "Too many counter groups: 2 max=1"
