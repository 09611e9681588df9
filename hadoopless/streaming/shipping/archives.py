"""Unpacks archives of ``-archives``; nothing is written outside the directory of each."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import time
import zlib
from collections.abc import Iterator
from typing import IO, NamedTuple, cast

from hadoopless.errors import DiskError, InputError, MapReduceError

_ZIPS = (".zip", ".jar")
_LONGEST_PATH = 4096  # PATH_MAX
_TARS = (".tar", ".tgz", ".tar.gz")
#: Bytes that may describe one member of a tar file. Packed, a few kilobytes may hold gigabytes.
_LARGEST_TAR_HEADER = 4 << 20


class _Member(NamedTuple):
    name: str
    mode: int
    modified: float
    #: None for a directory or a link.
    content: IO[bytes] | None = None
    size: int = 0
    symlink: str | None = None
    #: The name of a member that it is the same file as.
    hardlink: str | None = None


def is_archive(name: str) -> bool:
    """True if a file called *name* is unpacked; Hadoop hands on all others as they are."""
    return name.lower().endswith((*_ZIPS, *_TARS))


def unpack(archive: str, target: str) -> None:
    """Unpack *archive* into the new directory *target*; raises InputError, DiskError."""
    # Few jobs have archives; the others need not load these.
    import tarfile
    import zipfile

    broken = (tarfile.TarError, zipfile.BadZipFile, zlib.error, _lzma_error(), EOFError, OSError)
    # zipfile raises these for forms that it does not know, and everything does for names with NUL
    # bytes and for times that no clock shows.
    odd = (RuntimeError, ValueError, OverflowError)
    read = _zip_members if archive.lower().endswith(_ZIPS) else _tar_members
    symlinks: dict[str, str] = {}
    os.mkdir(target)
    try:
        for member in read(archive):
            path = _path_within(target, member.name)
            if path is None:
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if member.symlink is not None:
                symlinks[path] = member.symlink
            elif member.hardlink is not None:
                os.link(_path_within(target, member.hardlink) or target, path)
            elif member.content is not None:
                symlinks.pop(path, None)
                _write(member.content, path, member)
            else:
                os.makedirs(path, exist_ok=True)
        # Last of all: so nothing has been written through a link that leads elsewhere.
        for path, points_to in symlinks.items():
            _make_room(path)
            os.symlink(points_to, path)
    except (*broken, *odd) as error:
        raise cannot("unpacked", archive, error) from error


def cannot(be_done: str, path: str, error: Exception) -> MapReduceError:
    """The error of ours for one with a file of the job; a full disk is not the file's fault."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskError(
            f"{path} cannot be {be_done}: {error.strerror}; set TMPDIR to another disk"
        )
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    return InputError(f"{path} cannot be {be_done}: {reason}")


def _path_within(target: str, name: str) -> str | None:
    """The path of the member *name*; None: it is *target* itself."""
    clean = os.path.normpath(name.lstrip("/") or ".")
    if clean == ".." or clean.startswith("../"):
        raise ValueError(f"it would create {name}, outside of its directory")
    return None if clean == "." else os.path.join(target, clean)


def _write(source: IO[bytes], path: str, member: _Member) -> None:
    _make_room(path)
    disk = os.statvfs(os.path.dirname(path))
    if member.size > disk.f_bavail * disk.f_frsize:
        # A small archive may promise more than any disk holds, and others need this one, too.
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with source, open(path, "xb") as file:
        shutil.copyfileobj(source, file, 1 << 20)
        os.fchmod(file.fileno(), stat.S_IMODE(member.mode) & 0o777 | 0o600)
    # Python takes its compiled files for outdated when the time of their source is another.
    os.utime(path, (member.modified, member.modified))


def _make_room(path: str) -> None:
    """Remove what is at *path*: of several members with one name the last one counts."""
    if os.path.lexists(path):
        os.unlink(path)


def _lzma_error() -> type[Exception]:
    """The error for broken data of a packer that not every Python has."""
    try:
        from lzma import LZMAError
    except ImportError:
        return EOFError
    return LZMAError


class _Metered:
    """The bytes of a tar file, of which ``left`` more may be read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell
        self.left = 0

    def read(self, size: int) -> bytes:
        """The next *size* bytes, or fewer at the end."""
        if size > self.left:
            raise ValueError("the header of a member is too large")
        data = self._file.read(size)
        self.left -= len(data)
        return data


def _unpacked(archive: str) -> IO[bytes]:
    """The file *archive*, unpacked as its first bytes tell."""
    import bz2
    import gzip

    with open(archive, "rb") as file:
        begin = file.read(6)
    if begin.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.open(archive))
    if begin.startswith(b"BZh"):
        return bz2.open(archive)
    if begin == b"\xfd7zXZ\0":
        import lzma

        return lzma.open(archive)
    return open(archive, "rb")


def _tar_members(archive: str) -> Iterator[_Member]:
    import tarfile

    with _unpacked(archive) as file:
        metered = _Metered(file)
        metered.left = _LARGEST_TAR_HEADER
        tar = tarfile.TarFile(fileobj=cast(IO[bytes], metered))
        while member := tar.next():
            tar.members.clear()  # type: ignore[attr-defined]  # it would keep them all
            metered.left = member.size
            name, mode, modified = member.name, member.mode, float(member.mtime)
            if member.isreg():
                yield _Member(name, mode, modified, tar.extractfile(member), size=member.size)
            elif member.isdir():
                yield _Member(name, mode, modified)
            elif member.issym():
                yield _Member(name, mode, modified, symlink=member.linkname)
            elif member.islnk():
                yield _Member(name, mode, modified, hardlink=member.linkname)
            # Devices and named pipes are nothing that a job could need.
            metered.left = _LARGEST_TAR_HEADER


def _zip_members(archive: str) -> Iterator[_Member]:
    import zipfile

    with zipfile.ZipFile(archive) as file:
        for info in file.infolist():
            if not info.filename:
                raise ValueError("a member has no name")
            mode = info.external_attr >> 16 or 0o644  # not made on Unix
            modified = time.mktime((*info.date_time, 0, 0, -1))
            if info.is_dir():
                yield _Member(info.filename, mode, modified)
            elif stat.S_ISLNK(mode):
                if info.file_size > _LONGEST_PATH:
                    raise ValueError(f"its link {info.filename} is too long")
                points_to = os.fsdecode(file.read(info))
                yield _Member(info.filename, mode, modified, symlink=points_to)
            else:
                content = file.open(info)
                yield _Member(info.filename, mode, modified, content, size=info.file_size)
