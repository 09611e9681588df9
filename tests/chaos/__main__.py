"""``python -m tests.chaos --minutes 60``: jobs under faults for as long as you have time."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import count, islice

from tests.chaos.plan import Fault, Mode
from tests.chaos.run import Outcome, run_seed, tell

#: Each run changes its environment and has threads, so it has a process of its own.
_SPAWNED = multiprocessing.get_context("spawn")


def main() -> int:
    """Run seed after seed; tell each failure and a summary. Exit code 1: there were any."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (default 60)")
    parser.add_argument("--jobs", type=int, help="so many jobs, however long they take")
    parser.add_argument("--at-once", type=int, default=1, help="jobs side by side (default 1)")
    parser.add_argument("--start", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--seed", type=int, help="only this one, with its story")
    options = parser.parse_args()
    if options.seed is not None:
        outcomes = [run_seed(options.seed, keep=True)]
        print(tell(outcomes[0]))
    else:
        end = None if options.jobs else time.monotonic() + 60 * options.minutes
        seeds = count(options.start)
        outcomes = _run(islice(seeds, options.jobs), end, options.at_once)
    return _summary(outcomes)


def _run(seeds: Iterator[int], end: float | None, at_once: int) -> list[Outcome]:
    """Run *seeds*, none of them begun after the time *end*; tells of each as it ends."""
    outcomes: list[Outcome] = []
    running: set[Future[Outcome]] = set()
    with ProcessPoolExecutor(at_once, max_tasks_per_child=1, mp_context=_SPAWNED) as processes:
        while True:
            while len(running) < at_once and (end is None or time.monotonic() < end):
                seed = next(seeds, None)
                if seed is None:
                    break
                running.add(processes.submit(run_seed, seed, keep=True))
            if not running:
                return outcomes
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for one in done:
                outcome = one.result()
                outcomes.append(outcome)
                if outcome.complaint:
                    print(tell(outcome))
                seed = outcome.plan.seed
                faults = outcome.faults.total()
                print(f"seed {seed}: {outcome.seconds:.1f} s, {faults} faults", flush=True)


def _summary(outcomes: list[Outcome]) -> int:
    """Tell the sums of *outcomes*; returns the exit code."""
    modes = Counter(outcome.plan.mode for outcome in outcomes)
    faults = sum((outcome.faults for outcome in outcomes), Counter[Fault]())
    bad = sum(bool(outcome.complaint) for outcome in outcomes)
    wrong = sum(outcome.wrong_outputs for outcome in outcomes)
    told = ", ".join(f"{mode.value} {modes[mode]}" for mode in Mode)
    print(f"{len(outcomes)} jobs ({told}), of which bad: {bad}")
    for fault in Fault:
        print(f"{faults[fault]:6d} x {fault.value}")
    for what in sorted({what for outcome in outcomes for what in outcome.left_out}):
        print(f"left out: {what}")
    print(f"faults: {faults.total()}; wrong outputs: {wrong}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
