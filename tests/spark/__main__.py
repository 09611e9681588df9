"""``python -m tests.spark``: installs PySpark beside this Python, and runs the tests that need it.

PySpark goes to a directory of its own, benchmarks/work/spark, and not to the virtualenv. The option
``--install`` installs it and ends; other options are those of pytest.
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.peers.install import pins
from tests import beside
from tests.spark import cluster

PLACE = beside.place_of("spark")


def installed() -> Path:
    """The directory with the stated version of PySpark, and what Spark Connect needs beside it."""
    pyspark = pins()["pyspark"].replace("pyspark", "pyspark[connect]")
    # The numpy there comes first in the path, so it has to be that of the virtualenv.
    return beside.install(PLACE, [pyspark, f"numpy=={version('numpy')}"])


def main() -> int:
    """Run the tests, with the options of pytest; returns its exit code."""
    if sys.argv[1:] == ["--install"]:
        installed()
        if reason := cluster.no_java():
            print(reason, file=sys.stderr)
        return 1 if reason else 0
    return beside.run_tests([installed()], sys.argv[1:] or ["-m", "spark", "tests/spark"])


if __name__ == "__main__":
    sys.exit(main())
