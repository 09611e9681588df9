"""Frames made of pairs, and pairs read from frames that are cut anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hadoopless.data.record.frame_kernels import NULL
from hadoopless.data.record.frames import HEADER_FIELDS, frames_in
from hadoopless.data.record.whole import WholeRecords

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
    return (
        HEADER_FIELDS.pack(len(sort_key), len(key), value_length) + sort_key + key + (value or b"")
    )


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
        yield from ((key, value) for _, key, value in frames_in(view))
