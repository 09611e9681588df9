"""Finds the Pythons on which the package is tested, on this machine and in a fresh Debian."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from glob import glob
from pathlib import Path

from tests.package.machines import Machine

#: All that the package says it runs on.
VERSIONS = ("3.11", "3.12", "3.13", "3.14")


def python(version: str, machine: Machine) -> Path | None:
    """The program of a Python *version* in *machine*; None where there is none."""
    if not machine.is_fresh:
        return _python_here(version)
    if machine.outside(own := Path("/usr/bin", f"python{version}")).exists():
        return own
    found = _python_here(version)
    return found if found and found.parent.parent in lendable() else None


@cache
def lendable() -> Sequence[Path]:
    """The directories of those Pythons here that a fresh Debian can be lent."""
    found = filter(None, map(_python_here, VERSIONS))
    prefixes = (program.parent.parent for program in found)
    # A Python of the system is spread over /usr, of which a fresh Debian has its own.
    return [prefix for prefix in prefixes if prefix not in (Path("/usr"), Path("/usr/local"))]


@cache
def _python_here(version: str) -> Path | None:
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    candidates = glob(f"{pyenv}/versions/{version}.*/bin/python{version}")
    if found := shutil.which(f"python{version}"):
        candidates.append(found)
    if f"{sys.version_info.major}.{sys.version_info.minor}" == version:
        candidates.append(sys.executable)
    for candidate in candidates:
        # The name may stand for a Python that is not installed, or for one without these modules.
        script = "import ensurepip, sys, venv; print(sys.base_prefix)"
        done = subprocess.run([candidate, "-c", script], capture_output=True, text=True)
        if done.returncode == 0:
            return Path(done.stdout.strip(), "bin", f"python{version}")
    return None
