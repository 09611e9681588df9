"""The variables that a streaming task adds, and where they come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from hadoopless.data.program.environment import (
    attempt_of,
    file_uri,
    task_environment,
    work_output,
)
from hadoopless.job import AttemptId, Split, map_task, reduce_task
from hadoopless.rules import Rules

JOB = "job_1699000000000_0001"
RULES = Rules(environment=(("mapreduce_job_id", JOB),))


def test_attempts_are_known_by_their_names() -> None:
    assert attempt_of(map_task(3), "map-3-2") == AttemptId(map_task(3), 2)
    assert attempt_of(reduce_task(0), "reduce-0-11") == AttemptId(reduce_task(0), 11)
    assert attempt_of(reduce_task(5), "") == AttemptId(reduce_task(5), 0)


def test_a_map_knows_its_split(tmp_path: Path) -> None:
    file = tmp_path / "in.txt"
    file.write_bytes(b"0123456789")
    split = Split("in.txt", 4)
    found = task_environment(RULES, AttemptId(map_task(2), 1), "/out", split, str(file))
    attempt = "attempt_1699000000000_0001_m_000002_1"
    directory = f"file:/out/_temporary/1/_temporary/{attempt}"
    expected = {
        ("mapreduce_job_id", "mapred_job_id"): JOB,
        ("mapreduce_task_id", "mapred_tip_id"): "task_1699000000000_0001_m_000002",
        ("mapreduce_task_attempt_id", "mapred_task_id"): attempt,
        ("mapreduce_task_partition", "mapred_task_partition"): "2",
        ("mapreduce_task_ismap", "mapred_task_is_map"): "true",
        ("mapreduce_task_output_dir", "mapred_work_output_dir"): directory,
        ("mapreduce_map_input_file", "map_input_file"): f"file:{file}",
        ("mapreduce_map_input_start", "map_input_start"): "4",
        ("mapreduce_map_input_length", "map_input_length"): "6",
        ("HADOOP_ROOT_LOGGER",): "",
    }
    assert found == {name: value for names, value in expected.items() for name in names}


def test_a_reduce_has_no_input_file() -> None:
    found = task_environment(RULES, AttemptId(reduce_task(0), 0), "/out", None, "")
    assert found["mapreduce_task_ismap"] == "false"
    assert not [name for name in found if "input" in name]


@pytest.mark.parametrize("limit", ["3", " 3 ", "0x3", "0X03", "", "-1", "-0x1", "what"])
def test_values_may_be_cut(limit: str) -> None:
    rules = Rules(environment=(*RULES.environment, ("stream_jobconf_truncate_limit", limit)))
    found = task_environment(rules, AttemptId(reduce_task(0), 0), "/out", None, "")
    assert found["mapreduce_job_id"] == ("job" if "3" in limit else JOB)


def test_files_are_known_by_the_uris_of_their_directories() -> None:
    rules = Rules(uris=(("/area", "hdfs://localhost"),))
    assert file_uri("/area/user/me/x", rules) == "hdfs://localhost/user/me/x"
    assert file_uri("/areas/x", rules) == "file:/areas/x"


def test_where_side_files_go() -> None:
    found = work_output("/out", JOB, AttemptId(reduce_task(1), 0))
    assert found == "/out/_temporary/1/_temporary/attempt_1699000000000_0001_r_000001_0"
