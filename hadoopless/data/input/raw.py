"""Input files: which file an input is, and its bytes, unpacked, for a program.

An input is a regular file: what a pipe gives can be read once, by one process of one machine. Its
size, time of change and inode are pinned when splits are made. A task whose input is another file
by then fails, and so does one whose input changes while it is read: records would be lost or read
twice without a word.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, cast

from msgspec.structs import replace

from hadoopless.codecs import is_compressed, unpacked
from hadoopless.data.input.reading import Reading
from hadoopless.data.program.stdin import write_all
from hadoopless.errors import InputChanged, InputError
from hadoopless.hdfs.located import Located, located
from hadoopless.hdfs.names import HdfsName
from hadoopless.job import FileState, Split

if TYPE_CHECKING:
    from hadoopless.hdfs.files import HdfsReader

_PIECE = 1 << 18

_KINDS = (
    (stat.S_ISDIR, "it is a directory"),
    (stat.S_ISFIFO, "it is a pipe: write it to a file first"),
    (stat.S_ISSOCK, "it is a socket"),
    (stat.S_ISCHR, "it is a device: write what it gives to a file first"),
    (stat.S_ISBLK, "it is a device"),
)


def state_of(name: str, path: Located) -> FileState:
    """The state of the input *name*, which lies at *path*; InputError when it is no file."""
    if isinstance(path, HdfsName):
        from hadoopless.hdfs import files  # only here: few jobs read HDFS

        return files.state_of(path)
    try:
        found = os.stat(path)
    except OSError as error:
        raise InputError(f"cannot read the input {name}: {_reason(path, error)}") from error
    return _regular(name, found)


def pinned(splits: Iterable[Split], cwd: str) -> tuple[Split, ...]:
    """*splits* with the states of their files, each looked at once; InputError."""
    states: dict[str, FileState] = {}

    def pin(piece: Split) -> Split:
        if piece.path not in states:
            states[piece.path] = state_of(piece.path, located(cwd, piece.path))
        return replace(piece, state=states[piece.path])

    return tuple(Split.of(map(pin, split.pieces)) for split in splits)


def open_input(name: str, path: Path, state: FileState | None = None) -> int:
    """Open the input *name*, which lies at *path*, if it is the file that *state* was read of.

    Raises InputError when it cannot be read, InputChanged when it is another one by now.
    """
    try:
        # Opening a pipe would wait for somebody who writes into it.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise InputError(f"cannot read the input {name}: {_reason(path, error)}") from error
    try:
        found = _regular(name, os.fstat(descriptor))
        if state is not None:
            _check(name, state, found)
        os.set_blocking(descriptor, True)  # a program may get this very descriptor
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_file(name: str, path: Located, state: FileState | None = None) -> BufferedReader:
    """The input *name* as :func:`open_input` opens it, also one that lies in HDFS."""
    if not isinstance(path, HdfsName):
        return os.fdopen(open_input(name, path, state), "rb")
    from hadoopless.hdfs import files  # only here: few jobs read HDFS

    if state is not None:
        _check(name, state, files.state_of(path))
    return files.open_file(path)


def check_unchanged(split: Split, locate: Callable[[str], Located]) -> None:
    """Raise InputChanged when a file of *split* is not what it was when the job was planned.

    To be asked when all of it was read: until then it might still change.

    *locate* gives the path of a file.
    """
    for piece in (split, *split.more):
        if piece.state is not None:
            _check(piece.path, piece.state, state_of(piece.path, locate(piece.path)))


def _check(name: str, planned: FileState, found: FileState) -> None:
    same_inode = planned.device != found.device or planned.inode == found.inode
    if (planned.size, planned.mtime_ns) != (found.size, found.mtime_ns) or not same_inode:
        raise InputChanged(
            f"the input {name} has changed since the job was planned (then {planned}; now {found});"
            " run the job again when nobody writes to it any more"
        )


def _regular(name: str, found: os.stat_result) -> FileState:
    for is_kind, reason in _KINDS:
        if is_kind(found.st_mode):
            raise InputError(f"cannot read the input {name}: {reason}")
    return FileState(found.st_size, found.st_mtime_ns, found.st_dev, found.st_ino)


def _reason(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and os.path.islink(path):
        return f"it is a link to {os.readlink(path)}, which does not exist"
    return error.strerror or str(error)


def split_size(split: Split, cwd: str) -> int:
    """The bytes of a split of one piece, as they are in its file; raises InputError."""
    if split.length is not None:
        return split.length
    state = split.state or state_of(split.path, located(cwd, split.path))
    return state.size - split.start


#: Raises if a file that has been opened, by its descriptor and name, may not be read.
Admit = Callable[[int, str], None]


def _admit_all(descriptor: int, name: str) -> None:
    pass


def open_split(
    split: Split, locate: Callable[[str], Located], admit: Admit = _admit_all
) -> int | SplitFeed:
    """Give what feeds *split* to a program: its open file, or a function that writes its bytes.

    *locate* gives the path of a file, and may refuse any file of the split before the first one is
    fed; *admit* may refuse each when it is open. Raises InputError; so does the function.
    """
    for piece in split.more:
        locate(piece.path)
    path = locate(split.path)
    if isinstance(path, HdfsName):
        return SplitFeed(split.pieces, locate, admit)
    descriptor = _open_piece(split, path, admit)
    a_part = split.start or split.length is not None or split.more
    if not a_part and not is_compressed(split.path):
        return descriptor
    # The function opens it again: it is never called when the program cannot start.
    os.close(descriptor)
    return SplitFeed(split.pieces, locate, admit)


def _open_piece(split: Split, path: Path, admit: Admit) -> int:
    descriptor = open_input(split.path, path, split.state)
    try:
        admit(descriptor, split.path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


class SplitFeed:
    """Writes the bytes of a split, unpacked; the last line of each piece but the last is ended."""

    def __init__(
        self, pieces: Sequence[Split], locate: Callable[[str], Located], admit: Admit = _admit_all
    ) -> None:
        """*locate* gives the path of a file; *admit* may refuse it when it is open."""
        self._pieces = pieces
        self._locate = locate
        self._admit = admit
        #: The part of the split that was read.
        self.reading = Reading()

    def __call__(self, target: int) -> None:
        """Write all to *target*; InputError, and BrokenPipeError when nobody wants more."""
        last = b""
        try:
            for piece in self._pieces:
                if last not in (b"", b"\n"):
                    write_all(target, [memoryview(b"\n")])
                feed = self._feed_unpacked if is_compressed(piece.path) else self._feed_stretch
                last = feed(piece, target)
                check_unchanged(piece, self._locate)
        except BrokenPipeError:
            self.reading.stopped_early = True
            raise

    def _feed_stretch(self, split: Split, target: int) -> bytes:
        """Write the bytes of *split* to *target*; returns the last of them, if there are any."""
        path = self._locate(split.path)
        if isinstance(path, HdfsName):
            return self._feed_from_hdfs(split, path, target)
        descriptor = _open_piece(split, path, self._admit)
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
                self.reading.bytes += moved
            self.reading.stretches.append((split.start, at))
            return os.pread(descriptor, 1, at - 1) if at > split.start else b""
        finally:
            os.close(descriptor)

    def _feed_from_hdfs(self, split: Split, path: HdfsName, target: int) -> bytes:
        """The same as :meth:`_feed_stretch` for a file in HDFS."""
        with open_file(split.path, path, split.state) as file:
            reader = cast("HdfsReader", file.raw)
            at, last = split.start, b""
            end = reader.size if split.length is None else split.start + split.length
            for piece in reader.pieces(at, end):
                write_all(target, [piece])
                at += len(piece)
                self.reading.bytes += len(piece)
                last = bytes(piece[-1:])
        self.reading.stretches.append((split.start, at))
        return last

    def _feed_unpacked(self, split: Split, target: int) -> bytes:
        """Write what is in a compressed file to *target*; returns the last byte, if any."""
        last = b""
        with self._opened(split) as file:
            try:
                for piece in unpacked(split.path, file):
                    write_all(target, [memoryview(piece)])
                    last = piece[-1:]
            finally:
                read = file.raw.tell()
                self.reading.bytes += read
        self.reading.stretches.append((0, read))
        return last

    def _opened(self, split: Split) -> BufferedReader:
        path = self._locate(split.path)
        if isinstance(path, HdfsName):
            return open_file(split.path, path, split.state)
        return os.fdopen(_open_piece(split, path, self._admit), "rb")


def _splice(source: int, target: int, count: int, at: int) -> int:
    """Move at most *count* bytes within the kernel; *target* is a pipe."""
    return os.splice(source, target, count, offset_src=at)


def _copy(source: int, target: int, count: int, at: int) -> int:
    data = os.pread(source, count, at)
    write_all(target, [memoryview(data)])
    return len(data)
