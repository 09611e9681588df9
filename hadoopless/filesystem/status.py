"""The status of a file (type, length, owner, times), and the text in which Hadoop shows it."""

from __future__ import annotations

import os
import stat
import time

from msgspec import Struct

from hadoopless.filesystem.paths import Place

#: Hadoop's defaults of fs.local.block.size and dfs.blocksize.
_LOCAL_BLOCK = 32 << 20
_AREA_BLOCK = 128 << 20


class Status(Struct, frozen=True):
    """The status of a file or directory, as in Hadoop; times in milliseconds."""

    is_directory: bool
    length: int
    replication: int
    block_size: int
    owner: str
    group: str
    #: The ten lowest bits: the sticky bit and three times rwx.
    permission: int
    modified: int
    accessed: int


def status_of(place: Place) -> Status | None:
    """The status of the file at *place*; None if there is none. Symbolic links are followed."""
    try:
        found = os.stat(place.file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    is_directory = stat.S_ISDIR(found.st_mode)
    in_blocks = not (is_directory and place.in_area)
    return Status(
        is_directory=is_directory,
        # A directory has length 0 in HDFS, but not in the local file system.
        length=found.st_size if in_blocks else 0,
        replication=1 if in_blocks else 0,
        block_size=(_AREA_BLOCK if place.in_area else _LOCAL_BLOCK) if in_blocks else 0,
        owner=_user_name(found.st_uid),
        group=_group_name(found.st_gid),
        permission=found.st_mode & 0o1777,
        modified=found.st_mtime_ns // 1_000_000,
        accessed=found.st_atime_ns // 1_000_000,
    )


def symbolic(permission: int) -> str:
    """``rwxr-xr-x``, with t or T at the end for the sticky bit."""
    letters = "".join(
        letter if permission >> (8 - place) & 1 else "-" for place, letter in enumerate("rwx" * 3)
    )
    if permission & 0o1000:
        letters = letters[:-1] + ("t" if permission & 1 else "T")
    return letters


def human(size: int) -> str:
    """*size* as ``-h`` shows it: ``512``, ``1.5 K``, ``2 G`` [TraditionalBinaryPrefix]."""
    if size < 1024:
        return str(size)
    power = min((size.bit_length() - 1) // 10, len(_PREFIXES))
    if size % (1 << 10 * power) == 0:
        return f"{size >> 10 * power} {_PREFIXES[power - 1]}"
    tenths = _rounded(size * 10, 10 * power)
    if tenths >= 10240 and power < len(_PREFIXES):
        power += 1
        tenths = _rounded(size * 10, 10 * power)
    return f"{tenths // 10}.{tenths % 10} {_PREFIXES[power - 1]}"


def local_minute(milliseconds: int) -> str:
    """A time as ``-ls`` shows it, in the local time zone."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(milliseconds // 1000))


def utc_second(milliseconds: int) -> str:
    """A time as ``-stat`` shows it."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(milliseconds // 1000))


_PREFIXES = "KMGTPE"


def _rounded(number: int, bits: int) -> int:
    """*number* / 2 ** *bits* rounded half up, as Java formats."""
    return (number + (1 << bits - 1)) >> bits


_users: dict[int, str] = {}
_groups: dict[int, str] = {}


def _user_name(uid: int) -> str:
    if uid not in _users:
        import pwd  # `pwd` and `grp` load slowly where names come over the network.

        try:
            _users[uid] = pwd.getpwuid(uid).pw_name
        except KeyError:
            _users[uid] = str(uid)
    return _users[uid]


def _group_name(gid: int) -> str:
    if gid not in _groups:
        import grp

        try:
            _groups[gid] = grp.getgrgid(gid).gr_name
        except KeyError:
            _groups[gid] = str(gid)
    return _groups[gid]
