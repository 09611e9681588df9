"""``python -m tests.endurance --jobs 2000``: many small jobs through one pool, which stays flat."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.endurance.run import WARM_UP, endure
from tests.pools import running_pool


def main() -> int:
    """Run the jobs; print what the pool holds now and then.

    Exit code 1: it has grown, or a job has not ended as it should.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.endurance", description=__doc__)
    parser.add_argument("--jobs", type=int, default=2000, help="how many (default 2000)")
    parser.add_argument("--every", type=int, default=100, help="look after so many (default 100)")
    parser.add_argument("--workers", type=int, default=2, help="workers of the pool (default 2)")
    options = parser.parse_args()
    if options.jobs <= WARM_UP:
        parser.error(f"more than {WARM_UP} jobs are needed, which warm the pool up")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="endurance-") as place:
        places = [Path(place, name) for name in ("served", "tmp", "state")]
        for path in places:
            path.mkdir()
        served, temporary, state = map(str, places)
        os.environ.update(TMPDIR=temporary, XDG_RUNTIME_DIR=state, XDG_STATE_HOME=state)
        # The history grows up to bounds of its own.
        os.environ["MAPREDUCE_HISTORY"] = str(Path(place, "history"))
        tempfile.tempdir = None
        with running_pool(options.workers, Path(served)) as pool:
            complaints = endure(
                pool, options.jobs, options.every, places, lambda line: print(line, flush=True)
            )
    seconds = time.monotonic() - started
    print(f"{options.jobs} jobs in {seconds:.0f} s; complaints: {len(complaints)}")
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
