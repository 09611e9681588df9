"""Puts the compiled kernels into a wheel; hatchling calls it, as pyproject.toml says.

What it needs is installed by pip for the time of the build: numba, and a linker where the machine
has none. ``HADOOPLESS_WHEEL_MACHINE`` names another machine than this one: x86_64 or aarch64. For a
machine that no library can be built for, the wheel has no machine code: there, numba is one of its
dependencies.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_WITHIN = "hadoopless/data/machine/prebuilt"
#: The libraries ask for no version of glibc. The tag is that of the oldest one that Pythons and
#: numpy of today still run with.
_TAG = "py3-none-manylinux_2_17_"
_MACHINES = ("x86_64", "aarch64")


class KernelHook(BuildHookInterface):  # type: ignore[misc]
    """Compiles and links the kernels while a wheel is built."""

    def dependencies(self) -> list[str]:
        """The packages that the build needs beside hatchling."""
        if not _is_supported():
            return []
        project = self.metadata.core
        running = [one for one in project.dependencies if ";" not in one]  # others: elsewhere only
        has_linker = shutil.which(os.environ.get("CC") or "cc") and _machine() == os.uname().machine
        linker = [] if has_linker else ["ziglang>=0.13"]
        return [*running, *project.optional_dependencies["build"], *linker]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the libraries, and tell hatchling where they go; an editable install has none."""
        if version == "editable" or not _is_supported():
            return
        self._work = tempfile.TemporaryDirectory()
        made = Path(self._work.name)
        command = [sys.executable, "-m", "tools.kernel_libraries", str(made), _machine()]
        # With PYTHONSAFEPATH, which pipx sets, Python does not look for modules where it starts.
        paths = [self.root, *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
        # The program tells what it does on stderr: in a build, stdout is for the wheel's name.
        subprocess.run(command, cwd=self.root, env=environment, stdout=sys.stderr, check=True)
        for library in made.iterdir():
            build_data["force_include"][str(library)] = f"{_WITHIN}/{library.name}"
        build_data["pure_python"] = False
        build_data["tag"] = _TAG + _machine()

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was made for the wheel."""
        if version != "editable" and _is_supported():
            self._work.cleanup()


def _is_supported() -> bool:
    """True on the systems for which a wheel has libraries."""
    return sys.platform == "linux" and _machine() in _MACHINES


def _machine() -> str:
    """The kind of machine that the wheel is for."""
    return os.environ.get("HADOOPLESS_WHEEL_MACHINE") or os.uname().machine
