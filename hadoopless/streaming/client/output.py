"""The output directory of a streaming job, on this machine or in a real HDFS."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from hadoopless.errors import InputError, MapReduceError
from hadoopless.hdfs.located import Located
from hadoopless.hdfs.names import HdfsName
from hadoopless.job import JobSpec
from hadoopless.streaming.client.modes import set_modes
from hadoopless.streaming.exits import job_failure

_TEMPORARY = "_temporary"


def is_there(output: Located) -> bool:
    """True if *output* has a file or directory already."""
    if not isinstance(output, HdfsName):
        return os.path.lexists(output)
    from hadoopless.hdfs import files  # only here: few jobs write to HDFS

    return files.found(output) is not None


def make(output: Located, *, may_exist: bool) -> None:
    """Make the directory *output*; raises InputError, StreamingExit."""
    if isinstance(output, HdfsName):
        from hadoopless.hdfs import changing  # only here: few jobs write to HDFS

        try:
            changing.make_directory(output)
        except MapReduceError as error:
            raise job_failure(f"Mkdirs failed to create {output}: {error}") from error
        return
    try:
        os.makedirs(output.parent, exist_ok=True)
        try:
            output.mkdir(exist_ok=may_exist)
        except FileExistsError as error:  # another job was faster
            raise InputError(f"Output directory {output} already exists") from error
    except OSError as error:
        # In Hadoop the job makes the directory, so the job fails, not its submission.
        raise job_failure(f"Mkdirs failed to create {output}: {error.strerror}") from error


def remove_if_empty(output: Located) -> None:
    """Remove the directory *output* again, in which nothing lies."""
    if isinstance(output, HdfsName):
        from hadoopless.hdfs import changing  # only here: few jobs write to HDFS

        changing.remove_if_empty(output)
        return
    with suppress(OSError):
        output.rmdir()


@contextmanager
def attempts_in(output: Located, spec: JobSpec) -> Iterator[None]:
    """The directory for what attempts write in *output*, while it is needed; DiskError."""
    if not isinstance(output, HdfsName):
        try:
            yield
        finally:
            shutil.rmtree(output / _TEMPORARY, ignore_errors=True)
        return
    from hadoopless.coordinator import hdfs_outputs  # only here: few jobs write to HDFS
    from hadoopless.hdfs import changing

    try:
        with hdfs_outputs.work_place(spec):
            yield
    finally:
        with suppress(MapReduceError):
            changing.remove(output.child(_TEMPORARY))


def finish(output: Located, *, mark: bool, keep_attempts: bool, mask: int | None) -> None:
    """Leave in *output* what Hadoop leaves beside the files of a job that has succeeded.

    *mask* has the bits that modes must not have; in HDFS the name node sees to them.
    """
    if isinstance(output, HdfsName):
        from hadoopless.hdfs import changing  # only here: few jobs write to HDFS

        if mark:
            changing.touch(output.child("_SUCCESS"))
        if keep_attempts:
            changing.make_directory(output.child(f"{_TEMPORARY}/0/_temporary"))
        return
    if mark:
        (output / "_SUCCESS").touch()
    if keep_attempts:
        # Hadoop leaves the directories in which its attempts were.
        os.makedirs(output / _TEMPORARY / "0" / "_temporary", exist_ok=True)
    if mask is not None:
        set_modes(output, mask)
