"""Run a MapReduce job on the workers of the inventory; see ``python3 coordinator.py --help``."""

from __future__ import annotations

import os
import sys

if sys.flags.safe_path:  # PYTHONSAFEPATH: then Python leaves out the directory of this file
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from hadoopless.entry import startup

startup.begin("coordinator.py")
from hadoopless.entry import interpreter  # noqa: E402 - what takes time comes after begin()

if __name__ == "__main__":
    interpreter.ensure("coordinator.py")
import inventory  # noqa: E402
from hadoopless.coordinator.main import main  # noqa: E402

if __name__ == "__main__":
    startup.run(lambda: main(sys.argv[1:], vars(inventory)))
