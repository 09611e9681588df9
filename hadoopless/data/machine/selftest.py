"""Self-tests: each kernel computes a small known result before its machine code is used.

A self-test stands below its kernel::

    @self_test(count_lines)
    def _counts_lines(count_lines):
        return count_lines(b"a\\n\\nb\\n", 6) == 3

It is given the kernel that is to be tested, and returns whether the result is the known one. Where
the kernel wants an address, it may give bytes to be read, or an array to be written to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np

from hadoopless.data.machine.buffers import Buffer, new_buffer
from hadoopless.data.machine.kernels import Kernel, UInt32s

Test = TypeVar("Test", bound=Callable[..., bool])


def self_test(kernel: Any) -> Callable[[Test], Test]:
    """Let the decorated function be the test of *kernel*."""

    def declare(test: Test) -> Test:
        kernel.test = test
        return test

    return declare


def failing(kernels: Iterable[Kernel]) -> list[str]:
    """The names of those *kernels* that compute something else than they should."""
    return [
        kernel.name
        for kernel in kernels
        if kernel.test is not None and not kernel.test(with_addresses(kernel))
    ]


def uint32s(*numbers: int | Sequence[int]) -> UInt32s:
    """Numbers, or rows of numbers, as an array argument of a kernel."""
    return np.array(numbers, np.uint32)


def with_addresses(kernel: Kernel) -> Callable[..., Any]:
    """*kernel*, which is given bytes and arrays also where it wants addresses."""

    def call(*arguments: Any) -> Any:
        kept = []  # the memory must live as long as the call
        words = []
        for argument, kind in zip(arguments, kernel.kinds, strict=True):
            if kind == "" and not isinstance(argument, int):
                memory = padded(argument) if isinstance(argument, bytes) else argument
                kept.append(memory)
                words.append(memory.ctypes.data)
            else:
                words.append(argument)
        return kernel(*words)

    return call


def padded(data: bytes) -> Buffer:
    """*data* in memory that a kernel may read and write."""
    buffer = new_buffer(len(data))
    buffer[: len(data)] = np.frombuffer(data, np.uint8)
    buffer[len(data) :] = 0
    return buffer
