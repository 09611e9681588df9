"""Makes the shared libraries of the kernels that a wheel brings along.

A program, ``python -m tools.kernel_libraries DIRECTORY``: it compiles the kernels for each level of
x86-64, links them, and tests those that this machine can run. In the directory ``prebuilt`` beside
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

#: The package with a linker, which tools/build_hook.py has installed where a machine has none.
_LINKER = "ziglang"


def make(directory: Path) -> None:
    """Write a library for each kind of processor into *directory*."""
    directory.mkdir(parents=True, exist_ok=True)
    here = prebuilt.targets_here()
    for target in prebuilt.LEVELS:
        library = directory / prebuilt.library_name(target)
        link(loader.compiled(cache.MODULES, target), library)
        if target not in here:
            print(f"{library.name}: not tested, because this processor cannot run it")
        elif failing := loader.failing_in_library(library):
            sys.exit(f"{library.name}: the kernels {', '.join(failing)} compute wrong results")
        else:
            print(f"{library.name}: tested, {library.stat().st_size} bytes")


def link(code: bytes, library: Path) -> None:
    """Make a shared *library* of an object file."""
    with tempfile.TemporaryDirectory() as work:
        compiled = Path(work, "kernels.o")
        compiled.write_bytes(code)
        compiler = shutil.which(os.environ.get("CC") or "cc")  # it calls the linker
        # The code needs memcpy and memset alone, which every process has. Without a library named
        # that has them, the file runs with any version of any C library.
        subprocess.run(
            [
                *([compiler] if compiler else [sys.executable, "-m", _LINKER, "cc"]),
                *("-shared", "-nostdlib", "-s", "-Wl,-z,now", "-Wl,-z,noexecstack"),
                *("-Wl,--build-id=none", "-o", str(library), str(compiled)),
            ],
            env={**os.environ, "ZIG_GLOBAL_CACHE_DIR": work, "ZIG_LOCAL_CACHE_DIR": work},
            check=True,
        )


if __name__ == "__main__":
    make(Path(sys.argv[1]))
