"""``python -m tests.chaos --minutes 60``: jobs under faults for as long as you have time."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.chaos.plan import Fault
from tests.chaos.run import run_seed, tell


def main() -> int:
    """Run seed after seed; tell each failure and a summary. Exit code 1: there were any."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (default 60)")
    parser.add_argument("--start", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--seed", type=int, help="only this one, with its story")
    options = parser.parse_args()
    faults: Counter[Fault] = Counter()
    jobs: Counter[str] = Counter()
    left_out: set[str] = set()
    bad = wrong = 0
    end = time.monotonic() + 60 * options.minutes
    seed = options.start if options.seed is None else options.seed
    while True:
        outcome = run_seed(seed, keep=True)
        jobs["pull" if outcome.plan.pull else "push"] += 1
        faults += outcome.faults
        wrong += outcome.wrong_outputs
        left_out |= set(outcome.left_out)
        bad += bool(outcome.complaint)
        if outcome.complaint or options.seed is not None:
            print(tell(outcome), flush=True)
        print(f"seed {seed}: {outcome.seconds:.1f} s, {outcome.faults.total()} faults", flush=True)
        seed += 1
        if options.seed is not None or time.monotonic() > end:
            break
    print(f"{jobs.total()} jobs (push {jobs['push']}, pull {jobs['pull']}), of which bad: {bad}")
    for fault in Fault:
        print(f"{faults[fault]:6d} x {fault.value}")
    for what in sorted(left_out):
        print(f"left out: {what}")
    print(f"faults: {faults.total()}; wrong outputs: {wrong}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
