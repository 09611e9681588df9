"""Finds the machine code of the kernels, or has it made, and loads it into this process.

What was compiled is kept beside Python's own byte code, or in the user's cache directory where that
cannot be written. Its name holds a digest of all that it was made of, so that nothing old is used;
and since it is run, a file that somebody else could have written is not used either.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from hashlib import blake2b
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from hadoopless.errors import MapReduceError

_log = logging.getLogger(__name__)

#: The packages of the road, in whose modules the kernels are.
_ROAD = "hadoopless.data"
#: The modules that hold kernels, and the modules that make machine code of them.
_MODULES = (
    f"{_ROAD}.machine.lines",
    f"{_ROAD}.record.frame_kernels",
    f"{_ROAD}.record.vint_kernels",
    f"{_ROAD}.input.map_input_kernels",
    f"{_ROAD}.sort.range_kernels",
    f"{_ROAD}.sort.key_kernels",
    f"{_ROAD}.sort.map_output_kernels",
    f"{_ROAD}.sort.partition_kernels",
    f"{_ROAD}.sort.sort_kernels",
    f"{_ROAD}.sort.block_kernels",
    f"{_ROAD}.merge.merge_kernel",
    f"{_ROAD}.merge.reduce_input_kernels",
    f"{_ROAD}.output.reduce_output_kernels",
)
_MAKERS = tuple(
    f"{_ROAD}.machine.{name}" for name in ("kernels", "memory", "intrinsics", "compiler")
)
#: The directory that holds the import package.
_ABOVE = Path(__file__).resolve().parents[3]

#: What owns the code; it may not go as long as the process lives.
_engines: list[Any] = []


def load() -> dict[str, tuple[int, int]]:
    """Address and number of results of each kernel; raises MapReduceError."""
    name = f"kernels-{_digest()}.o"
    code, results = _kept(name) or _parsed(_made(name))
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    return {name: (engine.get_function_address(name), count) for name, count in results.items()}


def _digest() -> str:
    """Of the sources, the compiler (each numba has its own llvmlite) and the processor."""
    target = (llvmlite.__version__, llvm.get_default_triple(), llvm.get_host_cpu_name())
    digest = blake2b(digest_size=12)
    digest.update("\n".join((*target, llvm.get_host_cpu_features().flatten())).encode())
    for module in (*_MODULES, *_MAKERS):
        digest.update(_ABOVE.joinpath(*module.split(".")).with_suffix(".py").read_bytes())
    return digest.hexdigest()


def _places() -> Iterator[Path]:
    """Directories that may hold the code, the best first."""
    yield Path(cache_from_source(__file__)).parent
    base = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    if base.is_absolute():  # else it would depend on the working directory
        yield base / "hadoopless-mapreduce"


def _kept(name: str) -> tuple[bytes, dict[str, int]] | None:
    """The code and the number of results of each kernel; None where they are not, or damaged."""
    for place in _places():
        try:
            with open(place / name, "rb") as file:
                if _is_ours(os.fstat(file.fileno())):
                    return _parsed(file.read())
        except (OSError, ValueError):
            pass
    return None


def _is_ours(file: os.stat_result) -> bool:
    """Whether only we could have written it, or who could change the program as well."""
    owners = (os.getuid(), 0, os.stat(__file__).st_uid)
    return file.st_uid in owners and not file.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _parsed(file: bytes) -> tuple[bytes, dict[str, int]]:
    """What the compiler has written; ValueError when it is damaged."""
    head, _, code = file.partition(b"\n")
    try:
        about = json.loads(head)
        checksum, results = about["crc"], about["results"]
    except (KeyError, TypeError) as error:
        raise ValueError("not what the compiler writes") from error
    if checksum != zlib.crc32(code):
        raise ValueError("wrong checksum")
    return code, results


def _made(name: str) -> bytes:
    """What the compiler writes; it is kept for the next time."""
    _log.warning("compiling the sort and merge kernels; only the first start does")
    started = time.monotonic()
    file = _compile()
    _log.info("kernels ready after %.1f s", time.monotonic() - started)
    problems = []
    for place in _places():
        try:
            _keep(file, place / name)
            return file
        except OSError as error:
            problems.append(f"{place}: {error.strerror}")
    _log.warning(
        "the kernels cannot be kept, so each start compiles them (%s); set XDG_CACHE_HOME to a"
        " directory that can be written",
        "; ".join(problems),
    )
    return file


def _keep(file: bytes, path: Path) -> None:
    """Write *file* to *path*, whole or not at all; OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".kernels-")
    try:
        with os.fdopen(descriptor, "wb") as target:
            target.write(file)
        os.replace(beside, path)
    except OSError:
        os.unlink(beside)
        raise


def _compile() -> bytes:
    """In a process of its own: this one needs no compiler, and keeps its memory free of it."""
    path = os.pathsep.join(filter(None, (str(_ABOVE), os.environ.get("PYTHONPATH"))))
    # -P: what lies in the working directory is not imported.
    command = [sys.executable, "-P", "-m", f"{_ROAD}.machine.compiler", *_MODULES]
    try:
        return subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
    except subprocess.CalledProcessError as error:
        raise MapReduceError(
            "the sort and merge kernels cannot be compiled (the reason stands above); is all of"
            " requirements.txt installed?"
        ) from error
