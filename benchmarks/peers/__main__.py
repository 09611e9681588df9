"""Measures this project beside other ways to run the same jobs: ``python -m benchmarks.peers``.

Exit codes: 0 all is measured, 1 a run of this project failed or gave another output than others.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import page
from benchmarks.limit import keep_to_cores
from benchmarks.machine import machine, today
from benchmarks.measure import ROOT, Runner
from benchmarks.peers.engines import CORES, PEERS, Peer
from benchmarks.peers.install import install
from benchmarks.peers.results import Results
from benchmarks.peers.running import BYTES, Course, Rules
from benchmarks.peers.table import tables
from benchmarks.peers.workloads import LINES, WORKLOADS, Workload
from benchmarks.pool import running_pool


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the chosen peers with the chosen workloads; returns the exit code."""
    options = parse(arguments)
    keep_to_cores(CORES)
    options.work.mkdir(parents=True, exist_ok=True)
    peers = [peer for peer in PEERS if peer.name in (options.peer or names(PEERS))]
    tools = install(options.work, [peer.name for peer in peers], say)
    rules = Rules(options.repeat, options.enough, options.limit, options.minutes)
    words = sys.argv[1:] if arguments is None else arguments
    command = shlex.join(["python", "-m", "benchmarks.peers", *words])
    results = Results(command, today(), machine(), tools.versions, tools.missing, asdict(rules))
    with running_pool(Runner(say), options.work / "pool.log", variables=BYTES) as pool:
        tools.pool = pool.urls
        try:
            measure(Course(options.work, tools, rules, say), options, peers, results)
        finally:
            options.json.write_text(json.dumps(results.to_json(), indent=1) + "\n")
            say("\n" + tables(results))
    if options.report:
        if options.large:
            page.keep_large(results)
        else:
            page.keep(page.USUAL, results.to_json())
        page.renew(options.work)
    return int(has_failed(results))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    lines = [f"  {one.name:<10} {one.what}" for one in WORKLOADS]
    lines += ["peers:", *(f"  {peer.name:<10} {peer.title}" for peer in PEERS)]
    rules = Rules()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers",
        description="Run the same jobs with this project and with its peers; print their times.",
        epilog="\n".join(["workloads:", *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--workload", action="append", choices=names(WORKLOADS), help="this one; may be repeated")
    add("--peer", action="append", choices=names(PEERS), help="this one; may be repeated")
    add(
        "--size",
        action="append",
        type=size,
        help="input size, such as 5MB, instead of its own",
    )
    add("--large", action="store_true", help="the large sizes instead, up to 10 GB")
    add("--repeat", type=int, default=rules.repeat, help="the most runs of a cell (default: 3)")
    add(
        "--enough",
        type=float,
        default=rules.enough,
        help="no more runs of a cell after so many seconds (default: 10)",
    )
    add(
        "--limit",
        type=float,
        default=rules.limit,
        help="leave out runs that would take more seconds (default: 15)",
    )
    add(
        "--minutes",
        type=float,
        default=rules.minutes,
        help="each cell has one run, and no more once all took so many minutes (default: 17)",
    )
    add("--work", type=Path, default=ROOT / "benchmarks" / "work", help="all that is made is here")
    add("--json", type=Path, help="write the results to this file (default: WORK/peers.json)")
    add(
        "--report",
        action="store_true",
        help="renew docs/benchmarks.md with the results; with --large, other workloads stay there",
    )
    options = parser.parse_args(arguments)
    if options.repeat < 1 or options.limit <= 0:
        parser.error("--repeat and --limit must be positive")
    options.work = options.work.resolve()
    options.json = options.json or options.work / "peers.json"
    return options


def size(text: str) -> int:
    """The bytes that *text* tells of, such as 5MB."""
    match = re.fullmatch(r"(\d+)([kMG]?)B?", text)
    if match is None or not int(match[1]):
        raise argparse.ArgumentTypeError(f"{text} is no size such as 5MB")
    return int(match[1]) * {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}[match[2]]


def names(named: Sequence[Peer] | Sequence[Workload]) -> list[str]:
    """The names of peers or of workloads."""
    return [one.name for one in named]


def measure(
    course: Course, options: argparse.Namespace, peers: Sequence[Peer], results: Results
) -> None:
    """Append the cells of the chosen workloads to *results*, then run all of them again.

    The peers run by turns, and so do the workloads: a noisy neighbour disturbs all of them.
    """
    chosen = [one for one in WORKLOADS if one.name in (options.workload or names(WORKLOADS))]
    course.end = time.monotonic() + 60 * course.rules.minutes
    for workload in chosen:
        cells = course.first(workload, sizes_of(workload, options), peers)
        results.cells += cells
        if workload is LINES:
            course.starts = {cell.peer: cell.median for cell in cells if cell.walls}
    for _ in range(1, course.rules.repeat):
        for workload in chosen:
            course.again(workload, results.of(workload.name), peers)


def sizes_of(workload: Workload, options: argparse.Namespace) -> tuple[int, ...]:
    """The sizes that the options ask for, the smallest first."""
    if workload is LINES:
        return workload.sizes
    if options.size:
        return tuple(sorted(options.size))
    return workload.large if options.large else workload.sizes


def has_failed(results: Results) -> bool:
    """True if this project failed where it ran."""
    ours = {peer.name for peer in PEERS if peer.is_ours}
    return any(cell.failed and cell.peer in ours for cell in results.cells)


def say(text: str) -> None:
    """Print at once, so that lines keep their order."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
