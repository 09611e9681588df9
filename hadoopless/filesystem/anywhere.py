"""Looks at files that lie on this machine, or in a real HDFS where one is named."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from io import BufferedReader

from hadoopless.hdfs import choice
from hadoopless.hdfs.names import HdfsName, is_hdfs


def real_hdfs(environment: Mapping[str, str]) -> str:
    """The beginning of all names in the real HDFS of *environment*: ``hdfs://nn:8020``; or "".

    An area that the user has named goes before it. Raises InputError, UsageError for settings that
    cannot be read.
    """
    if environment.get("MAPREDUCE_FS_ROOT") or not environment.get(choice.VARIABLE):
        return ""
    from hadoopless.hdfs import settings  # only here: few have a real one

    return settings.default_name(settings.read(environment[choice.VARIABLE]))


def exists(file: str) -> bool:
    """True if there is such a file or directory; raises StoreError, InputError."""
    if not is_hdfs(file):
        return os.path.exists(file)
    from hadoopless.hdfs import files  # only here: few have a real one

    return files.found(HdfsName(file)) is not None


def is_directory(file: str) -> bool:
    """True if there is such a directory; raises StoreError, InputError."""
    if not is_hdfs(file):
        return os.path.isdir(file)
    from hadoopless.hdfs import files  # only here: few have a real one

    entry = files.found(HdfsName(file))
    return entry is not None and entry.is_directory


def names_of(directory: str) -> list[str]:
    """The names in *directory*, in any order; raises OSError, StoreError, InputError."""
    if not is_hdfs(directory):
        return os.listdir(directory)
    from hadoopless.hdfs import files  # only here: few have a real one

    return [os.path.basename(entry.name) for entry in files.entries(HdfsName(directory))]


def open_file(file: str) -> BufferedReader:
    """The *file*, open for reading; raises OSError, StoreError, InputError."""
    if not is_hdfs(file):
        return open(file, "rb")
    from hadoopless.hdfs import files  # only here: few have a real one

    return files.open_file(HdfsName(file))


def size_and_block(file: str) -> tuple[int, int]:
    """The size of *file* and, in HDFS, that of its blocks; raises OSError, StoreError."""
    if not is_hdfs(file):
        return os.stat(file).st_size, 0
    from hadoopless.hdfs import files  # only here: few have a real one

    entry = files.entry_of(HdfsName(file))
    return entry.size, entry.block_size


def size_and_time(file: str) -> tuple[int, int]:
    """The size of *file*, 0 for a directory, and its time of change in milliseconds since 1970.

    Raises OSError, StoreError, InputError.
    """
    if not is_hdfs(file):
        status = os.stat(file)
        size = 0 if stat.S_ISDIR(status.st_mode) else status.st_size
        return size, status.st_mtime_ns // 1_000_000
    from hadoopless.hdfs import files  # only here: few have a real one

    entry = files.entry_of(HdfsName(file))
    return entry.size, entry.changed
