"""Jobs on Spark beside RDD.pipe and beside our own engine: CPU seconds of all processes of each.

``python -m benchmarks.spark`` installs PySpark if need be (as ``python -m tests.spark`` does) and
prints the table of docs/scaling.md. It needs root, for a control group. All jobs run on this
machine, with two tasks at a time.
"""

from __future__ import annotations

import argparse
import os
import re
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
#: The place of a control group, by the first version of the kernel's and by the second.
_GROUPS = (
    Path("/sys/fs/cgroup/cpuacct/hadoopless-benchmark"),
    Path("/sys/fs/cgroup/hadoopless-benchmark"),
)
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
    group = Group()
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
            cost = run(argv, python_path, options.work / f"{name}.log", group)
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


class Group:
    """A control group, which counts the CPU time of all processes that begin in it.

    The processes of Spark do not wait for all of theirs, so that the kernel's sums for children of
    the benchmark lack a part. A group needs root.
    """

    def __init__(self) -> None:
        try:
            self._path = next(place for place in _GROUPS if place.parent.is_dir())
            self._path.mkdir(exist_ok=True)
        except (OSError, StopIteration) as error:
            raise BenchmarkError("CPU time is counted by a control group, as root") from error

    def enter(self) -> None:
        """Put this process into the group."""
        (self._path / "cgroup.procs").write_text(str(os.getpid()))

    def seconds(self) -> float:
        """The CPU seconds of all processes so far."""
        if (usage := self._path / "cpuacct.usage").exists():
            return int(usage.read_text()) / 1e9
        return int((self._path / "cpu.stat").read_text().split()[1]) / 1e6


def run(argv: Sequence[str], python_path: str, log: Path, group: Group) -> Cost:
    """The cost of a command, with all processes that it has started."""
    variables = environment({"PYTHONPATH": python_path, "MAPREDUCE_HISTORY": "off"})
    before, started = group.seconds(), time.perf_counter()
    with log.open("wb") as console:
        done = subprocess.run(
            argv, cwd=ROOT, env=variables, stdout=console, stderr=console, preexec_fn=group.enter
        )
    wall = time.perf_counter() - started
    text = log.read_text(errors="replace")
    if done.returncode:
        raise BenchmarkError(f"{argv[1]} failed; {log} says why")
    told = _PROGRAMS.search(text)
    return Cost(wall, group.seconds() - before, float(told[1]) if told else None)


if __name__ == "__main__":
    sys.exit(main())
