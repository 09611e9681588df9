"""Feeds the bytes of a split to a program as they are; compressed files are unpacked."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from hadoopless.codecs import is_compressed, unpacked
from hadoopless.data.program.stdin import Feeder, write_all
from hadoopless.errors import InputError
from hadoopless.job import Split

_PIECE = 1 << 18


def open_input(name: str, path: Path) -> int:
    """Open the input *name*, which lies at *path*; raises InputError when it cannot be read."""
    if os.path.isdir(path):  # Path.is_dir() raises for names that are too long
        raise InputError(f"cannot read the input {name}: it is a directory")
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise InputError(f"cannot read the input {name}: {error.strerror}") from error


def open_split(split: Split, locate: Callable[[str], Path]) -> int | Feeder:
    """Give what feeds *split* to a program: its open file, or a function that writes its bytes.

    *locate* gives the path of a file, and may refuse any file of the split before the first one is
    fed. The last line of each piece but the last is ended. Raises InputError; so does the function.
    """
    first, *others = split.pieces
    for piece in others:
        locate(piece.path)
    descriptor = open_input(first.path, locate(first.path))
    if split.whole and not is_compressed(split.path):
        return descriptor
    # The function opens it again: it is never called when the program cannot start.
    os.close(descriptor)
    return lambda target: _feed_pieces(split.pieces, locate, target)


def _feed_pieces(pieces: Sequence[Split], locate: Callable[[str], Path], target: int) -> None:
    last = b""
    for piece in pieces:
        if last not in (b"", b"\n"):
            write_all(target, [memoryview(b"\n")])
        feed = _feed_unpacked if is_compressed(piece.path) else _feed_stretch
        last = feed(piece, locate(piece.path), target)


def _feed_stretch(split: Split, path: Path, target: int) -> bytes:
    """Write the bytes of *split* to *target*; returns the last of them, if there are any."""
    descriptor = open_input(split.path, path)
    can_splice = hasattr(os, "splice") and stat.S_ISFIFO(os.fstat(target).st_mode)
    move = _splice if can_splice else _copy
    at = split.start
    end = None if split.length is None else split.start + split.length
    try:
        while end is None or at < end:
            count = _PIECE if end is None else min(_PIECE, end - at)
            moved = move(descriptor, target, count, at)
            if moved == 0:
                break
            at += moved
        return os.pread(descriptor, 1, at - 1) if at > split.start else b""
    finally:
        os.close(descriptor)


def _splice(source: int, target: int, count: int, at: int) -> int:
    """Move at most *count* bytes within the kernel; *target* is a pipe."""
    return os.splice(source, target, count, offset_src=at)


def _copy(source: int, target: int, count: int, at: int) -> int:
    data = os.pread(source, count, at)
    write_all(target, [memoryview(data)])
    return len(data)


def _feed_unpacked(split: Split, path: Path, target: int) -> bytes:
    """Write what is in a compressed file to *target*; returns the last byte, if there is any."""
    last = b""
    with os.fdopen(open_input(split.path, path), "rb") as file:
        for piece in unpacked(split.path, file):
            write_all(target, [memoryview(piece)])
            last = piece[-1:]
    return last
