"""The commands ``-cat``, ``-text``, ``-head`` and ``-tail``, which show the contents of files."""

from __future__ import annotations

import io
import os
import time
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from hadoopless import codecs
from hadoopless.errors import InputError
from hadoopless.filesystem.command import FsCommand, Item, is_directory, whole_number
from hadoopless.filesystem.contents import pieces

#: The number of bytes that -head and -tail show.
_END = 1024
#: The longest pause between two looks at a file, in seconds, whatever -s says.
_DAY = 86_400.0
_MOST_AT_ONCE = 1 << 20


class Cat(FsCommand):
    """``-cat``."""

    reads_only = True
    usage = "[-ignoreCrc] <src> ..."
    description = """\
Write what is in files to stdout.
-ignoreCrc: changes nothing, there are no checksums"""
    flags = frozenset(("ignoreCrc",))

    def visit(self, item: Item) -> None:
        if item.is_directory:
            raise is_directory(str(item))
        with open(item.file, "rb") as source:
            self.write(self.opened(item, source))

    def opened(self, item: Item, source: BinaryIO) -> Iterator[bytes]:
        """The bytes to be written."""
        return pieces(source)

    def write(self, data: Iterator[bytes]) -> None:
        """Write *data* to stdout."""
        for piece in data:
            try:
                self.terminal.stdout.write(piece)
                self.terminal.stdout.flush()
            except OSError as error:
                raise InputError("Unable to write to output stream.") from error


class Text(Cat):
    """``-text``."""

    description = """\
Write what is in files to stdout, unpacked: what begins as gzip data does, and files whose names
end with .gz, .bz2, .deflate or .zst.
-ignoreCrc: changes nothing, there are no checksums"""

    def opened(self, item: Item, source: BinaryIO) -> Iterator[bytes]:
        head = source.read(3)
        source.seek(0)
        suffix = os.path.splitext(item.place.base)[1]
        if head[:2] == b"\x1f\x8b":
            return _unpacked(source, ".gz")
        if head in (b"SEQ", b"Obj"):
            kind = "sequence" if head == b"SEQ" else "Avro"
            raise InputError(f"`{item}': {kind} files cannot be shown as text here")
        if len(head) < 2 or head[:2] == b"Ob" or suffix not in codecs.HADOOP_ENDINGS:
            return pieces(source)
        return _unpacked(source, suffix)


class Head(Cat):
    """``-head``."""

    usage = "<file>"
    description = "Write the first 1024 bytes of a file to stdout."
    flags = frozenset()
    most = 1

    def expand(self, text: str) -> list[Item]:
        # No pattern is expanded here.
        return [self.item(self.files.place(text))]

    def opened(self, item: Item, source: BinaryIO) -> Iterator[bytes]:
        return iter([source.read(_END)])


class Tail(Head):
    """``-tail``."""

    usage = "[-f] [-s <sleep interval>] <file>"
    description = """\
Write the last 1024 bytes of a file to stdout.
-f: go on with what is appended to it, until Ctrl-C
-s: look for that every so many milliseconds, in place of 5000"""
    flags = frozenset(("f",))
    valued = frozenset(("s",))

    def prepare(self, words: list[str]) -> list[str]:
        options, paths = self.parsed(words)
        self._follow = "f" in options.flags
        pause = (self._follow and options.values.get("s")) or "5000"
        milliseconds = whole_number(pause)
        self._pause = min(milliseconds / 1000, _DAY) if milliseconds > 0 else 5.0
        return paths

    def opened(self, item: Item, source: BinaryIO) -> Iterator[bytes]:
        source.seek(max(source.seek(0, io.SEEK_END) - _END, 0))
        yield from pieces(source)
        while self._follow:
            time.sleep(self._pause)
            if source.seek(0, io.SEEK_CUR) > os.stat(item.file).st_size:
                source.seek(0, io.SEEK_END)
            yield from pieces(source)


def _unpacked(source: BinaryIO, suffix: str) -> Iterator[bytes]:
    if suffix == ".gz":
        return _checked(codecs.gunzipped(source))
    if suffix == ".bz2":
        return _checked(codecs.bunzipped(source))
    if suffix == ".zst":
        return _checked(codecs.unzstd(source))
    if suffix == ".deflate":
        return _inflated(source)
    raise InputError(f"{suffix} files cannot be unpacked here")


def _checked(data: Iterator[bytes]) -> Iterator[bytes]:
    """Hand on *data*; raises InputError where it is damaged."""
    try:
        yield from data
    except codecs.DAMAGE as error:
        raise InputError(f"broken data: {error}") from error


def _inflated(source: BinaryIO) -> Iterator[bytes]:
    inflate = zlib.decompressobj()
    try:
        for piece in pieces(source):
            while piece and not inflate.eof:
                yield inflate.decompress(piece, _MOST_AT_ONCE)
                piece = inflate.unconsumed_tail
        yield inflate.flush()
    except zlib.error as error:
        raise InputError(f"broken data: {error}") from error
    if not inflate.eof:
        raise InputError("Unexpected end of input stream")
