"""``python -m tests.spark``: installs PySpark beside this Python, and runs the tests that need it.

PySpark goes to a directory of its own, benchmarks/work/spark, and not to the virtualenv.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.peers.install import pins
from tests.oracle import REPOSITORY

PLACE = REPOSITORY / "benchmarks" / "work" / "spark"


def installed() -> Path:
    """The directory with the stated version of PySpark, installed if need be."""
    requirement = pins()["pyspark"]
    stamp = PLACE / "installed"
    if not stamp.exists() or stamp.read_text() != requirement:
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]
        subprocess.run([sys.executable, *pip, "--target", str(PLACE), requirement], check=True)
        stamp.write_text(requirement)
    return PLACE


def main() -> int:
    """Run the tests, with the options of pytest; returns its exit code."""
    path = os.pathsep.join(filter(None, [str(installed()), os.environ.get("PYTHONPATH")]))
    options = sys.argv[1:] or ["-m", "spark", "tests/spark"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": path},
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
