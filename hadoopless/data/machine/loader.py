"""Loads the machine code of all kernels into this process, and uses it only if it computes right.

Every kernel passes its self-test first. Where the code of the cache does not, it was damaged, or
compiled wrongly: it is compiled once more, and if that code fails too, nothing is loaded.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import llvmlite.binding as llvm

from hadoopless.data.machine import cache, kernels, selftest
from hadoopless.data.machine.cache import Cache
from hadoopless.errors import MapReduceError

_log = logging.getLogger(__name__)

#: The owners of the code; they live as long as the process.
_engines: list[Any] = []


def load(
    modules: Sequence[str] = cache.MODULES,
    files: Cache | None = None,
    compile_: Callable[[Sequence[str]], bytes] | None = None,
) -> None:
    """Let the kernels in *modules* run their machine code; raises MapReduceError.

    The code is found in *files*, the cache of this installation, or else compiled.
    """
    files = files or Cache(cache.directories())
    compile_ = compile_ or compiled
    name = cache.file_name(modules)
    kept = files.find(name)
    if kept is not None:
        failing = failing_in(kept, modules)
        if not failing:
            return
        _log.warning("the kernels %s are damaged or were compiled wrongly", ", ".join(failing))
    with files.only_one_compiles():
        made = files.find(name)  # by a process that compiled while this one waited
        if made is None or made == kept or failing_in(made, modules):
            files.keep(_tested(compile_, modules), name)


def _tested(compile_: Callable[[Sequence[str]], bytes], modules: Sequence[str]) -> bytes:
    """The object file of the kernels, which run it from now on."""
    _log.warning(
        "compiling the sort and merge kernels, which may take a minute; only the first start does"
    )
    started = time.monotonic()
    code = compile_(modules)
    failing = failing_in(code, modules)
    if failing:
        from importlib.metadata import version  # only here: it loads the reader of archives

        raise MapReduceError(
            f"the kernels {', '.join(failing)} compute wrong results as compiled by numba"
            f" {version('numba')} with llvmlite {version('llvmlite')} for this processor"
            f" ({llvm.get_host_cpu_name()}); install the versions that requirements.txt asks for:"
            " pip install -r requirements.txt"
        )
    _log.info("kernels ready after %.1f s", time.monotonic() - started)
    return code


def compiled(modules: Sequence[str]) -> bytes:
    """The object file of the kernels in *modules*; raises MapReduceError.

    The compiler is a process of its own, because this one needs no numba in its memory.
    """
    # -P: what lies in the working directory is not imported.
    command = [sys.executable, "-P", "-m", "hadoopless.data.machine.compiler", *modules]
    # Settings of a user's numba must not change the code. LLVM optimises it once, in the compiler,
    # so numba need not do that before: 1 is the least that leaves nothing of numba's runtime.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    environment["NUMBA_OPT"] = "1"
    path = os.pathsep.join(filter(None, [str(cache.ABOVE), os.environ.get("PYTHONPATH")]))
    try:
        return subprocess.run(
            command,
            env={**environment, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
    except subprocess.CalledProcessError as error:
        raise MapReduceError(
            "the sort and merge kernels cannot be compiled (the reason stands above); is all of"
            " requirements.txt installed?"
        ) from error


def failing_in(code: bytes, modules: Sequence[str] = cache.MODULES) -> list[str]:
    """The kernels that fail their test with *code*; where none does, all run it from now on."""
    ours = [kernel for name in modules for kernel in kernels.in_module(import_module(name))]
    engine = _linked(code)
    addresses = {kernel: engine.get_function_address(kernel.name) for kernel in ours}
    missing = [kernel.name for kernel, address in addresses.items() if not address]
    if missing:
        return missing
    tried = {kernel: kernel.at(address) for kernel, address in addresses.items()}
    failing = selftest.failing(tried.values())
    if not failing:
        _engines.append(engine)
        for kernel, right in tried.items():
            kernel.run_as(right)
    return failing


def _linked(code: bytes) -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine
