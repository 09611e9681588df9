"""Framed records, one by one: for what is not worth a kernel. The form: ``frame_kernels.py``."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from mapreduce.data.frame_kernels import HEADER
from mapreduce.data.key_kernels import NULL
from mapreduce.data.whole_records import WholeRecords

_HEADER = struct.Struct("<III")

#: A key and its value, which may be null.
Pair = tuple[bytes, bytes | None]


def pack(pairs: Iterable[Pair], sort_keys: Iterable[bytes] | None = None) -> bytes:
    """*pairs* as frames, in their order; without *sort_keys* they are compared by key."""
    if sort_keys is None:
        return b"".join([_frame(b"", key, value) for key, value in pairs])
    return b"".join(
        [
            _frame(sort_key, key, value)
            for sort_key, (key, value) in zip(sort_keys, pairs, strict=True)
        ]
    )


def _frame(sort_key: bytes, key: bytes, value: bytes | None) -> bytes:
    value_length = NULL if value is None else len(value)
    return _HEADER.pack(len(sort_key), len(key), value_length) + sort_key + key + (value or b"")


def whole_frames(pieces: Iterable[memoryview]) -> Iterator[memoryview]:
    """The same bytes in views that hold whole frames only, each valid until the next.

    *pieces* may be cut anywhere. Raises EOFError when they end within a frame.
    """
    records = WholeRecords(framed=True)
    for piece in pieces:
        yield from records.of(piece)
    records.check_end()


def iterate(pieces: Iterable[memoryview]) -> Iterator[Pair]:
    """The pairs in frames that may be cut anywhere; EOFError as :func:`whole_frames`."""
    for view in whole_frames(pieces):
        at = 0
        while at < len(view):
            sort_length, key_length, value_length = _HEADER.unpack_from(view, at)
            key = at + HEADER + sort_length
            at = key + key_length
            if value_length == NULL:
                yield bytes(view[key:at]), None
                continue
            yield bytes(view[key:at]), bytes(view[at : at + value_length])
            at += value_length
