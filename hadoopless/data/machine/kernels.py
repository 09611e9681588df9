"""Kernels: Python functions that numba compiles, once, to machine code that runs without numba.

Importing numba and loading from its cache takes half a second, which a small job must not pay; what
it makes is ordinary code for the processor, which needs neither numba nor Python. So all kernels go
into one object file (:mod:`hadoopless.data.machine.compiler`), which is found by what it was made
of (:mod:`hadoopless.data.machine.cache`) and called by ctypes, which lets go of the GIL.

A kernel declares its arguments: an array by one of the names below, a :data:`UInt64`, or an int64
where nothing is said (a switch, too). It may return nothing, one 64-bit integer or some.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

UInt32s = npt.NDArray[np.uint32]
UInt64s = npt.NDArray[np.uint64]
Int64s = npt.NDArray[np.int64]
#: Arrays of rows.
UInt32Rows = npt.NDArray[np.uint32]
Int64Rows = npt.NDArray[np.int64]
#: An integer of its own, such as a byte eight times.
UInt64 = np.uint64

#: What arrays are called in declarations: type of the items, number of dimensions.
ARRAYS: dict[str, tuple[np.dtype[Any], int]] = {
    "UInt32s": (np.dtype(np.uint32), 1),
    "UInt64s": (np.dtype(np.uint64), 1),
    "Int64s": (np.dtype(np.int64), 1),
    "UInt32Rows": (np.dtype(np.uint32), 2),
    "Int64Rows": (np.dtype(np.int64), 2),
}

#: In kernels, numba's types: the compiler puts them in.
types: Any = object()


class Intrinsic(NamedTuple):
    """Stands for an operation of :mod:`hadoopless.data.machine.intrinsics` until compilation."""

    name: str


class Machine(NamedTuple):
    """A kernel's machine code."""

    call: Callable[..., int]
    #: How many integers it returns.
    results: int


class Kernel:
    """A function that runs as machine code; the first call loads the code of all."""

    def __init__(self, function: FunctionType) -> None:
        self.function = function
        self.name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        code = function.__code__
        annotations = function.__annotations__
        #: The declared type of each argument.
        self.kinds = [annotations.get(name, "") for name in code.co_varnames[: code.co_argcount]]
        self._machine: Machine | None = None

    def __call__(self, *arguments: Any) -> Any:
        machine = self._machine or self._load()
        words: list[int] = []
        for argument, kind in zip(arguments, self.kinds, strict=True):
            if kind == "":
                words.append(argument)
            elif kind == "UInt64":
                words.append(int(argument))
            else:
                words += _words_of(argument, *ARRAYS[kind])
        results = (ctypes.c_int64 * (machine.results or 1))()
        error = ctypes.c_void_p()
        if machine.call(results, ctypes.byref(error), *words):
            raise ArithmeticError(f"{self.name} has failed")
        if machine.results == 1:
            return results[0]
        return tuple(results) if machine.results else None

    def _load(self) -> Machine:
        address, results = load()[self.name]
        words = sum(_WORDS.get(kind, 1) for kind in self.kinds)
        prototype = ctypes.CFUNCTYPE(
            ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * words
        )
        self._machine = Machine(prototype(address), results)
        return self._machine


#: How numba passes an array: owner, parent, items, bytes of one, address, then for each dimension
#: the length, and for each the stride.
_WORDS = {name: 5 + 2 * dimensions for name, (_, dimensions) in ARRAYS.items()}


def _words_of(array: Any, dtype: np.dtype[Any], dimensions: int) -> Iterable[int]:
    if array.dtype != dtype or array.ndim != dimensions or not array.flags.c_contiguous:
        raise TypeError(f"a kernel wants {dtype} in {dimensions} dimension(s), not {array!r}")
    head = (0, 0, array.size, array.itemsize, array.ctypes.data)
    return (*head, *array.shape, *array.strides)


class Part(NamedTuple):
    """A function that only kernels call."""

    function: FunctionType
    inlined: bool


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let *function* run as machine code."""
    return Kernel(cast(FunctionType, function))


def subroutine(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let kernels call *function*, and nobody else."""
    return cast(Callable[..., Any], Part(cast(FunctionType, function), inlined=False))


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """As :func:`subroutine`, put whole into each caller: a call costs as much as a short record."""
    return cast(Callable[..., Any], Part(cast(FunctionType, function), inlined=True))


_loading = threading.Lock()
_code: dict[str, tuple[int, int]] = {}


def load() -> dict[str, tuple[int, int]]:
    """Address and number of results of each kernel; compiles all, if that was never done here."""
    from hadoopless.data.machine import cache

    with _loading:
        if not _code:
            _code.update(cache.load())
    return _code
