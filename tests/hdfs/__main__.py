"""``python -m tests.hdfs``: installs hdfs-native beside this Python, and runs the tests with HDFS.

The library goes to a directory of its own, benchmarks/work/hdfs, and not to the virtualenv. Where
PySpark is installed for the tests of Spark, jobs on Spark are among the tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.oracle import REPOSITORY
from tests.spark.__main__ import PLACE as SPARK

PLACE = REPOSITORY / "benchmarks" / "work" / "hdfs"
_REQUIREMENTS = REPOSITORY / "requirements-hdfs.txt"


def installed() -> Path:
    """The directory with the stated version of the library, installed if need be."""
    wanted, stamp = _REQUIREMENTS.read_text(), PLACE / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]
        words = [sys.executable, *pip, "--target", str(PLACE), "-r", str(_REQUIREMENTS)]
        subprocess.run(words, check=True)
        stamp.write_text(wanted)
    return PLACE


def main() -> int:
    """Run the tests, with the options of pytest; returns its exit code.

    With ``install`` in place of options, only the library is installed.
    """
    places = [str(installed()), str(SPARK) if SPARK.exists() else "", os.environ.get("PYTHONPATH")]
    path = os.pathsep.join(filter(None, places))
    if sys.argv[1:] == ["install"]:
        return 0
    options = sys.argv[1:] or ["-m", "hdfs", "tests/hdfs"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": path},
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
