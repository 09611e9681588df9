"""``python -m tests.spark.both --jobs 200``: random jobs, by our own engine and on Spark."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

from tests.hadoop.jobs import make
from tests.hadoop.ours import run_quickly
from tests.hadoop.outcome import Outcome, collect, lay_out
from tests.pools import running_pool
from tests.spark import cluster
from tests.spark.driver import Driver
from tests.streaming.clients import Clients

#: The counters that depend on the machine, or on how often a task was tried.
_OF_THE_RUN = ("CPU", "time spent", "Launched", "Failed")
#: The beginning of an error of a job that Spark cannot run.
_REFUSED = "cannot be had with --engine=spark"


def judge(
    seeds: Iterable[int], driver: Driver, base: Path
) -> Iterator[tuple[int, list[str] | None]]:
    """The differences of each job, None where Spark cannot run it; its files are below *base*."""
    with ExitStack() as stack:
        path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
        stack.enter_context(patch.dict(os.environ, LC_ALL="C.UTF-8", PATH=path))
        workers = stack.enter_context(running_pool(2, base)).urls
        shared = {**os.environ, "MAPREDUCE_WORKERS": ",".join(workers)}
        clients = stack.enter_context(Clients(shared))
        for seed in seeds:
            job = make(seed)
            place = base / "job"  # the same for both: programs may write its name
            mine = run_quickly(job.files, job.args, place, clients)
            shutil.rmtree(place)
            place.mkdir()
            lay_out(job.files, place)
            spark = collect(place, *driver.hadoop(place, job.args))
            shutil.rmtree(place)
            yield seed, None if _REFUSED in spark.stderr else list(differences(mine, spark))


def differences(mine: Outcome, spark: Outcome) -> Iterator[str]:
    """All that a job on Spark has left otherwise."""
    if mine.status != spark.status:
        yield f"exit status {mine.status} here, {spark.status} on Spark: {spark.stderr[-1500:]}"
    elif not mine.status:
        names = {*(mine.files or ()), *(spark.files or ())}
        for name in sorted(names):
            if (mine.files or {}).get(name) != (spark.files or {}).get(name):
                yield f"{name} differs"
        if counted(mine) != counted(spark):
            yield f"counters {counted(mine)} here, {counted(spark)} on Spark"


def counted(outcome: Outcome) -> dict[tuple[str, str], int]:
    """The counters that do not depend on the machine."""
    return {
        (group, name): amount
        for group, names in outcome.counters.items()
        for name, amount in names.items()
        if not any(word in name for word in _OF_THE_RUN)
    }


def main() -> int:
    """Tell each difference and how many there are. Exit code 1: some; 2: no Spark here."""
    parser = argparse.ArgumentParser(prog="python -m tests.spark.both", description=__doc__)
    parser.add_argument("--jobs", type=int, default=100, help="how many (default 100)")
    parser.add_argument("--seed", type=int, default=0, help="of the first job (default 0)")
    options = parser.parse_args()
    if reason := cluster.missing():
        print(f"no Spark to compare with: {reason}", file=sys.stderr)
        return 2
    different = refused = 0
    seeds = range(options.seed, options.seed + options.jobs)
    with tempfile.TemporaryDirectory(prefix="on-spark-") as scratch:
        base = Path(scratch)
        (base / "jobs").mkdir()
        with cluster.running(base / "cluster") as spark, Driver(spark) as driver:
            for seed, found in judge(seeds, driver, base / "jobs"):
                refused += found is None
                if found:
                    different += 1
                    args = shlex.join(make(seed).args)
                    print("\n    ".join([f"seed {seed}", args, *found]), flush=True)
    print(
        f"{len(seeds)} jobs from seed {seeds[0]}, {refused} refused, {different} with differences"
    )
    return min(different, 1)


if __name__ == "__main__":
    sys.exit(main())
