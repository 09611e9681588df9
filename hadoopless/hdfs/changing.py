"""Directories and files in HDFS as jobs change them: made, moved, removed."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import Any

from hadoopless.errors import DiskError, MapReduceError
from hadoopless.hdfs.client import call, is_silent, settings_of
from hadoopless.hdfs.files import entries, found
from hadoopless.hdfs.names import HdfsName

UMASK = "fs.permissions.umask-mode"
_OCTAL = re.compile(r"[0-7]{1,4}", re.ASCII)
#: Stands for a umask in letters (``u=rwx,g=,o=``): too few may read a file, and never too many.
_OTHERS = 0o077
_unclosed: list[Any] = []


def make_directory(place: HdfsName) -> None:
    """Make *place* and all directories above it that are missing; DiskError."""
    call(
        place,
        "write",
        lambda client: client.mkdirs(place.path, _mode(place, 0o777), create_parent=True),
    )


def make_child(place: HdfsName) -> None:
    """Make the directory *place* in one that must be there; DiskError."""
    call(
        place,
        "write",
        lambda client: client.mkdirs(place.path, _mode(place, 0o777), create_parent=False),
    )


def write_file(place: HdfsName, data: bytes) -> None:
    """Make a file with *data*, which appears whole; DiskError."""
    hidden = place.beside(f"{place.name}.tmp")
    call(place, "write", lambda client: _write(client, hidden, data))
    rename(hidden, place)


def rename(source: HdfsName, target: HdfsName) -> None:
    """Give *source* the name *target*, in place of a file of that name; DiskError."""
    call(target, "write", lambda client: client.rename(source.path, target.path, True))


def remove(place: HdfsName) -> bool:
    """Remove *place* with all that is in it; False where it was not there. DiskError."""
    is_gone: bool = call(place, "write", lambda client: client.delete(place.path, True))
    return is_gone


def tidy(place: HdfsName) -> None:
    """Remove *place* with all that is in it, if its name node lets us; another error is told."""
    if not is_silent(place):
        with suppress(MapReduceError):
            remove(place)


def remove_if_empty(directory: HdfsName) -> None:
    """Remove *directory* unless something is in it, if its name node lets us."""
    if not is_silent(directory):
        with suppress(MapReduceError):
            call(directory, "write", lambda client: client.delete(directory.path, False))


def touch(place: HdfsName) -> None:
    """Make an empty file, as an output is made; DiskError."""
    call(place, "write", lambda client: _write(client, place, b""))


def _write(client: Any, place: HdfsName, data: bytes) -> None:
    file = create(client, place)
    try:
        file.write(data)
    finally:
        close(file)


def create(client: Any, place: HdfsName) -> Any:
    """The new file *place*, open for writing, in a directory that is there.

    Its blocks and copies are those that the settings name.
    """
    import hdfs_native

    settings = dict(settings_of(place))
    options = hdfs_native.WriteOptions(
        block_size=_number(settings.get("dfs.blocksize", "")),
        replication=_number(settings.get("dfs.replication", "")),
        permission=_mode(place, 0o666),
        overwrite=True,
        # Not after the end of the job, which removes the directory.
        create_parent=False,
    )
    return client.create(place.path, options)


def close(file: Any) -> None:
    """Close *file*, which :func:`create` has made; raises the library's errors.

    A file that cannot be closed is kept for ever. The library closes one whose last reference goes,
    and waits for that without an end, in which no other thread of Python runs.
    """
    try:
        file.close()
    except BaseException:
        keep(file)
        raise


def keep(file: Any) -> None:
    """Keep *file* for ever: it is not to be closed."""
    _unclosed.append(file)


def _mode(place: HdfsName, most: int) -> int:
    """The permissions of a new file or directory, which has at *most* these.

    The settings say which it has not, as for Hadoop's clients; the umask of a process has no say.
    """
    mask = dict(settings_of(place)).get(UMASK, "022")
    return most & ~(int(mask, 8) if _OCTAL.fullmatch(mask) else _OTHERS)


def _number(text: str) -> int | None:
    """The number in a property: ``134217728`` or ``128m``."""
    units = {"k": 10, "m": 20, "g": 30, "t": 40}
    shift = units.get(text[-1:].lower(), 0)
    digits = text[:-1] if shift else text
    return int(digits) << shift if digits.isdecimal() else None


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
