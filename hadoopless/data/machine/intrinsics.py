"""Operations on raw addresses that numba lacks, written in LLVM's language, for the compiler only.

An operation that only writes returns the address behind what it has written: in numba's public
names there is no way to return nothing.
"""
# mypy: ignore-errors
# numba gives its own types to what intrinsics take and return.

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


def _pointer(builder: Any, address: Any, bits: int) -> Any:
    return builder.inttoptr(address, ir.IntType(bits).as_pointer())


def _behind(builder: Any, address: Any, count: int) -> Any:
    return builder.add(address, ir.Constant(address.type, count))


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
        return _behind(builder, args[0], 1)

    return types.int64(types.int64, types.uint8), codegen


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
        return _behind(builder, args[0], 8)

    return types.int64(types.int64, types.uint64), codegen


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
        target, source = (_pointer(builder, one, 8) for one in args[:2])
        memcpy = builder.module.declare_intrinsic(
            "llvm.memcpy", [target.type, source.type, args[2].type]
        )
        is_volatile = ir.Constant(ir.IntType(1), 0)
        builder.call(memcpy, [target, source, args[2], is_volatile])
        return builder.add(args[0], args[2])

    return types.int64(types.int64, types.int64, types.int64), codegen
