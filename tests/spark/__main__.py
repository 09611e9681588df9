"""``python -m tests.spark``: installs PySpark beside this Python, and runs the tests that need it.

PySpark goes to a directory of its own, benchmarks/work/spark, and not to the virtualenv. The option
``--install`` installs it and ends; other options are those of pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.peers.install import pins
from tests.oracle import REPOSITORY
from tests.spark import cluster

PLACE = REPOSITORY / "benchmarks" / "work" / "spark"


def installed() -> Path:
    """The directory with the stated version of PySpark, and what Spark Connect needs beside it."""
    # The numpy there comes first in the path, so it has to be that of the virtualenv.
    requirements = [
        pins()["pyspark"].replace("pyspark", "pyspark[connect]"),
        f"numpy=={version('numpy')}",
    ]
    stamp = PLACE / "installed"
    if not stamp.exists() or stamp.read_text().split() != requirements:
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]
        subprocess.run([sys.executable, *pip, "--target", str(PLACE), *requirements], check=True)
        stamp.write_text("\n".join(requirements))
    return PLACE


def main() -> int:
    """Run the tests, with the options of pytest; returns its exit code."""
    if sys.argv[1:] == ["--install"]:
        installed()
        if reason := cluster.no_java():
            print(reason, file=sys.stderr)
        return 1 if reason else 0
    path = os.pathsep.join(filter(None, [str(installed()), os.environ.get("PYTHONPATH")]))
    options = sys.argv[1:] or ["-m", "spark", "tests/spark"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": path},
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
