"""Compiles kernels into an object file: numba writes LLVM's language, LLVM writes machine code.

A program, ``python -m hadoopless.data.machine.compiler [--cpu=NAME] MODULE …``: the only one that
needs numba, and only where nobody has compiled these kernels before. It writes the object file to
its stdout. The code is for this processor, or for the kind of processor that LLVM calls NAME.

Of numba it uses documented names only. An entry point with the C interface of ``kernels`` is
generated for each kernel and compiled by ``numba.cfunc``; its arrays are made by ``numba.carray``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from types import FunctionType
from typing import Any

import llvmlite.binding as llvm
from numba import carray, cfunc, njit, types
from numba.extending import overload

from hadoopless.data.machine import intrinsics, kernels
from hadoopless.data.machine.kernels import ARRAYS, MOST_RESULTS, Intrinsic, Kernel, Part
from hadoopless.data.machine.prebuilt import least_cpu

#: LLVM's names of the machines that are not always this one, by kind of processor.
_TRIPLES = {"aarch64": "aarch64-unknown-linux-gnu"}
#: No bounds are checked, and a division by zero raises nothing, as in C.
_AS_IN_C: Any = {"boundscheck": False, "error_model": "numpy"}


def compiled(modules: Sequence[str], target: str = "") -> bytes:
    """The object file of all kernels in *modules*, for this processor or the kind *target*."""
    machine = _target_machine(target)
    whole = _parsed("", machine)
    for module in modules:
        for kernel in kernels.in_module(import_module(module)):
            whole.link_in(_optimized(kernel, machine))
    whole.verify()
    code: bytes = machine.emit_object(whole)
    return code


def _target_machine(target: str) -> Any:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    triple = _TRIPLES.get(target) or llvm.get_default_triple()
    return llvm.Target.from_triple(triple).create_target_machine(
        cpu=least_cpu(target) if target else llvm.get_host_cpu_name(),
        features="" if target else llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="small",
    )


def _optimized(kernel: Kernel, machine: Any) -> Any:
    """The LLVM module of one kernel, exported by the kernel's name; it needs nothing else."""
    entry = cfunc(_signature(kernel), **_AS_IN_C)(_entry(kernel))
    module = _parsed(entry.inspect_llvm(), machine)
    for value in (*module.functions, *module.global_variables):
        if value.name == entry.native_name:
            value.name = kernel.name
        elif not value.is_declaration:
            value.linkage = "internal"
    # What numba puts around each call for errors and reference counts goes only now, when LLVM
    # sees that nobody else calls the functions within: no error occurs and nothing is counted.
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    builder.getModulePassManager().run(module, builder)
    _check_needs_nothing(kernel, module)
    return module


def _parsed(text: str, machine: Any) -> Any:
    """The LLVM module in *text*, whose code is to be for *machine*.

    Numba writes it for this machine. It says the same for all machines with the sizes and the byte
    order of this one: 64-bit addresses, the low byte first.
    """
    module = llvm.parse_assembly(text)
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    return module


def _check_needs_nothing(kernel: Kernel, module: Any) -> None:
    """Raise TypeError when the code calls numba's runtime or Python, which it will not find."""
    needed = [
        value.name
        for value in (*module.functions, *module.global_variables)
        if value.is_declaration and not value.name.startswith("llvm.")
    ]
    if needed:
        raise TypeError(f"{kernel.name} raises or allocates something: it needs {needed}")


def _signature(kernel: Kernel) -> Any:
    pointer: Any = types.CPointer
    parameters: list[Any] = [pointer(types.int64)]
    for kind in kernel.kinds:
        if kind in ARRAYS:
            item = getattr(types, ARRAYS[kind].dtype.name)
            parameters += [pointer(item), *[types.int64] * ARRAYS[kind].dimensions]
        else:
            parameters.append(types.uint64 if kind == "UInt64" else types.int64)
    return types.int64(*parameters)


def _entry(kernel: Kernel) -> Callable[..., Any]:
    """A function of numbers and pointers that makes arrays of them and calls *kernel*."""
    parameters = ["results"]
    arguments = []
    for number, kind in enumerate(kernel.kinds):
        name = f"a{number}"
        parameters.append(name)
        if kind in ARRAYS:
            lengths = [f"{name}_{axis}" for axis in range(ARRAYS[kind].dimensions)]
            parameters += lengths
            arguments.append(f"carray({name}, ({', '.join(lengths)},))")
        else:
            arguments.append(name)
    source = (
        f"def {kernel.name.replace('.', '_')}({', '.join(parameters)}):\n"
        f"    return store(carray(results, ({MOST_RESULTS},)), kernel({', '.join(arguments)}))\n"
    )
    names: dict[str, Any] = {
        "carray": carray,
        "store": _store,
        # Numba puts the kernel into its entry point before it compiles either of them, so there is
        # one function to compile and not two.
        "kernel": njit(**_AS_IN_C, inline="always")(_with_numba_names(kernel.function)),
    }
    exec(source, names)  # noqa: S102  # only text from above; numba has no other generic parameters
    function: Callable[..., Any] = names[kernel.name.replace(".", "_")]
    return function


def _store(results: Any, returned: Any) -> int:
    """Write what a kernel has returned into *results*; how many numbers it is. For numba only."""
    raise NotImplementedError


@overload(_store, jit_options=_AS_IN_C)
def _store_as_typed(results: Any, returned: Any) -> Any:
    if isinstance(returned, types.NoneType):

        def store_none(results: Any, returned: Any) -> int:
            return 0

        return store_none
    if isinstance(returned, types.Integer):

        def store_one(results: Any, returned: Any) -> int:
            results[0] = returned
            return 1

        return store_one
    count = len(returned) if isinstance(returned, types.UniTuple) else 0
    if not 0 < count <= MOST_RESULTS or not isinstance(returned.dtype, types.Integer):
        raise TypeError(f"a kernel returns {returned}, not up to {MOST_RESULTS} integers")

    def store_all(results: Any, returned: Any) -> int:
        for i in range(count):
            results[i] = returned[i]
        return count

    return store_all


@cache
def numba_function(function: FunctionType, inlined: bool = False) -> Any:
    """numba's own form of a *function* that kernels call."""
    return njit(**_AS_IN_C, forceinline=inlined)(_with_numba_names(function))


def _with_numba_names(function: FunctionType) -> FunctionType:
    """*function*, in which the others that it calls are numba's, too."""
    known = function.__globals__
    names = {name: _for_numba(known[name]) for name in function.__code__.co_names if name in known}
    twin = FunctionType(function.__code__, names, function.__name__)
    twin.__module__ = function.__module__
    twin.__qualname__ = function.__qualname__
    return twin


def _for_numba(value: Any) -> Any:
    if isinstance(value, Part):
        return numba_function(value.function, value.inlined)
    if isinstance(value, Intrinsic):
        return getattr(intrinsics, value.name)
    return types if value is kernels.types else value


def main(words: Sequence[str]) -> None:
    """Write the object file that *words* ask for to stdout."""
    parser = argparse.ArgumentParser(prog="compiler")
    parser.add_argument("--target", default="")
    parser.add_argument("modules", nargs="+")
    options = parser.parse_args(words)
    sys.stdout.buffer.write(compiled(options.modules, options.target))


if __name__ == "__main__":
    main(sys.argv[1:])
