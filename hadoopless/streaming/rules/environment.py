"""The environment of a job's programs: the client's, then the properties of the job."""

from __future__ import annotations

import os
from collections.abc import Mapping

from hadoopless.data.program.environment import inherited
from hadoopless.streaming.request import Request

Variables = tuple[tuple[str, str], ...]


def job_properties(request: Request) -> Variables:
    """All properties of a job, as its programs see them."""
    return tuple(request.configuration.of_tasks().environment().items())


def environment_of_programs(
    environ: Mapping[str, str], properties: Variables, job_id: str, maps: int
) -> Variables:
    """The variables that programs find; *properties* are those of :func:`job_properties`.

    The id and the number of maps of a job are known only when it is submitted.
    """
    submitted = {"mapreduce_job_id": job_id, "mapreduce_job_maps": str(maps)}
    return tuple({**_of_client(environ), **dict(properties), **submitted}.items())


def _of_client(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that programs inherit; the directory that plays HDFS is theirs, too."""
    found = inherited(environ)
    if found.get("MAPREDUCE_FS_ROOT"):
        found["MAPREDUCE_FS_ROOT"] = os.path.abspath(found["MAPREDUCE_FS_ROOT"])
    return found
