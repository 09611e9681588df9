"""The secrets with which a user's own processes know each other: one file a worker port.

``workers.py`` writes them anew at each start, readable by its user alone; whoever can read the file
is that user. A fresh secret for each pool means that an impostor on the port of a stopped pool
learns nothing that opens the next one.

Whoever writes a file holds its lock until its end, so that the next one can remove what others, who
were killed, have left.

An account need not have a place for such files: then they lie in a directory of its own below the
directory for temporary files. A pool that a job starts for itself has no files at all: it tells its
token to its coordinator over a pipe.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hadoopless.errors import ForbiddenError, InputError, UsageError, is_out_of_descriptors
from hadoopless.wire.addresses import host_and_port

#: Overrides the files: for workers on other machines.
ENVIRONMENT = "MAPREDUCE_TOKEN"

_NAME = "hadoopless"
#: The directories for temporary files where no variable names one. Who owns what lies there is
#: checked.
TEMPORARY = ("/tmp", "/var/tmp", "/usr/tmp")  # noqa: S108
#: The token that :func:`take` has found in the environment.
_taken: str | None = None
#: The tokens of servers that this process has started, by their URLs.
_known: dict[str, str] = {}
#: The descriptors that hold the locks of files that this process has written, by their URLs.
_locks: dict[str, int] = {}


def take() -> None:
    """Take the token out of the environment of this process; UsageError if it can be none.

    Programs of the same user can read that environment as it was at the start of the process, so
    it is overwritten there.
    """
    global _taken
    token = os.environ.get(ENVIRONMENT)
    if not token:
        return
    if not token.isprintable() or " " in token:
        raise UsageError(f"{ENVIRONMENT} must be one word; it has blanks or control characters")
    import ctypes  # only here: few have the variable

    system = ctypes.CDLL(None)
    system.getenv.restype = ctypes.c_void_p
    address = system.getenv(ENVIRONMENT.encode())
    if address:
        ctypes.memset(address, 0, len(os.fsencode(token)))
    del os.environ[ENVIRONMENT]
    _taken = token


@contextmanager
def put_back() -> Iterator[None]:
    """Let the environment be in the end as it is now, though :func:`take` is called meanwhile.

    It belongs to a program of somebody else, which may start others that need the token.
    """
    global _taken
    token, before = os.environ.get(ENVIRONMENT), _taken
    try:
        yield
    finally:
        if token:
            os.environ[ENVIRONMENT], _taken = token, before


def given() -> str | None:
    """The token that the user has given in the environment, if there is one."""
    return _taken or os.environ.get(ENVIRONMENT) or None


def new_token() -> str:
    """A secret that cannot be guessed, or the one that the environment dictates."""
    import secrets  # only here: who only reads tokens would pay for it

    return given() or secrets.token_urlsafe(32)


def directories() -> Iterator[Path]:
    """The directories where the files may lie, the best one first.

    They are the user's runtime directory, the state directory, and one below each directory
    for temporary files, which every account can write.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and os.access(runtime, os.W_OK):
        yield Path(runtime, _NAME)
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    if os.path.isabs(state):  # there may be no HOME, and no entry for the user either
        yield Path(state, _NAME)
    for directory in _temporary() or TEMPORARY[:1]:
        yield Path(directory, f"{_NAME}-{os.getuid()}")


def _temporary() -> dict[str, None]:
    """The directories for temporary files that can be written, in the order of Python's tempfile.

    Nothing is written to find them. A signal may end this process at any time, and would leave the
    file with which tempfile tries a directory. The disk of the first one may be full.
    """
    named = (os.environ.get(name, "") for name in ("TMPDIR", "TEMP", "TMP"))
    return {
        os.path.abspath(directory): None
        for directory in (*named, *TEMPORARY)
        if directory and os.path.isdir(directory) and os.access(directory, os.W_OK | os.X_OK)
    }


def _file_name(url: str) -> str:
    """The name of the file with the secret of the worker at *url*.

    Each loopback address has ports of its own, so each has files of its own.
    """
    host, port = host_and_port(url)
    name = "127.0.0.1" if host == "localhost" else host.replace(":", "_")
    return f"{name}-{port}.token"


def know(url: str, token: str) -> None:
    """Let this process use *token* for *url*, whatever any file says."""
    _known[url] = token


def write(url: str, token: str) -> Path:
    """Write *token* for *url* to the first directory that takes it, mode 0600 from the beginning.

    A directory that belongs to another user is no place for it. Raises ForbiddenError where other
    users could change the file, InputError where no directory can be written.
    """
    problems = []
    for directory in directories():
        path = directory / _file_name(url)
        try:
            lock = _write(path, token)
        except OSError as error:
            problems.append(f"{directory}: {error.strerror}")
            continue
        _let_go(url)
        _locks[url] = lock
        _forget_elsewhere(path)
        return path
    raise InputError(
        f"there is no place for the token of {url} ({'; '.join(problems)}); set XDG_RUNTIME_DIR or"
        " TMPDIR to a directory that can be written"
    )


def _forget_elsewhere(written: Path) -> None:
    """Remove what a pool that was killed has left in other directories for the same worker."""
    for directory in directories():
        if directory != written.parent:
            try:
                (directory / written.name).unlink(missing_ok=True)
            except OSError:
                pass  # where nothing can be removed, nothing could be written either


def _write(path: Path, token: str) -> int:
    """Write *token* to *path*; returns a descriptor that holds the lock of the file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_shared(path.parent)
    with _alone_in(path.parent):
        _remove_leftovers(path.parent)
        beside = path.with_suffix(f".{os.getpid()}.new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "w", closefd=False) as file:
                file.write(token)
            with suppress(OSError):  # a file system without locks, where nobody removes anything
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.replace(beside, path)
        except OSError:
            os.close(descriptor)
            beside.unlink(missing_ok=True)
            raise
    return descriptor


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Let no other process of this user write to *directory* meanwhile."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _remove_leftovers(directory: Path) -> None:
    """Remove the tokens of servers that were killed: nobody holds the locks of their files."""
    for path in directory.glob("*.token"):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            if os.fstat(descriptor).st_uid == os.getuid():
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
        except OSError:
            pass  # its server lives
        finally:
            os.close(descriptor)


def _let_go(url: str) -> None:
    """Hold the lock for *url* no longer."""
    if url in _locks:
        os.close(_locks.pop(url))


def _refuse_shared(path: Path) -> None:
    status = path.lstat()
    if status.st_uid != os.getuid():
        raise PermissionError(errno.EPERM, "it belongs to another user")
    if not stat.S_ISDIR(status.st_mode) or stat.S_IMODE(status.st_mode) & 0o022:
        raise ForbiddenError(f"{path} can be written by other users; tokens cannot be kept there")


def read(url: str) -> str | None:
    """The secret for *url*, or None when there is none that we may trust."""
    told = _known.get(url) or given()
    if told:
        return told
    found = (_read(directory / _file_name(url)) for directory in directories())
    return next(filter(None, found), None)


def _read(path: Path) -> str | None:
    try:
        _refuse_shared(path.parent)
        status = path.stat()
        if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
            return None
        return path.read_text().strip() or None
    except ForbiddenError:
        return None
    except OSError as error:
        if is_out_of_descriptors(error):
            raise  # there may be a token
        return None


def remove(url: str, token: str) -> None:
    """Remove the files for *url* that still hold *token*."""
    for directory in directories():
        path = directory / _file_name(url)
        try:
            if path.read_text() == token:
                path.unlink()
        except OSError:
            pass  # gone already
    _let_go(url)
