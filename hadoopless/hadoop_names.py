"""The names of a job's output files, and of its tasks and attempts: ours and Hadoop's. Pure."""

from __future__ import annotations

import re

from hadoopless.job import AttemptId, TaskId
from hadoopless.rules import Rules


def output_name(index: int, rules: Rules) -> str:
    """The file that task *index* of the last phase leaves: ``K.out``; Hadoop: ``part-0000K``."""
    if rules.keeps_bytes:
        return f"{index}.out"
    return f"part-{index:05d}{rules.output.codec.value}"


def attempt_named(name: str) -> AttemptId | None:
    """The attempt with the name ``map-3-0`` (:attr:`AttemptId.name`); None: there is none."""
    match = re.fullmatch(r"(map|reduce)-([0-9]{1,9})-([0-9]{1,9})", name)
    if match is None:
        return None
    return AttemptId(TaskId(match[1] == "reduce", int(match[2])), int(match[3]))


def task_name(job: str, task: TaskId) -> str:
    """``task_1699000000000_0001_m_000000`` of ``job_1699000000000_0001`` (TaskID.toString)."""
    kind = "r" if task.is_reduce else "m"
    return f"{job.replace('job_', 'task_', 1)}_{kind}_{task.index:06d}"


def attempt_name(job: str, attempt: AttemptId) -> str:
    """``attempt_1699000000000_0001_m_000000_0`` (TaskAttemptID.toString)."""
    name = task_name(job, attempt.task).replace("task_", "attempt_", 1)
    return f"{name}_{attempt.number}"
