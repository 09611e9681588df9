"""Unpacks compressed inputs, by the ending of their names as Hadoop's CompressionCodecFactory does.

A compressed file is always one split. Numpy and numba stay out of here: the client asks which
files are compressed, too.
"""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from hadoopless.errors import BadInputData, InputError

if TYPE_CHECKING:
    import zstandard

#: Unpacked bytes of one piece, about.
_PIECE = 1 << 18
#: Packed bytes that are unpacked at once: a block of four bytes may stand for 128 KiB.
_PACKED_PIECE = 1 << 12
_NOTHING = "it is empty"
_ENDINGS = (".gz", ".bz2", ".deflate", ".zst")
#: Hadoop reads these with native libraries only.
_UNKNOWN_ENDINGS = (".snappy", ".lz4")


def is_compressed(name: str) -> bool:
    """Whether the ending of *name* says that the file must be unpacked."""
    return name.endswith(_ENDINGS + _UNKNOWN_ENDINGS)


def unpacked(name: str, packed: IO[bytes]) -> Iterator[bytes]:
    """The contents of the compressed file *packed* in pieces, none of them empty.

    Raises InputError for what nothing here unpacks, BadInputData for what is broken.
    """
    if name.endswith(_UNKNOWN_ENDINGS):
        raise InputError(
            f"cannot unpack the input {name}: there is no library for it here;"
            " pack it as .gz, .bz2 or .zst, or not at all"
        )
    pieces, broken = _pieces(name, packed)
    while True:
        try:
            piece = next(pieces, b"")
        except broken as error:
            raise BadInputData(f"cannot be unpacked: {error}", source=name) from error
        if not piece:
            return
        yield piece


def _pieces(name: str, packed: IO[bytes]) -> tuple[Iterator[bytes], tuple[type[Exception], ...]]:
    """The unpacked pieces, and the errors that say that they are broken."""
    if name.endswith(".zst"):
        import zstandard  # only here: few inputs need it, and loading it takes time

        return zstd_pieces(packed, zstandard.ZstdDecompressor()), (zstandard.ZstdError, EOFError)
    if name.endswith(".deflate"):
        return _zlib_pieces(packed), (zlib.error, EOFError)
    return _standard_pieces(name, packed), (OSError, EOFError, zlib.error)


def _standard_pieces(name: str, packed: IO[bytes]) -> Iterator[bytes]:
    # Python takes no bytes at all for a good .gz but not for a good .bz2, Hadoop the reverse.
    is_empty = not packed.read(1)
    packed.seek(0)
    if is_empty:
        if name.endswith(".gz"):
            raise EOFError(_NOTHING)
        return
    reader = gzip.GzipFile(fileobj=packed) if name.endswith(".gz") else bz2.BZ2File(packed)
    while piece := reader.read(_PIECE):
        yield piece


def _zlib_pieces(packed: IO[bytes]) -> Iterator[bytes]:
    """Stream after stream, as Hadoop's DecompressorStream reads them."""
    data = packed.read(_PACKED_PIECE)
    if not data:
        raise EOFError(_NOTHING)
    while data:
        stream = zlib.decompressobj()
        while not stream.eof:
            if not data:
                raise EOFError("it ends in the middle of a stream")
            unpacked = stream.decompress(data)
            if unpacked:
                yield unpacked
            data = stream.unused_data or packed.read(_PACKED_PIECE)


def zstd_pieces(packed: IO[bytes], decompressor: zstandard.ZstdDecompressor) -> Iterator[bytes]:
    """Frame after frame; the library's own reader takes a file that was cut off for a whole one."""
    frame = None
    while data := packed.read(_PACKED_PIECE):
        while data:
            frame = frame or decompressor.decompressobj()
            unpacked = frame.decompress(data)
            if unpacked:
                yield unpacked
            data = frame.unused_data
            if frame.eof:
                frame = None
    if frame is not None:
        raise EOFError("it ends in the middle of a frame")
