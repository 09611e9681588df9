"""Lengths as Hadoop's WritableUtils.writeVInt writes them, in Python (kernels: vint_kernels)."""

from __future__ import annotations


def vint(number: int) -> bytes:
    """*number* (at least 0): a byte up to 127, else a count of bytes and these, highest first."""
    if number <= 127:
        return bytes([number])
    digits = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return bytes([0x90 - len(digits)]) + digits


def serialised_text(data: bytes) -> bytes:
    """*data* as Hadoop's Text.write has it: the length and the bytes."""
    return vint(len(data)) + data
