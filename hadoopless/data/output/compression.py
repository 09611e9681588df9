"""Output files as a job wants them: packed by one of Hadoop's codecs, or not at all."""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable
from typing import Protocol

from hadoopless.rules import Codec

#: Takes the bytes of a file.
Sink = Callable[[memoryview], None]

_GZIP = 16 + zlib.MAX_WBITS


class _Packer(Protocol):
    def compress(self, data: memoryview, /) -> bytes: ...

    def flush(self) -> bytes: ...


def _packer(codec: Codec) -> _Packer | None:
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


class PackedFile:
    """A file that is being written; ``size`` is what went into the sink."""

    def __init__(self, sink: Sink, codec: Codec) -> None:
        self._sink = sink
        self._packer = _packer(codec)
        self.size = 0

    def write(self, data: memoryview) -> None:
        """Add *data*."""
        self._put(data if self._packer is None else memoryview(self._packer.compress(data)))

    def finish(self) -> None:
        """Write what is still held back: even an empty file has what its codec begins it with."""
        if self._packer is not None:
            self._put(memoryview(self._packer.flush()))

    def _put(self, data: memoryview) -> None:
        self.size += len(data)
        self._sink(data)
