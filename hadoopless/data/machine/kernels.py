"""Kernels: Python functions that numba compiles, once, to machine code that runs without numba.

Importing numba and loading from its cache takes half a second, which a small job must not pay. So
all kernels are compiled into one object file (:mod:`hadoopless.data.machine.compiler`), which is
kept (:mod:`hadoopless.data.machine.cache`), tested when it is loaded
(:mod:`hadoopless.data.machine.loader`) and called by ctypes, which releases the GIL.

A kernel declares the types of its arguments: an array by one of the names below, a :data:`UInt64`,
or an int64 (a switch, too) where nothing is declared. It returns nothing, one integer of 64 bits or
a tuple of them. It cannot raise: the compiler refuses a kernel that could.

In C, a kernel is ``int64_t kernel(int64_t *results, …)``. An integer is passed as it is, an array
as its address and the length of each dimension. The kernel writes what it returns into
``results`` and returns how many numbers these are.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt

UInt32s = npt.NDArray[np.uint32]
UInt64s = npt.NDArray[np.uint64]
Int64s = npt.NDArray[np.int64]
#: Arrays of rows.
UInt32Rows = npt.NDArray[np.uint32]
Int64Rows = npt.NDArray[np.int64]
#: An unsigned integer, such as a byte repeated eight times.
UInt64 = np.uint64


class ArrayType(NamedTuple):
    """The type of an array argument; its items lie in C order."""

    dtype: np.dtype[Any]
    dimensions: int


#: The array types by the names that declarations use.
ARRAYS = {
    "UInt32s": ArrayType(np.dtype(np.uint32), 1),
    "UInt64s": ArrayType(np.dtype(np.uint64), 1),
    "Int64s": ArrayType(np.dtype(np.int64), 1),
    "UInt32Rows": ArrayType(np.dtype(np.uint32), 2),
    "Int64Rows": ArrayType(np.dtype(np.int64), 2),
}
_KINDS = ("", "UInt64", *ARRAYS)
#: No kernel returns more numbers.
MOST_RESULTS = 8

#: In kernels, numba's types: the compiler puts them in.
types: Any = object()


class Intrinsic(NamedTuple):
    """Stands for an operation of :mod:`hadoopless.data.machine.intrinsics` until compilation."""

    name: str


class Kernel:
    """A function that runs as machine code; the first call loads the code of all kernels."""

    def __init__(self, function: FunctionType) -> None:
        self.function = function
        self.name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        code = function.__code__
        annotations = function.__annotations__
        #: The declared type of each argument.
        self.kinds = [annotations.get(name, "") for name in code.co_varnames[: code.co_argcount]]
        for kind in self.kinds:
            if kind not in _KINDS:
                raise TypeError(
                    f"{self.name} declares {kind!r}, which is no type of a kernel's argument (it"
                    " must be a word: the module needs 'from __future__ import annotations')"
                )
        #: Whether the kernel that it is given computes a known result; see ``selftest``.
        self.test: Callable[[Any], bool] | None = None
        self._machine_code: Callable[..., int] | None = None

    def __call__(self, *arguments: Any) -> Any:
        machine_code = self._machine_code or self._loaded()
        words: list[int] = []
        for argument, kind in zip(arguments, self.kinds, strict=True):
            if kind == "":
                words.append(argument)
            elif kind == "UInt64":
                words.append(int(argument))
            else:
                words.append(_address(argument, ARRAYS[kind]))
                words += argument.shape
        results = _Results()
        count = machine_code(results, *words)
        if count == 1:
            return results[0]
        return tuple(results[:count]) if count else None

    def at(self, address: int) -> Kernel:
        """This kernel, run by the machine code at *address*."""
        words = sum(1 + ARRAYS[kind].dimensions if kind in ARRAYS else 1 for kind in self.kinds)
        prototype = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, *[ctypes.c_int64] * words)
        bound = Kernel(self.function)
        bound.test = self.test
        bound._machine_code = prototype(address)
        return bound

    def run_as(self, other: Kernel) -> None:
        """Let calls of this kernel run the machine code of *other*."""
        self._machine_code = other._machine_code

    def _loaded(self) -> Callable[..., int]:
        load()
        if self._machine_code is None:
            raise RuntimeError(f"{self.name} is in no module of hadoopless/data/machine/cache.py")
        return self._machine_code


_Results = ctypes.c_int64 * MOST_RESULTS
_NoBytes = ctypes.c_char * 0


def _address(array: Any, wanted: ArrayType) -> int:
    if (
        array.dtype != wanted.dtype
        or array.ndim != wanted.dimensions
        or not array.flags.c_contiguous
    ):
        raise TypeError(
            f"a kernel wants {wanted.dtype} in {wanted.dimensions} dimension(s), not {array!r}"
        )
    if array.flags.writeable:
        return ctypes.addressof(_NoBytes.from_buffer(array))  # a fifth of the time of the other
    return int(array.ctypes.data)


class Part(NamedTuple):
    """A function that only kernels call."""

    function: FunctionType
    inlined: bool


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let *function* run as machine code."""
    return Kernel(cast(FunctionType, function))


def subroutine(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let kernels, and nobody else, call *function*."""
    return cast(Callable[..., Any], Part(cast(FunctionType, function), inlined=False))


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """As :func:`subroutine`, put whole into each caller: a call costs as much as a short record."""
    return cast(Callable[..., Any], Part(cast(FunctionType, function), inlined=True))


def in_module(module: ModuleType) -> list[Kernel]:
    """The kernels that *module* defines."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, Kernel) and value.function.__module__ == module.__name__
    ]


_loading = threading.Lock()
_is_loaded = False


def load(waits: Callable[[], None] | None = None) -> None:
    """Load the machine code of all kernels; compiles it, if that was never done here.

    *waits* is called before that; without it, a log line tells of it.
    """
    global _is_loaded
    with _loading:
        if not _is_loaded:
            # Imported by name and late: the loader stands on this module.
            import_module("hadoopless.data.machine.loader").load(waits=waits)
            _is_loaded = True
