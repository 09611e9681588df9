"""Writes output files compressed by one of Hadoop's codecs, or as they are."""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable
from typing import Protocol

from hadoopless.rules import Codec

#: Takes the bytes of a file.
Sink = Callable[[memoryview], None]

_GZIP = 16 + zlib.MAX_WBITS


class _Compressor(Protocol):
    def compress(self, data: memoryview, /) -> bytes: ...

    def flush(self) -> bytes: ...


def _compressor(codec: Codec) -> _Compressor | None:
    """Levels are those of Hadoop's codecs; a .gz holds no name and no time."""
    if codec is Codec.DEFLATE:
        return zlib.compressobj()
    if codec is Codec.GZIP:
        return zlib.compressobj(wbits=_GZIP)
    if codec is Codec.BZIP2:
        return bz2.BZ2Compressor()
    if codec is Codec.ZSTANDARD:
        import zstandard  # only here: few jobs need it, and loading it takes time

        return zstandard.ZstdCompressor().compressobj()
    return None


class CompressedFile:
    """A file that is being written; ``size`` counts the bytes that went into the sink."""

    def __init__(self, sink: Sink, codec: Codec) -> None:
        self._sink = sink
        self._compressor = _compressor(codec)
        self.size = 0

    def write(self, data: memoryview) -> None:
        """Add *data*."""
        self._put(data if self._compressor is None else memoryview(self._compressor.compress(data)))

    def finish(self) -> None:
        """Write the bytes still held back; even an empty compressed file has some."""
        if self._compressor is not None:
            self._put(memoryview(self._compressor.flush()))

    def _put(self, data: memoryview) -> None:
        self.size += len(data)
        self._sink(data)
