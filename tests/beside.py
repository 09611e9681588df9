"""Libraries that some tests need, in directories of their own beside the virtualenv."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.oracle import REPOSITORY

_PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade")


def place_of(name: str) -> Path:
    """The directory of the libraries called *name*."""
    return REPOSITORY / "benchmarks" / "work" / name


def install(place: Path, requirements: Sequence[str]) -> Path:
    """Install the *requirements* into *place*, unless these are there; returns it."""
    wanted, stamp = "\n".join(requirements), place / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, *_PIP, "--target", str(place), *requirements], check=True)
        stamp.write_text(wanted)
    return place


def run_tests(places: Sequence[Path], options: Sequence[str]) -> int:
    """Run pytest with *options* and the libraries of *places*; returns its exit code."""
    path = os.pathsep.join(filter(None, [*map(str, places), os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": path},
    ).returncode
