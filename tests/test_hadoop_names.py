"""Names of outputs and of attempts."""

from __future__ import annotations

import pytest

from hadoopless.hadoop_names import attempt_name, attempt_named, output_name, task_name
from hadoopless.job import AttemptId, map_task, reduce_task
from hadoopless.rules import PLAIN_RULES, Codec, OutputRules, Rules


def test_outputs() -> None:
    assert output_name(3, PLAIN_RULES) == "3.out"
    assert output_name(3, Rules()) == "part-00003"
    assert output_name(123456, Rules()) == "part-123456"
    assert output_name(0, Rules(output=OutputRules(codec=Codec.GZIP))) == "part-00000.gz"


def test_attempts() -> None:
    job = "job_1699000000000_0001"
    assert task_name(job, map_task(7)) == "task_1699000000000_0001_m_000007"
    assert task_name(job, reduce_task(0)) == "task_1699000000000_0001_r_000000"
    attempt = AttemptId(reduce_task(1234567), 2)
    assert attempt_name(job, attempt) == "attempt_1699000000000_0001_r_1234567_2"


def test_attempts_are_known_by_their_names() -> None:
    for attempt in (AttemptId(map_task(3), 0), AttemptId(reduce_task(123456789), 11)):
        assert attempt_named(attempt.name) == attempt


@pytest.mark.parametrize(
    "name", ["", "map-3", "map-3-0-0", "map--3-0", "Map-3-0", "map-3-1234567890", "map-3-0\n"]
)
def test_names_of_no_attempt(name: str) -> None:
    assert attempt_named(name) is None
