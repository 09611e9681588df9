"""``python -m tests.hdfs``: installs hdfs-native beside this Python, and runs the tests with HDFS.

The library goes to a directory of its own, benchmarks/work/hdfs, and not to the virtualenv. Where
PySpark is installed for the tests of Spark, jobs on Spark are among the tests.
"""

from __future__ import annotations

import sys

from tests import beside
from tests.oracle import REPOSITORY
from tests.spark.__main__ import PLACE as SPARK

_REQUIREMENTS = REPOSITORY / "requirements-hdfs.txt"


def main() -> int:
    """Run the tests, with the options of pytest; returns its exit code.

    With ``install`` in place of options, only the library is installed.
    """
    lines = (line.partition("#")[0].strip() for line in _REQUIREMENTS.read_text().splitlines())
    stated = list(filter(None, lines))
    place = beside.install(beside.place_of("hdfs"), stated)
    if sys.argv[1:] == ["install"]:
        return 0
    places = [place, *([SPARK] if SPARK.exists() else [])]
    return beside.run_tests(places, sys.argv[1:] or ["-m", "hdfs", "tests/hdfs"])


if __name__ == "__main__":
    sys.exit(main())
