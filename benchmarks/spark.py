"""Jobs on Spark beside RDD.pipe and beside our own engine: CPU seconds of all processes of each.

``python -m benchmarks.spark`` installs PySpark if need be (as ``python -m tests.spark`` does) and
prints the table of docs/scaling.md. All jobs run on this machine, with two tasks at a time.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import ROOT, BenchmarkError, environment
from benchmarks.peers.workloads import MB, WORKLOADS, Workload
from tests.spark.__main__ import installed

CORES = 2
_MASTER = f"local[{CORES}]"
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
_PROGRAMS = re.compile(r"([0-9.]+) CPU seconds in the programs")


@dataclass(frozen=True)
class Cost:
    """The cost of one run, in seconds."""

    wall: float
    cpu: float
    #: The part of the users' programs; None where the engine does not tell it.
    programs: float | None = None


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.spark", description=__doc__)
    parser.add_argument("--words", type=int, default=100, metavar="MB", help="of the word count")
    parser.add_argument("--records", type=int, default=256, metavar="MB", help="of the sort")
    parser.add_argument("--work", type=Path, default=ROOT / "benchmarks" / "work" / "spark-runs")
    options = parser.parse_args()
    adopt_orphans()
    python_path = os.pathsep.join([str(ROOT), str(installed())])
    words, records = (
        next(w for w in WORKLOADS if w.name == name) for name in ("words", "identity")
    )
    options.work.mkdir(parents=True, exist_ok=True)
    print("| job | engine | wall s | CPU s | of which programs |\n|---|---|---|---|---|")
    for workload, size in ((words, options.words * MB), (records, options.records * MB)):
        inputs = workload.inputs(options.work, size)
        for name, argv in engines(workload, inputs, options.work, size):
            shutil.rmtree(options.work / "output", ignore_errors=True)
            cost = run(argv, python_path, options.work / f"{name}.log")
            programs = "" if cost.programs is None else f"{cost.programs:.1f}"
            print(
                f"| {workload.name}, {size // MB} MB | {name} | {cost.wall:.1f} | {cost.cpu:.1f}"
                f" | {programs} |",
                flush=True,
            )
    return 0


def engines(
    workload: Workload, inputs: Path, work: Path, size: int
) -> list[tuple[str, Sequence[str]]]:
    """The command of each engine for a job on *inputs*."""
    output = work / "output"
    split = size // (4 * CORES)
    job = [
        *(f"--mapperPath={workload.mapper}", f"--reducerPath={workload.reducer}"),
        *(f"--inputPath={inputs}", f"--outputPath={output}", f"--numReducers={CORES}"),
        f"--splitSize={split}",
    ]
    ours = [sys.executable, str(ROOT / "coordinator.py")]
    pipe = [
        *(sys.executable, str(ROOT / "benchmarks" / "peers" / "drivers" / "spark_pipe.py")),
        *("--inputs", str(inputs), "--output", str(output), "--temporary", str(work / "temporary")),
        *("--mapper", workload.mapper, "--reducer", workload.reducer),
        *("--maps", str(4 * CORES), "--reducers", str(CORES), "--key-fields", "1"),
    ]
    return [
        ("own", [*ours, "--workers=embedded", *job]),
        ("--engine=spark", [*ours, "--engine=spark", f"--master={_MASTER}", *job]),
        ("RDD.pipe and a sort", pipe),
    ]


def adopt_orphans() -> None:
    """Let processes whose parents have ended become children of this one, which counts them."""
    if ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0):
        raise BenchmarkError("this system does not let a process adopt others")


def run(argv: Sequence[str], python_path: str, log: Path) -> Cost:
    """The cost of a command, with all processes that it has started."""
    variables = environment({"PYTHONPATH": python_path, "MAPREDUCE_HISTORY": "off"})
    before, started = cpu_of_children(), time.perf_counter()
    with log.open("wb") as console:
        done = subprocess.run(argv, cwd=ROOT, env=variables, stdout=console, stderr=console)
    wall = time.perf_counter() - started
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    text = log.read_text(errors="replace")
    if done.returncode:
        raise BenchmarkError(f"{argv[1]} failed; {log} says why")
    told = _PROGRAMS.search(text)
    return Cost(wall, cpu_of_children() - before, float(told[1]) if told else None)


def cpu_of_children() -> float:
    """The CPU seconds of all children that have ended, and of theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
