"""Run a MapReduce job on the workers of the inventory; see ``python3 coordinator.py --help``."""

from __future__ import annotations

import sys

from hadoopless.entry import interpreter, startup

startup.begin("coordinator.py")
if __name__ == "__main__":
    interpreter.ensure("coordinator.py")
import inventory  # noqa: E402 - what takes time comes after begin()
from hadoopless.coordinator.main import main  # noqa: E402

if __name__ == "__main__":
    startup.leave(main(sys.argv[1:], vars(inventory)))
