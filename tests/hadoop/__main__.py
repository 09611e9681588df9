"""``python -m tests.hadoop --jobs 1000``: random jobs by a real Hadoop and by this project."""

from __future__ import annotations

import argparse
import random
import shlex
import sys
from collections import Counter
from pathlib import Path

from tests.hadoop import ours
from tests.hadoop.both import Verdict, judge
from tests.hadoop.jobs import make
from tests.hadoop.maven import Unavailable
from tests.hadoop.outcome import lay_out


def main() -> int:
    """Tell each difference and how many there are. Exit code 1: some; 2: no Hadoop here."""
    parser = argparse.ArgumentParser(prog="python -m tests.hadoop", description=__doc__)
    parser.add_argument("--jobs", type=int, default=100, help="how many (default 100)")
    parser.add_argument("--seed", type=int, help="of the first job (default: any)")
    parser.add_argument("--only", type=int, help="this one, with its story")
    parser.add_argument("--command", default=ours.COMMAND, help="ours (default %(default)s)")
    parser.add_argument("--at-once", type=int, default=2, help="jobs at once (default 2)")
    parser.add_argument("--jvms", type=int, default=1, help="real Hadoops (default 1)")
    parser.add_argument("--memory", help="of each of our workers, as in 16MB; all if not given")
    parser.add_argument("--lay-out", metavar="DIRECTORY", help="with --only: keep the files there")
    options = parser.parse_args()
    first = random.randrange(10**6) if options.seed is None else options.seed
    seeds = range(first, first + options.jobs)
    if options.only is not None:
        seeds = range(options.only, options.only + 1)
        if options.lay_out:
            lay_out(make(options.only).files, Path(options.lay_out))
    how = (options.command, options.jvms, options.at_once, options.memory)
    different, ended = 0, Counter[int]()
    try:
        for verdict in judge(seeds, *how):
            ended[verdict.hadoop.status] += 1
            different += bool(verdict.differences)
            if verdict.differences:
                print(tell(verdict), flush=True)
            if ended.total() % 100 == 0:
                print(f"{ended.total()} jobs, {different} with differences", file=sys.stderr)
            if options.only is not None:
                print(story(verdict), flush=True)
    except Unavailable as reason:
        print(f"no Hadoop to compare with: {reason}", file=sys.stderr)
        return 2
    statuses = ", ".join(f"{count} x {status}" for status, count in sorted(ended.items()))
    print(f"exit statuses of Hadoop: {statuses}")
    print(f"{ended.total()} jobs from seed {seeds[0]}, {different} with differences")
    return 1 if different else 0


def tell(verdict: Verdict) -> str:
    """The differences of a job, its command line, and how to repeat it."""
    job = verdict.job
    head = f"seed {job.seed} ({job.shape}): python -m tests.hadoop --only {job.seed}"
    return "\n    ".join([head, shlex.join(job.args), *verdict.differences])


def story(verdict: Verdict) -> str:
    """Both outcomes at length."""
    parts = [shlex.join(verdict.job.args), f"order: {verdict.job.order}"]
    for whose, outcome in (("Hadoop", verdict.hadoop), ("ours", verdict.ours)):
        parts += [f"===== {whose}: exit status {outcome.status}", outcome.stdout, outcome.stderr]
        for name, data in sorted((outcome.files or {}).items()):
            if not name.endswith(".crc"):
                parts.append(f"--- {name}: {data[:2000]!r}")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
