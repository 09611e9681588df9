"""The outputs of a job in HDFS: their directory, what lies there, and where attempts write."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from hadoopless.errors import DiskError, InputError
from hadoopless.hdfs import changing, files
from hadoopless.hdfs.files import Entry
from hadoopless.hdfs.names import HdfsName, is_hdfs, work_directory
from hadoopless.job import JobSpec


def outputs_of(spec: JobSpec) -> dict[str, Entry]:
    """The files in the output directory of *spec*, by their names; none where it is gone."""
    place = HdfsName(spec.output_dir)
    there = files.entries(place) if files.found(place) else ()
    return {entry.name: entry for entry in there if not entry.is_directory}


def other_jobs(spec: JobSpec) -> list[str]:
    """The directories in which other jobs write to the output directory of *spec*, or have."""
    own = HdfsName(work_directory(spec.output_dir, spec.job_id))
    there = files.entries(own.parent) if files.found(own.parent) else ()
    return [entry.name for entry in there if entry.name != own.name and entry.is_directory]


def prepare_directory(directory: str, *, make: bool) -> list[str]:
    """Make the output *directory*, if *make* says so; the base names of directories within it.

    Raises InputError, DiskError.
    """
    place = HdfsName(directory)
    if make:
        changing.make_directory(place)
    entry = files.found(place)
    if entry is None or not entry.is_directory:
        raise InputError(f"no such directory for the output: {directory}")
    return [os.path.basename(one.name) for one in files.entries(place) if one.is_directory]


def remove_file(name: str) -> None:
    """Remove the file *name*; DiskError."""
    changing.remove(HdfsName(name))


@contextmanager
def work_place(spec: JobSpec) -> Iterator[None]:
    """The directory in which the attempts of *spec* write, while it is needed; DiskError.

    A job whose outputs are not in HDFS needs none.
    """
    if not is_hdfs(spec.output_dir):
        yield
        return
    place = HdfsName(work_directory(spec.output_dir, spec.job_id))
    changing.make_directory(place)
    try:
        yield
    finally:
        changing.tidy(place)
        changing.remove_if_empty(place.parent)


def commit(spec: JobSpec, submitted: str, final: str) -> None:
    """Give what was *submitted* its *final* name; DiskError."""
    work = HdfsName(work_directory(spec.output_dir, spec.job_id))
    changing.rename(work.child(submitted), HdfsName(spec.output_dir).child(final))


def check_writable(directory: str) -> None:
    """Raise DiskError if nothing can be put into the output *directory*."""
    probe = HdfsName(directory).child(".hadoopless-probe")
    try:
        changing.touch(probe)
        changing.remove(probe)
    except DiskError as error:
        raise DiskError(f"the output directory {directory} cannot be written ({error})") from error
