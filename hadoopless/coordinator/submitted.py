"""Outputs that joined workers have submitted: beside their final names, hidden until committed."""

from __future__ import annotations

import os
from pathlib import Path

from hadoopless.errors import DiskError
from hadoopless.hdfs.names import is_hdfs
from hadoopless.job import AttemptId, JobSpec


def submitted_name(spec: JobSpec, attempt: AttemptId) -> str:
    """The name under which a worker leaves the output file of an attempt."""
    return f".{attempt.task.index}.out.{spec.job_id}.{attempt.number}.tmp"


def commit(spec: JobSpec, attempt: AttemptId) -> None:
    """Give the output file of an attempt its final name; DiskError."""
    if is_hdfs(spec.output_dir):
        from hadoopless.coordinator import hdfs_outputs  # only here: few jobs write to HDFS

        hdfs_outputs.commit(spec, submitted_name(spec, attempt), f"{attempt.task.index}.out")
        return
    directory = Path(spec.cwd, spec.output_dir)
    final = directory / f"{attempt.task.index}.out"
    try:
        os.replace(directory / submitted_name(spec, attempt), final)
    except OSError as error:
        raise DiskError(f"cannot commit {final}: {error.strerror or error}") from error


def remove_submitted(directory: Path, job_id: str) -> None:
    """Remove what was submitted to a job and not committed."""
    for path in directory.glob(f".*.out.{job_id}.*.tmp"):
        path.unlink(missing_ok=True)
