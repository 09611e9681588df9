"""Measures the installed package: its size, and the time from nothing to the first result.

``python -m benchmarks.installation`` builds the wheel, installs it in new virtualenvs with and
without the extra ``build``, and prints a table. It needs a package index and uses no cache of pip.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.measure import ROOT, BenchmarkError

RESULT = "and\t1\nboat\t2\n"
THREE_LINES = "one fish\ntwo fish\nno cat\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; returns the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.installation", description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="the Python of the virtualenvs")
    parser.add_argument("--runs", type=int, default=7, help="runs of which the median is told")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as work:
        try:
            for name, value in measured(Path(work), options.python, options.runs):
                print(f"| {name} | {value} |", flush=True)
        except BenchmarkError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
    return 0


def measured(work: Path, python: str, runs: int) -> Iterator[tuple[str, str]]:
    """The rows of the table, each as soon as it is known."""
    build = (sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", work / "dist", ROOT)
    yield "building the wheel", seconds(timed(work, *build))
    (wheel,) = (work / "dist").iterdir()
    venv = work / "venv"
    began = time.perf_counter()
    installed = install(work, python, venv, str(wheel))
    first = demo(work, venv)
    yield "from no virtualenv to the first result", seconds(time.perf_counter() - began)
    yield "of this, virtualenv and pip with all downloads", seconds(installed)
    yield "first job", seconds(first)
    yield f"later ones, median of {runs}", seconds(median(runs, lambda: demo(work, venv)))
    jar = median(runs, lambda: three_lines(work, venv))
    yield f"`hadoopless hadoop jar` of three lines, median of {runs}", seconds(jar)
    with_compiler = work / "with compiler"
    install(work, python, with_compiler, f"{wheel}[build]")
    sizes = (megabytes(venv), megabytes(with_compiler))
    yield "virtualenv with pip", f"{sizes[0]:.0f} MB"
    yield "the same with the extra `build`", f"{sizes[1]:.0f} MB"
    yield "difference", f"{sizes[1] - sizes[0]:.0f} MB"


def install(work: Path, python: str, venv: Path, what: str) -> float:
    """Install *what* in a new virtualenv; the seconds that it takes."""
    pip = (venv / "bin" / "pip", "install", "-q", "--no-cache-dir", what)
    return timed(work, python, "-m", "venv", venv) + timed(work, *pip)


def demo(work: Path, venv: Path) -> float:
    """Run the job of ``make demo`` with the installed package; the seconds that it takes."""
    taken = timed(
        work,
        *(venv / "bin" / "hadoopless", "run", "--outputPath=out", "--workers=embedded"),
        f"--mapperPath={ROOT}/wordcount/mapper.py",
        f"--reducerPath={ROOT}/wordcount/reducer.py",
        f"--inputPath={ROOT}/fish_jobs/*.in",
    )
    if not (work / "out" / "0.out").read_text().startswith(RESULT):
        raise BenchmarkError("the demo gave another result")
    return taken


def three_lines(work: Path, venv: Path) -> float:
    """Run a streaming job of three lines; the seconds that it takes."""
    (work / "in").mkdir(exist_ok=True)
    (work / "in" / "lines").write_text(THREE_LINES)
    shutil.rmtree(work / "counts", ignore_errors=True)  # a job never overwrites
    command = (venv / "bin" / "hadoopless", "hadoop", "jar", "any.jar", "-mapper", "cat")
    files = ("-input", f"file://{work}/in", "-output", f"file://{work}/counts")
    taken = timed(work, *command, "-reducer", "wc -l", *files)
    if (work / "counts" / "part-00000").read_text().strip() != "3":
        raise BenchmarkError("the streaming job gave another result")
    return taken


def timed(work: Path, *command: str | Path) -> float:
    """The seconds that *command* takes in *work*; it succeeds, or BenchmarkError says why not."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAPREDUCE_")}
    began = time.perf_counter()
    done = subprocess.run(
        [str(word) for word in command], cwd=work, env=kept, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise BenchmarkError(f"{command[0]} failed: {done.stderr}")
    return time.perf_counter() - began


def median(runs: int, measure: Callable[[], float]) -> float:
    """The median of some *runs*."""
    return statistics.median(measure() for _ in range(runs))


def megabytes(directory: Path) -> float:
    """The lengths of all files below *directory*, in millions of bytes."""
    files = (path for path in directory.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 1e6


def seconds(value: float) -> str:
    """A time as the table shows it."""
    return f"{value:.2f} s"


if __name__ == "__main__":
    sys.exit(main())
