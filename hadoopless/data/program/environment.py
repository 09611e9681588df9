"""The environment of users' programs: what they inherit, and what a streaming task adds.

A streaming task adds its names and its input, under new and old names, to the properties of its job
(:attr:`Rules.environment`), as Task, MapTask and PipeMapRed.addJobConfToEnvironment do.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from hadoopless.hadoop_names import attempt_name, attempt_named, task_name
from hadoopless.hdfs.names import PREFIX
from hadoopless.job import AttemptId, Split, TaskId
from hadoopless.rules import Rules
from hadoopless.wire import tokens

#: The name of a job that nobody has named.
_NO_JOB = "job_0000000000000_0000"
#: Variables that programs do not inherit. The token is a secret of the workers. PYTHONUNBUFFERED,
#: which container images set, would make each print of a Python program a system call: three times
#: the CPU of a word count's mapper.
_HELD_BACK = (tokens.ENVIRONMENT, "PYTHONUNBUFFERED")


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of *environ* that programs inherit."""
    return {name: value for name, value in environ.items() if name not in _HELD_BACK}


def program_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a program: what it inherits of ours, and *extra*."""
    return inherited(os.environ) | dict(extra or {})


def attempt_of(task: TaskId, name: str) -> AttemptId:
    """The attempt of *task* that is called *name*; the first one if *name* is no name."""
    named = attempt_named(name)
    return AttemptId(task, named.number if named else 0)


def file_uri(path: str, rules: Rules) -> str:
    """The URI by which users know the local file *path* (absolute), or a file in HDFS."""
    if path.startswith(PREFIX):
        return path
    for directory, uri in rules.uris:
        if path.startswith(directory.rstrip("/") + "/"):
            return uri + path[len(directory.rstrip("/")) :]
    return f"file:{path}"


def work_output(output_dir: str, job: str, attempt: AttemptId) -> str:
    """The directory for files that are committed with an attempt (FileOutputCommitter)."""
    return os.path.join(output_dir, "_temporary", "1", "_temporary", attempt_name(job, attempt))


def task_environment(
    rules: Rules, attempt: AttemptId, output_dir: str, split: Split | None, path: str
) -> dict[str, str]:
    """The variables of one attempt; *split* and the absolute *path* of its file are of a map."""
    job_environment: Mapping[str, str] = dict(rules.environment)
    job = job_environment.get("mapreduce_job_id", _NO_JOB)
    is_map = "false" if attempt.task.is_reduce else "true"
    names = {
        ("mapreduce_job_id", "mapred_job_id"): job,
        ("mapreduce_task_id", "mapred_tip_id"): task_name(job, attempt.task),
        ("mapreduce_task_attempt_id", "mapred_task_id"): attempt_name(job, attempt),
        ("mapreduce_task_partition", "mapred_task_partition"): str(attempt.task.index),
        ("mapreduce_task_ismap", "mapred_task_is_map"): is_map,
        ("mapreduce_task_output_dir", "mapred_work_output_dir"): file_uri(
            work_output(output_dir, job, attempt), rules
        ),
    }
    if split is not None:
        length = split.length
        names |= {
            ("mapreduce_map_input_file", "map_input_file"): file_uri(path, rules),
            ("mapreduce_map_input_start", "map_input_start"): str(split.start),
            ("mapreduce_map_input_length", "map_input_length"): str(
                _size(path) - split.start if length is None else length
            ),
        }
    variables = {name: value for pair, value in names.items() for name in pair}
    limit = _whole_number(job_environment.get("stream_jobconf_truncate_limit", ""))
    if limit > -1:
        variables = {name: value[:limit] for name, value in variables.items()}
    return {**variables, "HADOOP_ROOT_LOGGER": ""}


def _whole_number(text: str) -> int:
    """The number in a property's *text*, also with ``0x`` before it; -1 when it is no number."""
    try:
        return int(text, 16 if "x" in text.lower() else 10)
    except ValueError:
        return -1


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
