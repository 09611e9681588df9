"""Start the workers: one Tornado process for each port of the inventory on this machine."""

from __future__ import annotations

import sys

from hadoopless.entry import startup

startup.begin("workers.py")
import inventory  # noqa: E402 - what takes time comes after begin()

try:
    from hadoopless.worker.main import main
except ModuleNotFoundError as missing:
    sys.exit(f"workers.py: {missing.name} is not installed; run: pip install -r requirements.txt")


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
    startup.leave(main(sys.argv[1:], vars(inventory), routes))
