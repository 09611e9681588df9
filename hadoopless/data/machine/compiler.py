"""From kernels to an object file: numba types and optimises them, LLVM writes the code.

A program, ``python -m hadoopless.data.machine.compiler MODULE …``: the only one that needs numba,
and only where nobody has compiled these kernels before. To its stdout it writes a line of JSON
(numbers of results by kernel, and the checksum of what follows) and the object file.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from types import FunctionType
from typing import Any

import llvmlite.binding as llvm
from numba import njit, types

from hadoopless.data.machine import intrinsics, kernels
from hadoopless.data.machine.kernels import ARRAYS, Intrinsic, Kernel, Part

#: They call each other and look for nothing but machine integers: what they may not use is memory
#: that numba counts references of, and Python.
_OPTIONS = {
    "nogil": True,
    "boundscheck": False,
    "error_model": "numpy",
    "_nrt": False,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


def compiled(modules: Sequence[str]) -> bytes:
    """All kernels in *modules*."""
    whole = llvm.parse_assembly("")
    results: dict[str, int] = {}
    for module in modules:
        for value in list(vars(import_module(module)).values()):
            if isinstance(value, Kernel) and value.function.__module__ == module:
                one, results[value.name] = _compiled(value)
                whole.link_in(one)
    whole.verify()
    code: bytes = _target_machine().emit_object(whole)
    return json.dumps({"crc": zlib.crc32(code), "results": results}).encode() + b"\n" + code


def _target_machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="small",
    )


def _compiled(kernel: Kernel) -> tuple[Any, int]:
    """The LLVM module of one kernel, exported by its name, and how many integers it returns."""
    dispatcher = numba_function(kernel.function)
    signature = tuple(_type(kind) for kind in kernel.kinds)
    dispatcher.compile(signature)
    compiled = dispatcher.overloads[signature]
    module = llvm.parse_assembly(dispatcher.inspect_llvm(signature))
    for function in module.functions:
        if function.name == compiled.fndesc.llvm_func_name:
            function.name = kernel.name
            function.linkage = "external"
        elif not function.is_declaration:
            function.linkage = "internal"
    return module, _results(kernel.name, compiled.signature.return_type)


def _type(kind: str) -> Any:
    if kind in ARRAYS:
        dtype, dimensions = ARRAYS[kind]
        return types.Array(getattr(types, dtype.name), dimensions, "C")
    return types.uint64 if kind == "UInt64" else types.int64


def _results(name: str, returned: Any) -> int:
    if returned is types.none:
        return 0
    each = list(returned) if isinstance(returned, types.UniTuple | types.Tuple) else [returned]
    for one in each:
        if one not in (types.int64, types.uint64):
            raise TypeError(f"{name} returns {one}, which is no integer of 64 bits")
    return len(each)


@cache
def numba_function(function: FunctionType, inlined: bool = False, **options: Any) -> Any:
    """numba's own form of *function*, in which the others that it calls are numba's, too."""
    known = function.__globals__
    names = {name: _for_numba(known[name]) for name in function.__code__.co_names if name in known}
    twin = FunctionType(function.__code__, names, function.__name__)
    twin.__module__ = function.__module__
    twin.__qualname__ = function.__qualname__
    return njit(**{**_OPTIONS, **options}, forceinline=inlined)(twin)


def _for_numba(value: Any) -> Any:
    if isinstance(value, Part):
        return numba_function(value.function, value.inlined)
    if isinstance(value, Intrinsic):
        return getattr(intrinsics, value.name)
    return types if value is kernels.types else value


if __name__ == "__main__":
    sys.stdout.buffer.write(compiled(sys.argv[1:]))
