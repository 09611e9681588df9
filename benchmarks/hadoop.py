"""Times the same jobs on ``bin/hadoop`` and on a real Hadoop in local mode.

Usage: ``python -m benchmarks.hadoop [CASE …]``. Each figure is our wall time divided by Hadoop's,
each the best of several runs; the outputs are compared. It needs Java and, once, Maven Central.
Exit codes: 0 all limits kept, 1 one missed, 2 a run failed or gave wrong output.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.generate import cached, write_text
from benchmarks.measure import ROOT, BenchmarkError, Figure, Run, environment, timed
from tests.hadoop.maven import Unavailable, jars

WORK = ROOT / "benchmarks" / "work"
_LIBRARY = "org.apache.hadoop.mapred.lib"

_MAPPER = """\
#!/usr/bin/env python3
import sys
for line in sys.stdin:
    for word in line.split():
        print(word + "\\t1")
"""
_REDUCER = """\
#!/usr/bin/env python3
import sys
from itertools import groupby
pairs = (line.rstrip("\\n").split("\\t") for line in sys.stdin)
for word, group in groupby(pairs, key=lambda pair: pair[0]):
    print(word + "\\t" + str(sum(int(count) for _, count in group)))
"""
_WORDCOUNT = (
    "-files",
    "wc_map.py,wc_reduce.py",
    "-mapper",
    "wc_map.py",
    "-reducer",
    "wc_reduce.py",
)
_SECONDARY_SORT = (
    *("-D", "stream.num.map.output.key.fields=2"),
    *("-D", "mapreduce.partition.keypartitioner.options=-k1,1"),
    *("-D", f"mapreduce.job.output.key.comparator.class={_LIBRARY}.KeyFieldBasedComparator"),
    *("-D", "mapreduce.partition.keycomparator.options=-k1,1 -k2,2nr"),
    *("-D", "mapreduce.job.reduces=4"),
    *("-partitioner", f"{_LIBRARY}.KeyFieldBasedPartitioner"),
    *("-mapper", "cat", "-reducer", "cat"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A job, and the share of Hadoop's time that it may take."""

    name: str
    what: str
    #: A function that writes the inputs into a directory.
    make: Callable[[Path], None]
    arguments: tuple[str, ...]
    limit: float
    runs: int


def _three_lines(directory: Path) -> None:
    (directory / "0.in").write_text("the quick brown\nfox jumps over\nthe lazy dog\n")


def _text(directory: Path) -> None:
    write_text(directory, 100_000_000, 4)


def _records(directory: Path) -> None:
    """Ten million lines: one of a hundred thousand keys, a number, a value."""
    random = Random(1)
    for index in range(4):
        with (directory / f"{index}.in").open("w") as out:
            for _ in range(25):
                out.writelines(
                    f"k{random.randrange(100_000):05d}\t{random.randrange(-(10**6), 10**6)}\tv\n"
                    for _ in range(100_000)
                )


CASES = (
    Case("lines", "word count of three lines", _three_lines, _WORDCOUNT, 1 / 3, 5),
    Case("words", "word count of 100 MB", _text, (*_WORDCOUNT, "-numReduceTasks", "4"), 1 / 4, 1),
    Case("sort", "secondary sort of 10 million records", _records, _SECONDARY_SORT, 1 / 4, 1),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the chosen cases; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hadoop", description=__doc__)
    parser.add_argument("case", nargs="*", choices=[[], *(case.name for case in CASES)])
    parser.add_argument("--runs", type=int, help="of each, of which the best counts")
    options = parser.parse_args(arguments)
    try:
        real = real_hadoop(jars())
        figures = [
            _measured(case, real, options.runs or case.runs)
            for case in CASES
            if not options.case or case.name in options.case
        ]
    except (BenchmarkError, Unavailable) as error:
        print(f"error: {error}")
        return 2
    for figure in figures:
        print(f"{figure.verdict}  {figure.name}: {figure.value:.3f} (limit {figure.limit:.3f})")
    return 0 if all(figure.passed for figure in figures) else 1


def real_hadoop(jars_directory: Path) -> list[str]:
    """The Java command that a real ``hadoop jar hadoop-streaming.jar`` runs."""
    opened = [f"--add-opens=java.base/java.{name}=ALL-UNNAMED" for name in ("lang", "util", "net")]
    settings = ["mapreduce.framework.name=local", "fs.defaultFS=file:///"]
    return [
        *("java", *opened, "-cp", f"{jars_directory}/*"),
        "org.apache.hadoop.streaming.HadoopStreaming",
        *(word for setting in settings for word in ("-D", setting)),
    ]


def _measured(case: Case, real: Sequence[str], runs: int) -> Figure:
    inputs = cached(WORK / f"hadoop-{case.name}", case.make)
    scripts = WORK / "hadoop-scripts"
    scripts.mkdir(exist_ok=True)
    for name, text in (("wc_map.py", _MAPPER), ("wc_reduce.py", _REDUCER)):
        (scripts / name).write_text(text)
        (scripts / name).chmod(0o755)
    ours = [str(ROOT / "bin" / "hadoop"), "jar", "any.jar"]
    best: dict[str, Run] = {}
    # The two take turns, so that a noisy neighbour disturbs both.
    for _ in range(runs):
        for name, command in (("ours", ours), ("hadoop", real)):
            run = _run(command, case.arguments, inputs, scripts, WORK / f"hadoop-out-{name}")
            if name not in best or run.wall < best[name].wall:
                best[name] = run
    _compare(WORK / "hadoop-out-ours", WORK / "hadoop-out-hadoop")
    for name, run in best.items():
        print(f"{case.what}, {name}: {run.wall:.2f} s, {run.cpu:.2f} CPU s")
    ratio = best["ours"].wall / best["hadoop"].wall
    return Figure(case.name, f"{case.what}: our time / Hadoop's", ratio, case.limit)


def _run(
    command: Sequence[str], arguments: Sequence[str], inputs: Path, scripts: Path, output: Path
) -> Run:
    shutil.rmtree(output, ignore_errors=True)
    argv = [*command, *_with_paths(arguments, scripts)]
    argv += ["-input", str(inputs), "-output", str(output)]
    log = WORK / "hadoop.log"
    line = shlex.join(argv)
    try:
        return timed(["sh", "-c", f"exec {line} > {shlex.quote(str(log))} 2>&1"], environment())
    except BenchmarkError as error:
        raise BenchmarkError(f"{error}\n{log.read_text(errors='replace')[-2000:]}") from error


def _with_paths(arguments: Sequence[str], scripts: Path) -> list[str]:
    """*arguments* with the full paths of shipped files."""
    words = list(arguments)
    if "-files" in words:
        at = words.index("-files") + 1
        words[at] = ",".join(str(scripts / name) for name in words[at].split(","))
    return words


def _compare(ours: Path, theirs: Path) -> None:
    """Raise BenchmarkError if the part files differ in more than the order of equal keys."""
    names = [sorted(path.name for path in one.glob("part-*")) for one in (ours, theirs)]
    if names[0] != names[1]:
        raise BenchmarkError(f"part files differ: {names}")
    for name in names[0]:
        with (ours / name).open("rb") as left, (theirs / name).open("rb") as right:
            for a, b in zip(left, right, strict=True):
                if a.split(b"\t")[:2] != b.split(b"\t")[:2]:
                    raise BenchmarkError(f"{name} differs: {a!r} and {b!r}")


if __name__ == "__main__":
    sys.exit(main())
