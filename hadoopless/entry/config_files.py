"""Finds and reads the files with a user's settings: ``hadoopless.toml`` here, and one of the user.

A file of the working directory can say which programs run and whom a job trusts. So it counts only
where nobody but its reader, or root, can have written it; any other one is refused by its name.
Where there is no file, this costs two failing calls of the system; tomllib is loaded where there is
one.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from hadoopless.errors import ForbiddenError, InputError, UsageError

#: The file of the working directory.
PROJECT = "hadoopless.toml"
#: The word of --config for reading no file.
NONE = "none"
_LARGEST = 1 << 20
_OWN_CHOICE = f"; --config=FILE reads a file all the same, --config={NONE} reads none"


class ConfigFile(Struct, frozen=True):
    """A file that was read: its name, as messages have it, and its tables and keys."""

    name: str
    tables: Mapping[str, Any]

    @property
    def directory(self) -> str:
        """The directory in which names of files in it begin."""
        return os.path.dirname(self.name)


def user_file() -> str | None:
    """The path of the user's file, which need not be there; None for a user without any place."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    # Otherwise it would depend on the working directory; XDG says so, and there may be no HOME.
    return os.path.join(base, "hadoopless", "config.toml") if os.path.isabs(base) else None


def config_files(named: str | None) -> list[ConfigFile]:
    """The files that are there, the strongest first; *named* is the value of --config.

    A file that is *named* takes the place of the project's, and is read whoever has written it.
    Raises UsageError, InputError, ForbiddenError.
    """
    if named == NONE:
        return []
    if named == "":
        raise UsageError("--config is empty; is a variable unset?")
    if named is None:
        read = [_read(PROJECT, must_be_ours=True)]
    else:
        read = [_read(os.path.expanduser(named), must_be_ours=False)]
        if read == [None]:
            raise InputError(f"--config: no such file: {named}")
    path = user_file()
    if path is not None:
        read.append(_read(path, must_be_ours=True))
    return [file for file in read if file is not None]


def _read(name: str, *, must_be_ours: bool) -> ConfigFile | None:
    """The file *name*; None where there is none."""
    try:
        # Without waiting for the other end of a pipe.
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        if not os.path.lexists(name):
            return None  # in a directory that is closed to us: nobody meant it for us
        raise _unreadable(name, error) from error
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{name} is no regular file, so it cannot hold settings")
        if must_be_ours:
            _check_writers(name, status)
        if status.st_size > _LARGEST:
            raise InputError(f"{name} is larger than 1 MB, so it cannot hold settings")
        data = os.read(descriptor, _LARGEST)
    except OSError as error:
        raise _unreadable(name, error) from error
    finally:
        os.close(descriptor)
    return ConfigFile(name, _parsed(name, data))


def _unreadable(name: str, error: OSError | ValueError) -> InputError:
    reason = error.strerror if isinstance(error, OSError) else None
    return InputError(f"{name} cannot be read: {reason or error}")


def _parsed(name: str, data: bytes) -> Mapping[str, Any]:
    import tomllib  # only here: few have such a file

    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        why = "it is no UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise UsageError(f"{name} is no TOML: {why}") from error


def _check_writers(name: str, status: os.stat_result) -> None:
    """Raise ForbiddenError if others could have written the file *name*, or put it there."""
    directory = os.path.dirname(name) or "."
    for path, found, shown in (
        (name, status, "it"),
        (directory, os.stat(directory), "its directory"),
    ):
        if found.st_uid not in (os.getuid(), 0):
            raise ForbiddenError(
                f"{name} is refused: {shown} belongs to somebody else{_OWN_CHOICE}"
            )
        if others := "".join(_other_writers(found)):
            advice = f"; chmod {others}-w {path}" if found.st_uid == os.getuid() else ""
            raise ForbiddenError(
                f"{name} is refused: others may write to {shown}{advice}{_OWN_CHOICE}"
            )


def _other_writers(found: os.stat_result) -> Iterator[str]:
    """The letters of chmod for those who may write besides the owner: ``g``, ``o``."""
    if found.st_mode & stat.S_IWGRP and not _is_own_group(found.st_gid):
        yield "g"
    if found.st_mode & stat.S_IWOTH:
        yield "o"


def _is_own_group(group: int) -> bool:
    """True if *group* has no member but our user, as where each user has a group of the same name.

    There new files can be written by the group, and nobody else is in it.
    """
    import grp  # only here: few files can be written by a group
    import pwd

    try:
        user, found = pwd.getpwuid(os.getuid()), grp.getgrgid(group)
    except KeyError:
        return False
    return (
        user.pw_gid == group
        and found.gr_name == user.pw_name
        and set(found.gr_mem) <= {user.pw_name}
    )
