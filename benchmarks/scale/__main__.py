"""Measures time and memory as one number grows: ``python -m benchmarks.scale``."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import page
from benchmarks.cases import check_size
from benchmarks.job import Job
from benchmarks.machine import machine, today
from benchmarks.measure import ROOT, BenchmarkError, Runner
from benchmarks.pool import WORKERS, Pool, running_pool
from benchmarks.scale.results import Point, ScaleResults
from benchmarks.scale.series import SERIES, Series
from benchmarks.scale.table import sections
from benchmarks.scale.watch import Watch


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the chosen series; returns the exit code, 1 if a job failed."""
    options = parse(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    words = sys.argv[1:] if arguments is None else arguments
    command = shlex.join(["python", "-m", "benchmarks.scale", *words])
    results = ScaleResults(command, today(), machine())
    try:
        for series in SERIES:
            if series.name in (options.series or names()):
                measure(series, options, results)
    except BenchmarkError as error:
        say(f"error: {error}")
        return 1
    finally:
        options.json.write_text(json.dumps(results.to_json(), indent=1) + "\n")
        say("\n" + sections(results))
    if options.report:
        page.keep(page.SCALE, results.to_json())
        page.renew(options.work)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale",
        description="Measure time and memory of jobs that differ in one number.",
        epilog="\n".join(["series:", *(f"  {one.name:<10} {one.axis}" for one in SERIES)]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--series", action="append", choices=names(), help="this one; may be repeated")
    add("--most", type=int, help="leave out points with a larger number")
    add("--large", action="store_true", help="the large points too, up to 10 GB")
    add("--repeat", type=int, default=3, help="the most runs of a point (default: 3)")
    add(
        "--enough",
        type=float,
        default=8.0,
        help="no more runs of a point after so many seconds (default: 8)",
    )
    add("--work", type=Path, default=ROOT / "benchmarks" / "work", help="all that is made is here")
    add("--json", type=Path, help="write the results to this file (default: WORK/scale.json)")
    add("--report", action="store_true", help="renew docs/benchmarks.md with the results")
    options = parser.parse_args(arguments)
    if options.repeat < 1:
        parser.error("--repeat must be positive")
    options.work = options.work.resolve()
    options.json = options.json or options.work / "scale.json"
    return options


def names() -> list[str]:
    """The names of all series."""
    return [series.name for series in SERIES]


def measure(series: Series, options: argparse.Namespace, results: ScaleResults) -> None:
    """Append the points of a series to *results*; each has a pool of its own."""
    runner = Runner(lambda _: None)
    for x in (*series.xs, *(series.large if options.large else ())):
        if options.most and x > options.most:
            continue
        job = series.job(options.work, x)
        log = options.work / "pool.log"
        workers = x if series.grows_pool else WORKERS
        with running_pool(runner, log, series.pool, workers) as pool:
            pool.survey()
            point = measured(pool, job, Point(series.name, x, [], 0, 0), options)
        results.points.append(point)
        walls = " ".join(f"{wall:.3f}" for wall in point.walls)
        say(f"{series.name} {x:,}: {walls} s")


def measured(pool: Pool, job: Job, point: Point, options: argparse.Namespace) -> Point:
    """*point*, filled by runs of *job*."""
    while len(point.walls) < options.repeat and sum(point.walls) < options.enough:
        with Watch(but=pool.pid) as watch:
            run = pool.run(job)
        if job.mapper == job.reducer:  # the word count is checked by others
            check_size(job)
        point.walls.append(run.wall)
        point.coordinator = max(point.coordinator, watch.peak)
    point.worker = pool.peak_memory()
    job.discard_outputs()
    return point


def say(text: str) -> None:
    """Print at once, so that lines keep their order."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
