"""Finds a Python that has all that this project needs: the one that runs, or that of ``.venv``.

Older Pythons must be able to read this module, because it tells them that they are too old.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import PathFinder

from hadoopless import installation

_OLDEST = (3, 11)
#: The package that loads compiled kernels, unless they have come with a wheel.
_LLVM = "llvmlite"
#: The packages without which no job runs.
PACKAGES = ("tornado", "msgspec", "numpy", _LLVM)


def ensure(program: str, packages: Sequence[str] = PACKAGES, root: str = installation.HOME) -> None:
    """Return if this Python can run *program*, which needs *packages*.

    Otherwise the Python of ``.venv`` in *root* takes its place. Where there is none, exits with a
    line that says what to type.
    """
    lack = _lack(packages)
    if not lack:
        return
    virtualenv = os.path.join(root, ".venv")
    python = os.path.join(virtualenv, "bin", "python")
    if os.access(python, os.X_OK) and os.path.realpath(sys.prefix) != os.path.realpath(virtualenv):
        os.execv(python, [python, *sys.argv])  # noqa: S606 - the same words, no shell
    sys.exit(f"{program}: {lack}; {_advice(root)}")


def _lack(packages: Sequence[str]) -> str:
    """The words for what this Python lacks, or ""."""
    if sys.version_info < _OLDEST:
        return f"Python 3.11 or newer is needed, and {sys.executable} is {sys.version.split()[0]}"
    missing = [name for name in packages if PathFinder.find_spec(name) is None]
    if missing == [_LLVM]:
        # Imported by name and late: the road stands on this package.
        prebuilt = import_module("hadoopless.data.machine.prebuilt")
        if prebuilt.found():
            return ""
        return f"{sys.executable} has no {_LLVM}, and {prebuilt.why_none()}"
    return f"{sys.executable} has no {missing[0]}" if missing else ""


def _advice(root: str) -> str:
    """The words that say what to type."""
    if not installation.IS_CHECKOUT:
        return f"run: {installation.install_command()}"
    import shlex  # only here: it takes time to load

    return f"make the virtualenv .venv with: make -C {shlex.quote(root)} demo"
