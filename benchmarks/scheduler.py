"""Measures the cost of scheduling alone: a job of many tasks from start to end, without a cluster.

Usage: python -m benchmarks.scheduler [--maps 100000] [--reduces 16] [--workers 8] [--slots 1]

Each attempt succeeds as soon as it is started. The first figure is the CPU time in
``handle`` alone; the events are made outside of it.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections import deque

from hadoopless.job import MapOutput
from hadoopless.scheduler import (
    AttemptSucceeded,
    Event,
    JobStarted,
    JobSucceeded,
    Scheduler,
    StartAttempt,
    WorkerJoined,
)


def run(maps: int, reduces: int, workers: int, slots: int) -> tuple[float, int]:
    """Schedule a whole job; returns the CPU seconds in the scheduler and the number of events."""
    names = [f"http://localhost:{port}" for port in range(8000, 8000 + workers)]
    events: deque[Event] = deque(WorkerJoined(name, slots) for name in names)
    events.append(JobStarted())
    begin = time.process_time()
    core = Scheduler(maps, reduces, names)
    spent, count = time.process_time() - begin, 0
    while events:
        batch = list(events)
        events.clear()
        begin = time.process_time()
        actions = [a for i, e in enumerate(batch) for a in core.handle(e, now=(count + i) / 1000)]
        spent += time.process_time() - begin
        count += len(batch)
        for action in actions:
            if isinstance(action, StartAttempt):
                events.append(_success(action, reduces))
            elif isinstance(action, JobSucceeded):
                return spent, count
    sys.exit("the job did not end")


def _success(action: StartAttempt, reduces: int) -> AttemptSucceeded:
    task = action.attempt.task
    if task.is_reduce:
        return AttemptSucceeded(action.attempt, action.worker)
    sizes = tuple((task.index + partition) % 7 for partition in range(reduces))
    output = MapOutput(action.worker, f"{task.index:032x}", 1, sizes)
    return AttemptSucceeded(action.attempt, action.worker, output)


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description="CPU time of the scheduler alone")
    parser.add_argument("--maps", type=int, default=100_000)
    parser.add_argument("--reduces", type=int, default=16)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--slots", type=int, default=1)
    options = parser.parse_args()
    spent, count = run(options.maps, options.reduces, options.workers, options.slots)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{options.maps} maps, {options.reduces} reduces, {options.workers} workers: "
        f"{spent:.2f} CPU s in the scheduler, {spent / count * 1e6:.1f} us for each of "
        f"{count} events, peak memory {peak:.0f} MB"
    )


if __name__ == "__main__":
    main()
