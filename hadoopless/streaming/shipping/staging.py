"""Files that go with a job, in copies of their own: programs may change what their tasks see."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from hadoopless.data.program.trees import checked_name, remove_tree
from hadoopless.errors import DiskError, InputError
from hadoopless.filesystem.contents import is_within
from hadoopless.streaming.shipping.archives import cannot, is_archive, unpack

_PREFIX = "mapreduce-files-"


class Staging:
    """A directory for the files of one job, and their names in the directories of its tasks.

    A context manager. There is no directory before the first file. It is locked as long as we
    live: the next job of this user removes those of killed clients.
    """

    def __init__(self, base: str | None = None) -> None:
        """*base*: where to make the directory; None: where temporary files go."""
        self._base = base
        self._path: str | None = None
        self._lock = -1
        self._count = 0
        self._links: dict[str, str] = {}

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """For :attr:`Rules.links`: names -> absolute paths; of two with one name the first one."""
        return tuple(self._links.items())

    def add_file(self, path: str, name: str | None = None) -> None:
        """Copy a file, or a directory with all in it; *name*: not its own. Raises
        InputError, DiskError, UsageError.

        Files can be executed, as those that Hadoop's nodes have fetched.
        """
        self._add(path, name, _copy)

    def add_archive(self, path: str, name: str | None = None) -> None:
        """Unpack an archive into a directory; what is no archive by its name stays a file."""
        self._add(path, name, unpack if is_archive(path) and not os.path.isdir(path) else _copy)

    def add_bundled(self, path: str) -> None:
        """Copy what ``-file`` names: a file, or what is in a directory, without the directory."""
        if os.path.isdir(path):
            for name in sorted(os.listdir(path)):
                self.add_file(os.path.join(path, name))
        else:
            self.add_file(path)

    def _add(self, path: str, name: str | None, make: Callable[[str, str], None]) -> None:
        own_name = os.path.basename(os.path.abspath(path))
        if not os.path.exists(path):
            raise InputError(f"File {path} does not exist")
        link = checked_name(name or own_name)
        try:
            place = os.path.join(self._directory(), str(self._count))
            self._count += 1
            os.mkdir(place)
        except OSError as error:
            raise DiskError(
                f"cannot make a directory for the files of the job, {error.filename}:"
                f" {error.strerror}; set TMPDIR to another one"
            ) from error
        target = os.path.join(place, own_name)
        make(path, target)
        self._links.setdefault(link, target)

    def _directory(self) -> str:
        # Jobs without files, and all that look at options alone, need not load it.
        import tempfile

        base = os.path.abspath(self._base or tempfile.gettempdir())
        while self._path is None:
            _remove_leftovers(base)
            path = tempfile.mkdtemp(prefix=_PREFIX, dir=base)
            self._lock = _locked(path)
            if self._lock >= 0:
                self._path = path
        return self._path

    def close(self) -> None:
        """Remove all of it."""
        if self._path is not None:
            remove_tree(self._path)
            os.close(self._lock)
            self._path = None
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


def _locked(path: str) -> int:
    """A descriptor that holds the lock of a directory; -1: another one is about to remove it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return -1
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return -1
        if os.path.samestat(os.stat(path), os.fstat(descriptor)):
            return descriptor
    except FileNotFoundError:
        pass
    except OSError:
        return descriptor  # a file system without locks: then nobody removes anything
    os.close(descriptor)
    return -1


def _remove_leftovers(base: str) -> None:
    """Remove the directories of clients that are gone."""
    for path in Path(base).glob(f"{_PREFIX}*"):
        try:
            status = path.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
                continue
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue  # it has just gone
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_tree(str(path))
        except OSError:
            pass  # its client lives
        finally:
            os.close(descriptor)
