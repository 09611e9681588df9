"""Lengths as Hadoop's WritableUtils.writeVInt writes them, for kernels (Python: vint)."""
# mypy: ignore-errors
# numba infers the types of kernels by itself, in its own type system of machine integers.

from __future__ import annotations

from hadoopless.data.machine.kernels import inlined, types
from hadoopless.data.machine.memory import store8


@inlined
def vint_size(number):
    """The count of bytes for *number*, at least 0."""
    if number <= 127:
        return types.int64(1)
    size = types.int64(1)
    while number > 0:
        number >>= 8
        size += 1
    return size


@inlined
def store_vint(address, number):
    """Write *number*, at least 0; returns the address behind it."""
    if number <= 127:
        store8(address, types.uint8(number))
        return address + 1
    size = vint_size(number)
    store8(address, types.uint8(0x91 - size))
    for i in range(1, size):
        store8(address + i, types.uint8(number >> (8 * (size - 1 - i))))
    return address + size
