"""Run a MapReduce job on the workers of the inventory; see ``python coordinator.py --help``."""

from __future__ import annotations

import sys

import inventory
from mapreduce.coordinator.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], vars(inventory)))
