"""Run a MapReduce job on the workers of the inventory; see ``python coordinator.py --help``."""

from __future__ import annotations

import sys

from hadoopless.entry import startup

startup.begin("coordinator.py")
import inventory  # noqa: E402 - what takes time comes after begin()

try:
    from hadoopless.coordinator.main import main
except ModuleNotFoundError as missing:
    sys.exit(
        f"coordinator.py: {missing.name} is not installed; run: pip install -r requirements.txt"
    )

if __name__ == "__main__":
    startup.leave(main(sys.argv[1:], vars(inventory)))
