"""Names of outputs and of attempts."""

from __future__ import annotations

from hadoopless.hadoop_names import attempt_name, output_name, task_name
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
