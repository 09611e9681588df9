"""Loads the machine code of all kernels into this process, and uses it only if it computes right.

The code is that of a library that came with a wheel, or that of the cache, or else it is compiled.
Every kernel passes its self-test first. Where the code of the cache does not, it was damaged, or
compiled wrongly: it is compiled once more, and if that code fails too, nothing is loaded.
"""

from __future__ import annotations

import ctypes
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hadoopless.data.machine import cache, kernels, prebuilt, selftest
from hadoopless.data.machine.cache import Cache
from hadoopless.errors import MapReduceError
from hadoopless.installation import install_command

_log = logging.getLogger(__name__)

#: The owners of the code; they live as long as the process.
_owners: list[Any] = []


def load(
    modules: Sequence[str] = cache.MODULES,
    files: Cache | None = None,
    compile_: Callable[[Sequence[str]], bytes] | None = None,
    libraries: Sequence[Path] | None = None,
    waits: Callable[[], None] | None = None,
) -> None:
    """Let the kernels in *modules* run their machine code; raises MapReduceError.

    The code is that of the first of *libraries* that computes right. Where there is none, it is
    found in *files*, the cache of this installation, or else compiled, here or by another process.
    Then *waits* is called first, and tells the user; without it, a log line does.
    """
    if _runs_one_of(prebuilt.found(modules) if libraries is None else libraries, modules):
        return
    _need_compiler()
    files = files or Cache(cache.directories())
    compile_ = compile_ or compiled
    name = cache.file_name(modules)
    kept = files.find(name)
    if kept is not None:
        failing = failing_in(kept, modules)
        if not failing:
            return
        _log.warning("the kernels %s are damaged or were compiled wrongly", ", ".join(failing))
    if waits is not None:
        waits()
    with files.only_one_compiles():
        made = files.find(name)  # by a process that compiled while this one waited
        if made is None or made == kept or failing_in(made, modules):
            if waits is None:
                _log.warning("%s, %s", cache.COMPILING, ", ".join(cache.USUAL_TIME))
            files.keep(_tested(compile_, modules), name)


def _runs_one_of(libraries: Sequence[Path], modules: Sequence[str]) -> bool:
    """True when the kernels run the code of one of *libraries* from now on."""
    for library in libraries:
        try:
            failing = failing_in_library(library, modules)
        except OSError as error:
            _log.warning("the kernels that came with the package cannot be loaded: %s", error)
        else:
            if not failing:
                return True
            _log.warning("the kernels %s in %s compute wrong results", ", ".join(failing), library)
    return False


def _need_compiler() -> None:
    """Raise MapReduceError when numba is not installed, or has not come with its llvmlite."""
    if find_spec("llvmlite") is None:
        raise MapReduceError(
            f"the sort and merge kernels cannot run: {prebuilt.why_none()}, and numba, which"
            f" compiles them, is not installed; run: {install_command()}"
        )


def _tested(compile_: Callable[[Sequence[str]], bytes], modules: Sequence[str]) -> bytes:
    """The object file of the kernels, which run it from now on."""
    started = time.monotonic()
    code = compile_(modules)
    failing = failing_in(code, modules)
    if failing:
        # Imported only here: they take time to load.
        from importlib.metadata import version

        import llvmlite.binding as llvm

        raise MapReduceError(
            f"the kernels {', '.join(failing)} compute wrong results as compiled by numba"
            f" {version('numba')} with llvmlite {version('llvmlite')} for this processor"
            f" ({llvm.get_host_cpu_name()}); install the versions that are asked for:"
            f" {install_command()}"
        )
    _log.info("kernels ready after %.1f s", time.monotonic() - started)
    return code


def compiled(modules: Sequence[str], target: str = "") -> bytes:
    """The object file of the kernels in *modules*; raises MapReduceError.

    It is for this processor, or for all of the kind *target*. The compiler is a process of its own,
    because this one needs no numba in its memory.
    """
    # -P: what lies in the working directory is not imported.
    command = [sys.executable, "-P", "-m", "hadoopless.data.machine.compiler", f"--target={target}"]
    # Settings of a user's numba must not change the code. LLVM optimises it once, in the compiler,
    # so numba need not do that before: 1 is the least that leaves nothing of numba's runtime.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    environment["NUMBA_OPT"] = "1"
    if target:
        environment.update(NUMBA_CPU_NAME=prebuilt.least_cpu(target), NUMBA_CPU_FEATURES="")
    path = os.pathsep.join(filter(None, [str(cache.ABOVE), os.environ.get("PYTHONPATH")]))
    try:
        return subprocess.run(
            [*command, *modules],
            env={**environment, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
    except subprocess.CalledProcessError as error:
        raise MapReduceError(
            "the sort and merge kernels cannot be compiled (the reason stands above); is all there?"
            f" {install_command()}"
        ) from error


def failing_in(code: bytes, modules: Sequence[str] = cache.MODULES) -> list[str]:
    """The kernels that fail their test with *code*; where none does, all run it from now on.

    *code* is an object file.
    """
    engine = _linked(code)
    return _failing(engine.get_function_address, engine, modules)


def failing_in_library(path: Path, modules: Sequence[str] = cache.MODULES) -> list[str]:
    """As :func:`failing_in` for a shared library; raises OSError when it cannot be loaded."""
    library = ctypes.CDLL(str(path), mode=os.RTLD_NOW | os.RTLD_LOCAL)

    def address_of(name: str) -> int:
        try:
            return ctypes.cast(library[name], ctypes.c_void_p).value or 0
        except AttributeError:
            return 0

    return _failing(address_of, library, modules)


def _failing(address_of: Callable[[str], int], owner: object, modules: Sequence[str]) -> list[str]:
    """The kernels that fail their test with the code of *owner*, which has them at addresses."""
    ours = [kernel for name in modules for kernel in kernels.in_module(import_module(name))]
    addresses = {kernel: address_of(kernel.name) for kernel in ours}
    missing = [kernel.name for kernel, address in addresses.items() if not address]
    if missing:
        return missing
    tried = {kernel: kernel.at(address) for kernel, address in addresses.items()}
    failing = selftest.failing(tried.values())
    if not failing:
        _owners.append(owner)
        for kernel, right in tried.items():
            kernel.run_as(right)
    return failing


def _linked(code: bytes) -> Any:
    """The code of an object file in this process; llvmlite is loaded only for that."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine
