"""Directories and files in HDFS as jobs change them: made, moved, removed."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from hadoopless.errors import DiskError, MapReduceError
from hadoopless.hdfs.client import call
from hadoopless.hdfs.files import entries, found
from hadoopless.hdfs.names import HdfsName


def make_directory(place: HdfsName) -> None:
    """Make *place* and all directories above it that are missing; DiskError."""
    call(place, "write", lambda client: client.mkdirs(place.path, 0o755, create_parent=True))


def rename(source: HdfsName, target: HdfsName) -> None:
    """Give *source* the name *target*, in place of a file of that name; DiskError."""
    call(target, "write", lambda client: client.rename(source.path, target.path, True))


def remove(place: HdfsName) -> bool:
    """Remove *place* with all that is in it; False where it was not there. DiskError."""
    is_gone: bool = call(place, "write", lambda client: client.delete(place.path, True))
    return is_gone


def remove_if_empty(directory: HdfsName) -> None:
    """Remove *directory* unless something is in it."""
    with suppress(MapReduceError):
        call(directory, "write", lambda client: client.delete(directory.path, False))


def touch(place: HdfsName) -> None:
    """Make an empty file; DiskError."""
    call(place, "write", lambda client: _touch(client, place.path))


def _touch(client: Any, path: str) -> None:
    import hdfs_native

    client.create(path, hdfs_native.WriteOptions(overwrite=True)).close()


def move_into(source: HdfsName, target: HdfsName) -> None:
    """Move what is in *source* into *target*, directory into directory [mergePaths]. DiskError."""
    if found(source) is None:
        return
    for entry in entries(source):
        place = target.child(os.path.basename(entry.name))
        there = found(place)
        moved = source.beside(entry.name)
        if entry.is_directory and there is not None and there.is_directory:
            move_into(moved, place)
            continue
        if entry.is_directory != bool(there and there.is_directory) and there is not None:
            raise DiskError(f"cannot put {moved} at {place}: one of them is a directory")
        rename(moved, place)
