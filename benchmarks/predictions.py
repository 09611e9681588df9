"""Compares what ``hadoopless explain`` predicts with jobs that really ran with other numbers.

``python -m benchmarks.predictions`` prints a line for each: exit code 0 if at least four in five
are within 15 % of the real time, 1 otherwise.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generate import cached, write_one_liners, write_records, write_text
from benchmarks.limit import keep_to_cores
from benchmarks.measure import ROOT, Runner, warm
from benchmarks.pool import WORKERS, Pool, running_pool
from hadoopless.history import store
from hadoopless.history.course import Course
from hadoopless.history.reading import read_course
from hadoopless.history.replay import Change, predicted

MB = 10**6
#: An error up to this share is good, and this share of all must be.
GOOD, ENOUGH = 0.15, 0.8
#: The largest pool that is asked for.
MOST_WORKERS = 4


@dataclass(frozen=True)
class Workload:
    """A job, its inputs, and the changes for which it is predicted."""

    name: str
    directory: Path
    mapper: str
    reducer: str
    reducers: int
    changes: tuple[Change, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all workloads with all changes; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.predictions", description=__doc__)
    parser.add_argument("--work", type=Path, default=ROOT / "benchmarks" / "work")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each job; the median counts")
    options = parser.parse_args(arguments)
    keep_to_cores(WORKERS)
    options.work.mkdir(parents=True, exist_ok=True)
    os.environ[store.ENVIRONMENT] = str(options.work / "history")
    shutil.rmtree(options.work / "history", ignore_errors=True)
    errors = []
    with running_pool(Runner(_say), options.work / "pool.log", workers=MOST_WORKERS) as pool:
        for workload in workloads(options.work):
            base = _run(pool, workload, Change(), options.repeat)
            _say(f"{workload.name}: {base.now:.2f} s, 2 workers, {workload.reducers} reducers")
            for change in workload.changes:
                told = predicted(base, change)
                took = _run(pool, workload, change, options.repeat).now
                error = told / took - 1
                errors.append(error)
                _say(f"  {_shown(change):<20} {told:6.2f} s told, {took:6.2f} s took {error:+.0%}")
    good = sum(abs(error) <= GOOD for error in errors)
    _say(
        f"{good} of {len(errors)} within {GOOD:.0%}; the median error is"
        f" {statistics.median(map(abs, errors)):.0%}, the largest {max(map(abs, errors)):.0%}"
    )
    return 0 if good >= ENOUGH * len(errors) else 1


def workloads(work: Path) -> list[Workload]:
    """The jobs: programs that compute, bytes that are only moved, waiting, skew."""
    text = cached(work / "predict-text", lambda path: write_text(path, 24 * MB, 12))
    records = cached(work / "predict-records", lambda path: write_records(path, 480 * MB, 4))
    small = cached(work / "predict-small", lambda path: write_one_liners(path, 24))
    for directory in (text, records, small):
        warm(directory)
    workers = Change(workers=1), Change(workers=4)
    words, programs = "wordcount/mapper.py", "benchmarks/programs"
    count = "wordcount/reducer.py"
    by_words = (*workers, _reducers(2), _reducers(16), _split(MB))
    by_records = (*workers, _reducers(1), _reducers(8), _split(20 * MB))
    by_skew = (*workers, _reducers(2), _reducers(8))
    by_waiting = (*workers, Change(slots=3), _reducers(4))
    by_reduces = (*workers, _reducers(2), _reducers(12))
    return [
        Workload("word count", text, words, count, 4, by_words),
        Workload("sort", records, "cat", "cat", 4, by_records),
        Workload("waiting", small, f"{programs}/waiting.sh", "cat", 2, by_waiting),
        Workload("skew", text, f"{programs}/skewed.py", count, 4, by_skew),
        Workload("long reduces", text, "cat", f"{programs}/busy.py", 6, by_reduces),
    ]


def _reducers(count: int) -> Change:
    return Change(reducers=count)


def _split(size: int) -> Change:
    return Change(split_size=size)


def _run(pool: Pool, workload: Workload, change: Change, repeat: int) -> Course:
    """The course of the run of *workload* with *change* that took the median time."""
    courses = [_run_once(pool, workload, change) for _ in range(repeat)]
    return sorted(courses, key=lambda course: course.now)[len(courses) // 2]


def _run_once(pool: Pool, workload: Workload, change: Change) -> Course:
    output = workload.directory.with_name("predict-out")
    shutil.rmtree(output, ignore_errors=True)
    argv = [sys.executable, "coordinator.py", "--quiet", "--no-speculate"]
    argv += [f"--mapperPath={workload.mapper}", f"--reducerPath={workload.reducer}"]
    argv += [f"--inputPath={workload.directory}/*.in", f"--outputPath={output}"]
    argv += [f"--numReducers={change.reducers or workload.reducers}"]
    argv += [f"--slots={change.slots or 1}"]
    if change.split_size is not None:
        argv.append(f"--splitSize={change.split_size}")
    urls = pool.urls[: change.workers or WORKERS]
    pool.runner.run(argv, {"MAPREDUCE_WORKERS": ",".join(urls)})
    return read_course(store.find(store.LAST).path)


def _shown(change: Change) -> str:
    if change.split_size is not None:
        return f"splits of {change.split_size / MB:g} MB"
    given = {"workers": change.workers, "slots": change.slots, "reducers": change.reducers}
    return ", ".join(f"{count} {name}" for name, count in given.items() if count is not None)


def _say(text: str) -> None:
    if not text.startswith("$"):
        print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
