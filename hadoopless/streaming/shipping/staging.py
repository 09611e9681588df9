"""Copies the files that go with a job, because programs may change the files that they see."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from types import TracebackType

from hadoopless.data.program.locked_directory import LockedDirectory
from hadoopless.data.program.trees import checked_name
from hadoopless.entry.directories import temporary_directory
from hadoopless.errors import DiskError, InputError
from hadoopless.filesystem import anywhere
from hadoopless.filesystem.contents import is_within
from hadoopless.hdfs.names import is_hdfs
from hadoopless.streaming.shipping.archives import cannot, is_archive, unpack

_PREFIX = "mapreduce-files-"
_PIECE = 1 << 20


class Staging:
    """A directory for the files of one job, and their names in the directories of its tasks.

    A context manager. There is no directory before the first file.
    """

    def __init__(self, base: str | None = None) -> None:
        """*base*: where to make the directory; None: where temporary files go."""
        self._base = base
        self._directory: LockedDirectory | None = None
        self._count = 0
        self._links: dict[str, str] = {}

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """For :attr:`Rules.links`: names -> absolute paths; of two with one name the first one."""
        return tuple(self._links.items())

    def add_file(self, path: str, name: str | None = None) -> None:
        """Copy a file, or a directory with all in it; *name* replaces its own name.

        Files can be executed, as those that Hadoop's nodes have fetched. Raises InputError,
        DiskError, UsageError.
        """
        self._add(path, name, _copy)

    def add_archive(self, path: str, name: str | None = None) -> None:
        """Unpack an archive into a directory; copy a file whose name is not that of an archive.

        With the *name* ``.``, all that is in the archive is in the directories of tasks.
        """
        self._add(path, name, unpack if is_archive(path) and not os.path.isdir(path) else _copy)

    def add_bundled(self, path: str) -> None:
        """Copy a file of ``-file``; or a directory, which has its own name and those of its files.

        Hadoop ships it as ``-files`` does, and its files in a jar, without the directory.
        """
        target = self._add(path, None, _copy)
        if os.path.isdir(target):
            for name in sorted(os.listdir(target)):
                self._links.setdefault(checked_name(name), os.path.join(target, name))

    def link(self, path: str, name: str) -> None:
        """Let tasks find the file itself, without a copy; raises UsageError."""
        self._links.setdefault(checked_name(name), os.path.abspath(path))

    def _add(self, path: str, name: str | None, make: Callable[[str, str], None]) -> str:
        if is_hdfs(path):
            make = _fetched(make)
        own_name = os.path.basename(path if is_hdfs(path) else os.path.abspath(path))
        if not anywhere.exists(path):
            raise InputError(f"File {path} does not exist")
        link = name if name == "." else checked_name(name or own_name)
        try:
            place = self._new_place()
        except OSError as error:
            raise DiskError(
                f"cannot make a directory for the files of the job, {error.filename}:"
                f" {error.strerror}; set TMPDIR to another one"
            ) from error
        target = os.path.join(place, own_name)
        make(path, target)
        if link == "." and os.path.isdir(target):
            for inner in sorted(os.listdir(target)):
                self._links.setdefault(inner, os.path.join(target, inner))
        else:
            self._links.setdefault(own_name if link == "." else link, target)
        return target

    def _new_place(self) -> str:
        """A new directory within that of the job: two files may have one name."""
        if self._directory is None:
            directory = LockedDirectory(self._base or temporary_directory(), _PREFIX)
            directory.make()
            self._directory = directory
        place = os.path.join(self._directory.path, str(self._count))
        self._count += 1
        os.mkdir(place)
        return place

    def close(self) -> None:
        """Remove all copies."""
        if self._directory is not None:
            self._directory.remove()
            self._directory = None
            self._links = {}

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _fetched(make: Callable[[str, str], None]) -> Callable[[str, str], None]:
    """Do as *make* does, with a file of HDFS that is fetched first."""

    def fetch(source: str, target: str) -> None:
        if anywhere.is_directory(source):
            os.mkdir(target)
            for name in anywhere.names_of(source):
                fetch(os.path.join(source, name), os.path.join(target, name))
            return
        place = target if make is _copy else f"{target}.fetched{os.path.splitext(source)[1]}"
        with anywhere.open_file(source) as file, open(place, "wb") as copy:
            shutil.copyfileobj(file, copy, _PIECE)
        os.chmod(place, 0o755)  # noqa: S103 - in a directory of ours
        if place != target:
            make(place, target)
            os.unlink(place)

    return fetch


def _copy(source: str, target: str) -> None:
    try:
        if os.path.isdir(source):
            if is_within(target, source):
                raise InputError(
                    f"{source} cannot be copied into itself, {target}; set TMPDIR to a directory"
                    " outside of it"
                )
            shutil.copytree(source, target, copy_function=_copy_file, ignore_dangling_symlinks=True)
        else:
            _copy_file(source, target)
    except shutil.Error as error:
        path, _, reason = error.args[0][0]
        raise InputError(f"{path} cannot be copied: {reason}") from error
    except OSError as error:
        raise cannot("copied", source, error) from error


def _copy_file(source: str, target: str) -> str:
    status = os.stat(source)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(f"{source} is no file")
    shutil.copyfile(source, target)
    os.chmod(target, stat.S_IMODE(status.st_mode) | 0o511)  # noqa: S103 - in a directory of ours
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    return target
