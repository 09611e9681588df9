"""Makes the shared libraries of the kernels that a wheel brings along.

A program, ``python -m tools.kernel_libraries DIRECTORY [MACHINE]``: it compiles the kernels for
each kind of processor of a machine (x86_64, aarch64; this one if none is named), links them, and
tests those that run here. In the directory ``prebuilt`` beside
``hadoopless/data/machine/prebuilt.py`` they serve a checkout.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from hadoopless.data.machine import cache, loader, prebuilt

#: The linker of a package that tools/build_hook.py has installed where the machine has none.
_ZIG = (sys.executable, "-m", "ziglang", "cc")


def make(directory: Path, machine: str) -> None:
    """Write a library for each kind of processor of *machine* into *directory*."""
    directory.mkdir(parents=True, exist_ok=True)
    here = prebuilt.targets_here()
    for target in prebuilt.TARGETS[machine]:
        library = directory / prebuilt.library_name(target)
        link(loader.compiled(cache.MODULES, target), library, machine)
        if target not in here:
            print(f"{library.name}: not tested, because this processor cannot run it")
        elif failing := loader.failing_in_library(library):
            sys.exit(f"{library.name}: the kernels {', '.join(failing)} compute wrong results")
        else:
            print(f"{library.name}: tested, {library.stat().st_size} bytes")


def link(code: bytes, library: Path, machine: str) -> None:
    """Make a shared *library* for *machine* of an object file."""
    with tempfile.TemporaryDirectory() as work:
        compiled = Path(work, "kernels.o")
        compiled.write_bytes(code)
        linker = compiler() if machine == os.uname().machine else None
        # Zig links for every machine.
        command = [linker] if linker else [*_ZIG, "-target", f"{machine}-linux-gnu"]
        # The code needs memcpy and memset alone, which every process has. Without a library named
        # that has them, the file runs with any version of any C library.
        subprocess.run(
            [
                *command,
                *("-shared", "-nostdlib", "-s", "-Wl,-z,now", "-Wl,-z,noexecstack"),
                *("-Wl,--build-id=none", "-o", str(library), str(compiled)),
            ],
            env={**os.environ, "ZIG_GLOBAL_CACHE_DIR": work, "ZIG_LOCAL_CACHE_DIR": work},
            check=True,
        )


def compiler() -> str | None:
    """The C compiler of this machine, which calls its linker; None where there is none."""
    return shutil.which(os.environ.get("CC") or "cc")


if __name__ == "__main__":
    make(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else os.uname().machine)
