"""Measures what merging map outputs ahead could save: ``python -m benchmarks.merging``.

CPU seconds of the merges of all reduce tasks of a job: of all map outputs at once; of all but the
last two ahead, into one run in memory; and of that run with the last two. No program runs in them:
each merge is copied into memory, as it would be into a pipe.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.generate import cached, write_records, write_text
from benchmarks.measure import ROOT
from hadoopless.data.machine.buffers import new_buffer
from hadoopless.data.merge.merge import merged
from hadoopless.data.runs.blocks import SortedBlock
from hadoopless.data.runs.runs import MemoryRun, Run
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.sort.blocks import sorted_blocks
from hadoopless.job import Sum

MAPS, REDUCES, LATE = 16, 8, 2
SIZE = 130_000_000
_WINDOWS = 1 << 20
_KINDS: dict[str, tuple[Callable[..., None], list[str]]] = {
    "words": (write_text, [sys.executable, str(ROOT / "wordcount" / "mapper.py")]),
    "records": (write_records, ["cat"]),
}


def map_output(program: Sequence[str], path: Path) -> list[SortedBlock]:
    """The blocks of the map task that reads *path*."""
    with path.open("rb") as stdin:
        done = subprocess.run(program, stdin=stdin, stdout=subprocess.PIPE, check=True)
    left = memoryview(done.stdout)

    def read_into(target: memoryview) -> int:
        nonlocal left
        count = min(len(target), len(left))
        target[:count] = left[:count]
        left = left[count:]
        return count

    return list(sorted_blocks(read_into, REDUCES))


def merge(runs: Sequence[Run]) -> tuple[MemoryRun, float]:
    """*runs* as one, in memory, and the CPU seconds that it took."""
    begun = time.process_time()
    target = new_buffer(sum(run.length for run in runs))
    count = 0
    with tempfile.TemporaryDirectory() as directory:
        for piece in merged(runs, _WINDOWS, SpillFile(directory)):
            target[count : count + len(piece)] = piece
            count += len(piece)
    run = MemoryRun(target, 0, count, Sum.of(run.sum for run in runs))
    return run, time.process_time() - begun


def measured(outputs: Sequence[Sequence[SortedBlock]]) -> tuple[float, float, float]:
    """CPU seconds of merging all at once, of all but the last ahead, and of these with the rest."""

    def runs(some: Sequence[Sequence[SortedBlock]], partition: int) -> list[Run]:
        return [block.run(partition) for blocks in some for block in blocks]

    at_once = ahead = rest = 0.0
    for partition in range(REDUCES):
        at_once += merge(runs(outputs, partition))[1]
        first, seconds = merge(runs(outputs[:-LATE], partition))
        ahead += seconds
        rest += merge([first, *runs(outputs[-LATE:], partition)])[1]
    return at_once, ahead, rest


def main() -> int:
    """Print the figures of both kinds of records; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.merging", description=__doc__)
    parser.add_argument("--size", type=int, default=SIZE, help="bytes of input (130,000,000)")
    parser.add_argument("--work", type=Path, default=ROOT / "benchmarks" / "work")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    for kind, (write, program) in _KINDS.items():
        place = options.work / f"merging-{kind}-{options.size}"
        inputs = cached(place, partial(write, size=options.size, files=MAPS))
        outputs = [map_output(program, path) for path in sorted(inputs.glob("*.in"))]
        for _ in range(3):
            at_once, ahead, rest = measured(outputs)
            print(
                f"{kind}: {MAPS} map outputs at once {at_once:.3f} s; {MAPS - LATE} ahead"
                f" {ahead:.3f} s, that run and the last {LATE} {rest:.3f} s"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
