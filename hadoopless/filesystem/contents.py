"""Changes to real files: copies, moves, deletions. Knows local paths only.

Hadoop's local file system keeps a checksum beside each file (``.name.crc``). This project writes
none, but it moves and deletes the checksum with its file: a checksum that stayed would make Hadoop
take another file of that name for damaged.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import FileIO
from typing import BinaryIO, Protocol

_PIECE = 1 << 20


class Readable(Protocol):
    """An object that bytes can be read from."""

    def read(self, size: int, /) -> bytes | None:
        """Return at most *size* bytes, none at the end."""


def pieces(source: Readable) -> Iterator[bytes]:
    """All bytes of *source*, in pieces."""
    while piece := source.read(_PIECE):
        yield piece


def write_whole(target: str, data: Iterable[bytes], *, directly: bool = False) -> None:
    """Write *data* to the file *target*. Unless *directly*, the file gets its name when it is
    complete. Directories are made as needed.
    """
    os.makedirs(os.path.dirname(target), exist_ok=True)
    # If several processes write the same target, the last one wins, as a whole.
    beside = target if directly else f"{target}.{os.getpid()}._COPYING_"
    # The open is not within the try: if the name is taken, that file belongs to somebody else.
    out = open(beside, "wb" if directly else "xb", buffering=0)  # noqa: SIM115 - closed below
    try:
        with out:
            if directly:
                _set_mode_of_new(out)
            for piece in data:
                _write_all(out, piece)
        if not directly:
            os.replace(beside, target)
    except BaseException:
        if not directly:
            _remove_file(beside)
        raise
    _remove_file(_checksum_of(target))


def _set_mode_of_new(out: FileIO) -> None:
    """Give a file the mode of a new one, as Hadoop does when it writes one anew."""
    if stat.S_ISREG(os.fstat(out.fileno()).st_mode):
        mask = os.umask(0)
        os.umask(mask)
        with suppress(PermissionError):  # it belongs to somebody else
            os.fchmod(out.fileno(), 0o666 & ~mask)


def append(target: str, data: Iterable[bytes]) -> None:
    """Append *data* to *target*."""
    with open(target, "ab") as out:
        out.writelines(data)
    _remove_file(_checksum_of(target))


def truncate(target: str, length: int) -> None:
    """Cut *target* to *length* bytes."""
    os.truncate(target, length)
    _remove_file(_checksum_of(target))


def remove(path: str) -> None:
    """Remove a file, or a directory with all that is in it; links are not followed."""
    if os.path.isdir(path) and not os.path.islink(path):
        import shutil  # Seldom needed.

        try:
            shutil.rmtree(path)
        except OSError as error:
            error.filename = path  # it may hold a name within the directory, without the way to it
            raise
    else:
        os.unlink(path)
        _remove_file(_checksum_of(path))


def remove_empty(directory: str) -> None:
    """Remove a directory that holds nothing but checksums."""
    for name in os.listdir(directory):
        if name.startswith(".") and name.endswith(".crc"):
            os.unlink(os.path.join(directory, name))
    os.rmdir(directory)


def move(source: str, target: str) -> None:
    """Rename *source*; if *target* is on another disk, copy and delete it."""
    checksum = _checksum_of(source)
    try:
        os.rename(source, target)
    except OSError as error:
        import errno
        import shutil

        if error.errno != errno.EXDEV:
            raise
        shutil.move(source, target)
    if os.path.exists(checksum):
        os.replace(checksum, _checksum_of(target))


def is_within(path: str, directory: str) -> bool:
    """True if *path* is *directory* or lies below it, with links resolved."""
    inner, outer = os.path.realpath(path), os.path.realpath(directory)
    return os.path.commonpath((inner, outer)) == outer


def _checksum_of(path: str) -> str:
    directory, name = os.path.split(path)
    return os.path.join(directory, f".{name}.crc")


def _remove_file(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass  # Most files have no checksum.


def _write_all(out: BinaryIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[out.write(view) :]
