"""Loads, copies and searches on raw addresses for the numba kernels; no policy, no checks.

The kernels work on addresses because their inputs are many buffers of different kinds (numpy
arrays, bytes received, windows of files) that must not be copied together first. Every buffer that
they see ends with :data:`PADDING` readable bytes, so that eight bytes may be loaded at any offset
that holds data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

#: Readable bytes that must follow the data of every buffer handed to a kernel.
PADDING = 16


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile *function* to machine code that runs without the GIL, cached on disk."""
    return cast(Callable[..., Any], njit(cache=True, nogil=True, boundscheck=False)(function))


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """As :func:`kernel`, put whole into each caller: a call costs as much as a short record."""
    return cast(
        Callable[..., Any],
        njit(cache=True, nogil=True, boundscheck=False, forceinline=True)(function),
    )


def _pointer(builder: Any, address: Any, bits: int) -> Any:
    return builder.inttoptr(address, ir.IntType(bits).as_pointer())


@intrinsic
def load8(typingctx: Any, address: Any) -> Any:
    """The byte at *address*."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_pointer(builder, args[0], 8))

    return types.uint8(types.int64), codegen


@intrinsic
def store8(typingctx: Any, address: Any, value: Any) -> Any:
    """Write one byte at *address*."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[1], _pointer(builder, args[0], 8))
        return context.get_dummy_value()

    return types.void(types.int64, types.uint8), codegen


@intrinsic
def load64(typingctx: Any, address: Any) -> Any:
    """Eight bytes at *address*, the first one lowest."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_pointer(builder, args[0], 64), align=1)

    return types.uint64(types.int64), codegen


@intrinsic
def store64(typingctx: Any, address: Any, value: Any) -> Any:
    """Write eight bytes at *address*, the lowest first."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[1], _pointer(builder, args[0], 64), align=1)
        return context.get_dummy_value()

    return types.void(types.int64, types.uint64), codegen


@intrinsic
def byteswap(typingctx: Any, value: Any) -> Any:
    """The eight bytes of *value* in reverse, so that integers compare as the bytes do."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bswap(args[0])

    return types.uint64(types.uint64), codegen


@intrinsic
def lowest_bit(typingctx: Any, value: Any) -> Any:
    """The index of the lowest set bit; *value* is not 0."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen


@intrinsic
def copy_large(typingctx: Any, target: Any, source: Any, count: Any) -> Any:
    """memcpy of *count* bytes."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        cgutils.raw_memcpy(
            builder, _pointer(builder, args[0], 8), _pointer(builder, args[1], 8), args[2], 1
        )
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), codegen


@inlined
def copy(target, source, count):
    """Copy *count* bytes; may write up to 7 bytes past the end of *target*."""
    if count > 64:
        copy_large(target, source, count)
        return
    done = 0
    while done < count:
        store64(target + done, load64(source + done))
        done += 8


@inlined
def find(address, end, repeated):
    """The first address in [address, end) of the byte that *repeated* holds eight times, or *end*.

    Eight bytes at a time: the trick of ``haszero`` in Anderson's "Bit Twiddling Hacks".
    """
    low = types.uint64(0x0101010101010101)
    high = types.uint64(0x8080808080808080)
    while address < end:
        word = load64(address) ^ repeated
        hit = (word - low) & ~word & high
        if hit != 0:
            found = address + (lowest_bit(hit) >> 3)
            return found if found < end else end
        address += 8
    return end


@inlined
def same(left, right, count):
    """Whether *count* bytes at two addresses are equal."""
    while count >= 8:
        if load64(left) != load64(right):
            return False
        left += 8
        right += 8
        count -= 8
    if count == 0:
        return True
    mask = (types.uint64(1) << types.uint64(8 * count)) - types.uint64(1)
    return ((load64(left) ^ load64(right)) & mask) == 0


@inlined
def compare(left, left_length, right, right_length):
    """Below, at or above 0 as the left bytes sort before, with or after the right ones.

    The order of ``LC_ALL=C sort``: unsigned bytes, a prefix first.
    """
    shorter = min(left_length, right_length)
    done = 0
    while done < shorter:
        a = byteswap(load64(left + done))
        b = byteswap(load64(right + done))
        if a != b:
            rest = shorter - done
            if rest < 8:
                shift = types.uint64(8 * (8 - rest))
                a >>= shift
                b >>= shift
            if a != b:
                return -1 if a < b else 1
        done += 8
    return left_length - right_length


@inlined
def packed_prefix(address, length):
    """The first seven bytes of a key and min(length, 8), as one integer that sorts as keys do.

    Two keys of up to seven bytes are equal exactly when their prefixes are, and never need another
    look; only prefixes with a last byte of 8 leave anything open.
    """
    word = byteswap(load64(address))
    if length >= 7:
        kept = word & ~types.uint64(0xFF)
    else:
        kept = word & ~(~types.uint64(0) >> types.uint64(8 * length))
    return kept | types.uint64(min(length, 8))
