"""Keeps what comes over stdin in a file, because each task of a job reads its input by a name.

The file lies in the output directory: workers elsewhere reach that, and it has room for data of
this size. It is locked while its job runs, so that the next job there knows what was left behind.
"""

from __future__ import annotations

import fcntl
import os
import select
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hadoopless.data.input.signatures import check_stream
from hadoopless.entry import typed
from hadoopless.errors import DiskError, InputError, TaskError

_PREFIX = ".mapreduce-stdin."
_PIECE = 1 << 20


@contextmanager
def stdin_in_file(
    output_dir: str, cwd: str, warn: Callable[[str], None], *, alone: bool
) -> Iterator[str]:
    """The path of a file with all that comes over stdin, below *output_dir*; removed at the end.

    An empty one is warned of, unless it is *alone*: then the end of the job tells of it.
    After a task that failed it stays for the line that repeats the task; *warn* tells so. Raises
    InputError, DiskError.
    """
    _check()
    path = Path(cwd, output_dir, _PREFIX + uuid.uuid4().hex)
    target = _new_file(path)
    kept = False
    try:
        _copy(0, target, path)
        if not alone and not os.fstat(target).st_size:
            warn("nothing came over stdin: this input is empty")
        ending, doubts = check_stream("stdin", target)
        for doubt in doubts:
            warn(doubt)
        named = path.with_name(path.name + ending)
        path.rename(named)
        path = named
        try:
            yield os.path.join(output_dir, path.name)
        except TaskError:
            kept = True
            warn(f"what came over stdin is kept in {path}, until the next job in that directory")
            raise
    finally:
        if not kept:
            path.unlink(missing_ok=True)
        os.close(target)


def remove_left_stdin(directory: Path) -> None:
    """Remove the files that jobs with this output *directory* have left, and that no job uses."""
    for path in directory.glob(_PREFIX + "*"):
        with suppress(OSError):  # somebody else's: it harms nobody
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(descriptor)


def _check() -> None:
    if sys.__stdin__ is None:  # sys.stdin may stand for /dev/null then
        raise InputError("cannot read the input -: stdin is closed")
    if os.isatty(0):
        raise InputError(
            "cannot read the input -: stdin is a terminal; give it a file or the output of a"
            f" program, as in: producer | {typed.line('coordinator.py')} …"
        )


def _new_file(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise DiskError(f"cannot write {path}: {error.strerror}") from error
    with suppress(OSError):  # some network file systems know no locks
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def _copy(source: int, target: int, path: Path) -> None:
    while data := _read(source):
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(target, view) :]
        except OSError as error:
            raise DiskError(f"cannot keep stdin in {path}: {error.strerror}") from error


def _read(source: int) -> bytes:
    while True:
        try:
            return os.read(source, _PIECE)
        except BlockingIOError:  # another process has set it so
            select.select([source], [], [])
        except OSError as error:
            raise InputError(f"cannot read the input -: {error.strerror}") from error
