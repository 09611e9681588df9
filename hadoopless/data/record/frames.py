"""Reads framed records one by one, where no kernel is worth the effort (see ``frame_kernels``)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from hadoopless.data.record.frame_kernels import HEADER, NULL

#: Lengths of the sort key, the key and the value, which may be NULL.
HEADER_FIELDS = struct.Struct("<III")

#: Sort key (empty where keys are compared as they are), key, and value or None.
Frame = tuple[bytes, bytes, bytes | None]


def frames_in(stretch: memoryview) -> Iterator[Frame]:
    """The records of whole frames."""
    at = 0
    while at < len(stretch):
        sort_length, key_length, value_length = HEADER_FIELDS.unpack_from(stretch, at)
        key = at + HEADER + sort_length
        value = key + key_length
        sort_key = bytes(stretch[key - sort_length : key])
        if value_length == NULL:
            at = value
            yield sort_key, bytes(stretch[key:value]), None
        else:
            at = value + value_length
            yield sort_key, bytes(stretch[key:value]), bytes(stretch[value:at])
