"""``python -m tests.simulation --seeds 100000``: as many simulations as you have time for."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tests.simulation.referee import ViolationError
from tests.simulation.run import run_seed, story


def main() -> int:
    """Run the seeds; print each violation's story and a summary. Exit code 1: there were any."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many (default 1000)")
    parser.add_argument("--start", type=int, default=0, help="the first one (default 0)")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--story", action="store_true", help="tell what happens under --seed")
    parser.add_argument("--max-violations", type=int, default=1, help="stop after so many")
    options = parser.parse_args()
    if options.seed is not None and options.story:
        print(story(options.seed))
        return 0
    start, count = (options.start, options.seeds) if options.seed is None else (options.seed, 1)
    outcomes: Counter[str] = Counter()
    violations = 0
    for seed in range(start, start + count):
        try:
            outcomes[run_seed(seed).outcome] += 1
        except ViolationError as exc:
            print(exc, file=sys.stderr)
            violations += 1
            if violations >= options.max_violations:
                break
    summary = ", ".join(f"{name} {number}" for name, number in outcomes.most_common())
    print(f"{sum(outcomes.values()) + violations} seeds from {start}: {summary or 'none ended'}; ")
    print(f"violations: {violations}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
