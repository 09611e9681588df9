"""Loads, copies and searches on raw addresses for the numba kernels; no policy, no checks.

The kernels work on addresses because their inputs are many buffers of different kinds (numpy
arrays, bytes received, windows of files) that must not be copied together first. Every buffer that
they see ends with :data:`PADDING` readable bytes, so that eight bytes may be loaded at any offset
that holds data.
"""

from __future__ import annotations

from hadoopless.data.machine.kernels import Intrinsic, inlined, types

#: Readable bytes that must follow the data of every buffer handed to a kernel.
PADDING = 16

load8 = Intrinsic("load8")
store8 = Intrinsic("store8")
load64 = Intrinsic("load64")
store64 = Intrinsic("store64")
byteswap = Intrinsic("byteswap")
lowest_bit = Intrinsic("lowest_bit")
copy_large = Intrinsic("copy_large")


@inlined
def load32(address):
    """Four bytes at *address*, the first one lowest; the four behind them are read as well."""
    return types.int64(load64(address) & types.uint64(0xFFFFFFFF))


@inlined
def load32_big(address):
    """Four bytes at *address*, the first one highest; the four behind them are read as well."""
    return types.int64(byteswap(load64(address)) >> types.uint64(32))


@inlined
def store32_big(address, value):
    """Write four bytes at *address*, the highest first."""
    store8(address, types.uint8(value >> 24))
    store8(address + 1, types.uint8(value >> 16))
    store8(address + 2, types.uint8(value >> 8))
    store8(address + 3, types.uint8(value))


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
def copy_exactly(target, source, count):
    """Copy *count* bytes, and leave those behind them as they are."""
    done = 0
    while count - done >= 8:
        store64(target + done, load64(source + done))
        done += 8
    if done < count:
        kept = ~types.uint64(0) << types.uint64(8 * (count - done))
        rest = load64(target + done) & kept
        store64(target + done, rest | (load64(source + done) & ~kept))


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
def find_either(address, end, repeated, other):
    """The first address in [address, end) of one of two bytes, or *end*; as :func:`find`."""
    low = types.uint64(0x0101010101010101)
    high = types.uint64(0x8080808080808080)
    while address < end:
        word = load64(address)
        one = word ^ repeated
        another = word ^ other
        hit = (((one - low) & ~one) | ((another - low) & ~another)) & high
        if hit != 0:
            return min(address + (lowest_bit(hit) >> 3), end)
        address += 8
    return end


@inlined
def same(left, right, count):
    """True when *count* bytes at two addresses are equal."""
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
def key_prefix(address, length):
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
