"""The form of a framed record, and kernels that walk from one frame to the next.

A frame is three numbers of four bytes (little-endian): the lengths of the sort key, the key and the
value (:data:`NULL` for a value that is null); then their bytes. The sort key is left out, its
length 0, where keys are compared as they are.
"""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

import struct

from hadoopless.data.machine.kernels import (
    inlined,
    kernel,
    types,
)
from hadoopless.data.machine.memory import (
    load64,
)
from hadoopless.data.machine.selftest import self_test

#: The length of a value that is null.
NULL = 0xFFFFFFFF
#: Bytes before the contents of a frame.
HEADER = 12
_LOW = 0xFFFFFFFF


@inlined
def frame_size(at):
    """The size of the frame at *at*, by its header."""
    lengths = load64(at)
    sort_length = types.int64(lengths & types.uint64(_LOW))
    key_length = types.int64(lengths >> types.uint64(32))
    value_length = types.int64(load64(at + 8) & types.uint64(_LOW))
    if value_length == NULL:
        value_length = types.int64(0)
    return HEADER + sort_length + key_length + value_length


@kernel
def whole_frames(base, size):
    """Count the bytes in whole frames among *size*; also the least that the next frame wants."""
    at = types.int64(0)
    while size - at >= HEADER:
        length = frame_size(base + at)
        if length > size - at:
            return at, length
        at += length
    return at, types.int64(HEADER)


@self_test(whole_frames)
def _finds_whole_frames(whole_frames):
    data = struct.pack("<3I", 1, 1, NULL) + b"sk" + struct.pack("<3I", 0, 1, 5) + b"kv"
    return whole_frames(data, len(data)) == (14, 18)
