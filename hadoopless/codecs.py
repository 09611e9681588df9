"""The formats of compressed inputs: the endings of their names, and how each is unpacked.

The ending of a name decides, as in Hadoop's CompressionCodecFactory, which knows fewer endings. A
compressed file is always one split. The libraries are loaded when they are needed: few jobs read
compressed inputs.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from io import BufferedIOBase
from operator import methodcaller
from typing import IO

from msgspec import Struct

from hadoopless.errors import InputError
from hadoopless.faults import BadInput

#: Unpacked bytes of one piece, about.
_PIECE = 1 << 18
#: Compressed bytes that are unpacked at once: a block of four bytes may stand for 128 KiB.
_COMPRESSED_PIECE = 1 << 12


class Damaged(Exception):
    """The data is not of the format; the text says why."""


#: The errors of the functions that unpack, when the data is damaged or cannot be read.
DAMAGE = (Damaged, OSError, EOFError, zlib.error)


class _Format(Struct, frozen=True):
    """Two ways to unpack a format: a function, and a shell command before the name of a file."""

    unpack: Callable[[IO[bytes]], Iterator[bytes]] | None = None
    command: str | None = None


def unpacking_command(name: str) -> str | None:
    """The shell command that writes the contents of the compressed file *name*, put behind it.

    None: there is no such command, or the file is not compressed.
    """
    return _format_of(name).command


def unpacked(name: str, file: IO[bytes]) -> Iterator[bytes]:
    """The contents of *file*, a compressed file called *name*, in pieces; none of them is empty.

    Raises InputError for what nothing here unpacks, BadInput for what is broken.
    """
    unpack = _format_of(name).unpack
    if unpack is None:
        raise InputError(
            f"cannot unpack the input {name}: there is no library for it here;"
            " pack it as .gz, .bz2, .xz or .zst, or not at all"
        )
    try:
        yield from unpack(file)
    except DAMAGE as error:
        raise BadInput(f"cannot be unpacked: {name}: {error}") from error


def gunzipped(file: IO[bytes]) -> Iterator[bytes]:
    """The contents of a .gz file in pieces; raises DAMAGE."""
    import gzip

    # Python takes a file without a byte for a good one, Hadoop does not.
    if _is_empty(file):
        raise Damaged("it is empty")
    yield from _pieces(gzip.GzipFile(fileobj=file))


def bunzipped(file: IO[bytes]) -> Iterator[bytes]:
    """The contents of a .bz2 file in pieces; raises DAMAGE."""
    import bz2

    # Hadoop takes a file without a byte for a good one, Python does not.
    if not _is_empty(file):
        yield from _pieces(bz2.BZ2File(file))


def unzstd(file: IO[bytes]) -> Iterator[bytes]:
    """The contents of a .zst file in pieces; raises DAMAGE.

    Frames are counted: the library's own reader takes a file that was cut off for a whole one.
    """
    import zstandard

    decompressor = zstandard.ZstdDecompressor()
    frame = None
    while data := file.read(_COMPRESSED_PIECE):
        while data:
            frame = frame or decompressor.decompressobj()
            try:
                piece = frame.decompress(data)
            except zstandard.ZstdError as error:
                raise Damaged(str(error)) from error
            if piece:
                yield piece
            data = frame.unused_data
            if frame.eof:
                frame = None
    if frame is not None:
        raise Damaged("it ends in the middle of a frame")


def unxz(file: IO[bytes]) -> Iterator[bytes]:
    """The contents of a .xz or .lzma file in pieces; raises DAMAGE.

    Streams are read one by one: the library's own reader ignores garbage behind the last one.
    """
    import lzma

    data = file.read(_COMPRESSED_PIECE)
    if not data:
        raise Damaged("it is empty")
    try:
        while data:
            stream = lzma.LZMADecompressor()
            while not stream.eof:
                if stream.needs_input and not data:
                    raise Damaged("it ends in the middle of a stream")
                if piece := stream.decompress(data, _PIECE):
                    yield piece
                data = file.read(_COMPRESSED_PIECE) if stream.needs_input else b""
            data = _behind_padding(stream.unused_data, file)
    except lzma.LZMAError as error:
        raise Damaged(str(error)) from error


def _behind_padding(data: bytes, file: IO[bytes]) -> bytes:
    """Skip the NULs that may stand between streams of .xz; returns some bytes behind them."""
    while True:
        data = data.lstrip(b"\0") or file.read(_COMPRESSED_PIECE)
        if data[:1] != b"\0":
            return data


def _inflated(file: IO[bytes]) -> Iterator[bytes]:
    """The contents of a .deflate file, stream after stream, as Hadoop's DecompressorStream."""
    data = file.read(_COMPRESSED_PIECE)
    if not data:
        raise Damaged("it is empty")
    while data:
        stream = zlib.decompressobj()
        while not stream.eof:
            if not data:
                raise Damaged("it ends in the middle of a stream")
            piece = stream.decompress(data)
            if piece:
                yield piece
            data = stream.unused_data or file.read(_COMPRESSED_PIECE)


def _is_empty(file: IO[bytes]) -> bool:
    nothing = not file.read(1)
    file.seek(0)
    return nothing


def _pieces(reader: BufferedIOBase) -> Iterator[bytes]:
    while piece := reader.read(_PIECE):
        yield piece


#: Unpacks a .deflate file stream after stream; there is no usual tool for it.
_INFLATE = (
    'python3 -c \'import sys, zlib; data = open(sys.argv[1], "rb").read();'
    ' exec("while data: stream = zlib.decompressobj();'
    " sys.stdout.buffer.write(stream.decompress(data)); data = stream.unused_data\")'"
)

_OF_HADOOP = {
    ".gz": _Format(gunzipped, "gzip -dc"),
    ".bz2": _Format(bunzipped, "bzip2 -dc"),
    ".deflate": _Format(_inflated, _INFLATE),
    ".zst": _Format(unzstd, "zstd -dc"),
    # Hadoop reads these with native libraries only.
    ".snappy": _Format(),
    ".lz4": _Format(),
}
_FORMATS = _OF_HADOOP | {
    ".xz": _Format(unxz, "xz -dc"),
    ".lzma": _Format(unxz, "xz -dc"),
}

#: The endings of the names of compressed files, in plain jobs and for Hadoop.
ENDINGS = tuple(_FORMATS)
HADOOP_ENDINGS = tuple(_OF_HADOOP)

#: Say if the ending of a name is that of a compressed file, in a plain job or for Hadoop.
is_compressed: Callable[[str], bool] = methodcaller("endswith", ENDINGS)
is_compressed_for_hadoop: Callable[[str], bool] = methodcaller("endswith", HADOOP_ENDINGS)


def _format_of(name: str) -> _Format:
    return next((_FORMATS[ending] for ending in ENDINGS if name.endswith(ending)), _Format())
