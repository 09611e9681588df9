"""A planned streaming job: all that its client needs to run it and to tell of it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, field

from hadoopless.hdfs.located import Located
from hadoopless.job import JobSpec
from hadoopless.streaming.client.again import Surroundings


class StreamingJob(Struct, frozen=True):
    """A job that can run."""

    spec: JobSpec
    #: An id such as ``job_1699000000000_0001``.
    job: str
    #: The directory for its files.
    output: Located
    #: The name of that directory, as its user wrote it.
    output_name: str
    log_directory: Path
    #: The workers to use, as for :func:`find_workers`; None: the inventory's, or an own pool.
    workers: str | None = None
    speculate_maps: bool = True
    speculate_reduces: bool = True
    mark_success: bool = True
    #: True if the output of a job that succeeds keeps the directory of its attempts.
    skip_cleanup: bool = False
    #: The bits that files of the output must not have in their modes; None: modes stay.
    mask: int | None = None
    #: Groups of counters that are all zero, whatever was counted.
    uncounted: frozenset[str] = frozenset()
    #: Bytes of the names of all splits (Input split bytes).
    split_bytes: int = 0
    input_uris: Mapping[str, str] = field(default_factory=dict)
    around: Surroundings = field(default_factory=Surroundings)


def new_job_id() -> str:
    """The id of a job that begins now (JobID.toString)."""
    return f"job_{int(time.time() * 1000)}_{os.getpid() % 10_000:04d}"
