"""Runs the benchmarks and prints each figure beside its limit: ``python benchmarks/limit.py``.

Exit codes: 0 all limits kept, 1 one missed, 2 a run failed or gave wrong output.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

if not __package__:  # a program that is started by its path has no package on its module path
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.cases import CASES, Bench, Case, large
from benchmarks.measure import ROOT, BenchmarkError, Figure, Runner
from benchmarks.pool import running_pool

#: The limits were set for this many cores.
CORES = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the chosen cases; returns the exit code."""
    options = parse(arguments)
    if sys.platform != "linux":
        say("error: what processes have used is read from /proc, which only Linux has")
        return 2
    keep_to_cores(CORES)
    options.work.mkdir(parents=True, exist_ok=True)
    runner = Runner(say)
    bench = Bench(options.work, runner, options.size, options.files)
    chosen = [case for case in CASES if case.name in (options.case or usual())]
    figures: list[Figure] = []
    try:
        run_cases(bench, chosen, figures)
    except BenchmarkError as exc:
        say(f"error: {exc}")
        return 2
    finally:
        say("\n" + table(figures))
        if options.json:
            options.json.write_text(json.dumps(report(figures, runner, options.size), indent=2))
    return 0 if all(figure.passed for figure in figures) else 1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    lines = [f"  {case.name:<10} {case.what}" for case in CASES]
    parser = argparse.ArgumentParser(
        prog="benchmarks/limit.py",
        description="Print each figure beside its limit.",
        epilog="\n".join(["cases:", *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("case", nargs="*", help="the cases to run (default: all but large)")
    parser.add_argument(
        "--size", type=float, default=1.0, help="times the stated size of the inputs (default: 1)"
    )
    parser.add_argument(
        "--files", type=int, default=1, help="number of inputs of the identity job (default: 1)"
    )
    parser.add_argument(
        "--work", type=Path, default=ROOT / "benchmarks/work", help="inputs and outputs are here"
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args(arguments)
    if unknown := set(options.case) - set(names()):
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    if options.size <= 0 or options.files < 1:
        parser.error("--size and --files must be positive")
    options.work = options.work.resolve()
    return options


def names() -> list[str]:
    """The names of all cases."""
    return [case.name for case in CASES]


def usual() -> list[str]:
    """The names of the cases that run unless others are named."""
    return [case.name for case in CASES if case.measure is not large]


def keep_to_cores(count: int) -> None:
    """Pin this process and its children to *count* cores, so that figures of machines compare."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def run_cases(bench: Bench, cases: Sequence[Case], figures: list[Figure]) -> None:
    """Run *cases*, those with the same pool options on one pool, and append to *figures*."""
    for options, group in groupby(cases, key=lambda case: case.pool_options):
        with running_pool(bench.runner, bench.work / "pool.log", options) as pool:
            pool.survey()
            for case in group:
                say(
                    f"\n{case.name}: {case.what}"
                    + ("" if bench.scale == 1 else f" x {bench.scale:g}")
                )
                for figure in case.measure(bench, pool):
                    figures.append(figure)
                    say(shown_figure(figure))


def shown_figure(figure: Figure) -> str:
    """One line for the console."""
    value, limit = shown_values(figure)
    return f"{figure.verdict}  {figure.name}: {value} (limit {limit})"


def shown_values(figure: Figure) -> tuple[str, str]:
    """Value and limit with their unit, for people."""
    unit = f" {figure.unit}" if figure.unit else ""
    sign = "≥" if figure.at_least else "≤"
    return f"{figure.value:.3g}{unit}", f"{sign} {figure.limit:g}{unit}"


def table(figures: Sequence[Figure]) -> str:
    """All figures as a Markdown table."""
    rows = ["| case | figure | value | limit | verdict |", "|---|---|---|---|---|"]
    for figure in figures:
        value, limit = shown_values(figure)
        rows.append(f"| {figure.case} | {figure.name} | {value} | {limit} | {figure.verdict} |")
    return "\n".join(rows)


def report(figures: Sequence[Figure], runner: Runner, size: float) -> dict[str, object]:
    """The report as JSON data, with all that a later comparison needs."""
    return {
        "python": platform.python_version(),
        "machine": platform.platform(),
        "cores": len(os.sched_getaffinity(0)),
        "size": size,
        "figures": [{**asdict(figure), "verdict": figure.verdict} for figure in figures],
        "commands": runner.commands,
    }


def say(text: str) -> None:
    """Print at once, so that lines and the programs' own stderr keep their order."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
