"""Start the workers: one Tornado process for each port of the inventory on this machine."""

from __future__ import annotations

import os
import sys

if sys.flags.safe_path:  # PYTHONSAFEPATH: then Python leaves out the directory of this file
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from hadoopless.entry import startup

startup.begin("workers.py")
from hadoopless.entry import interpreter  # noqa: E402 - what takes time comes after begin()

if __name__ == "__main__":
    interpreter.ensure("workers.py")
import inventory  # noqa: E402
from hadoopless.worker.main import main  # noqa: E402


def routes() -> list[tuple[str, type]]:
    """The paths of calls and their handlers, which are imported late: they load the kernels."""
    from mapper_handler import MapHandler, RetrieveMapOutputHandler, SegmentsHandler
    from reducer_handler import ReduceHandler

    return [
        (r"/map", MapHandler),
        (r"/retrieveMapOutput", RetrieveMapOutputHandler),
        (r"/segments", SegmentsHandler),
        (r"/reduce", ReduceHandler),
    ]


if __name__ == "__main__":
    startup.run(lambda: main(sys.argv[1:], vars(inventory), routes))
