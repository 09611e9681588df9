"""``python -m tests.hadoop.engine --jobs 200``: random jobs by our engine and --engine=hadoop."""

from __future__ import annotations

import argparse
import os
import queue
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests.hadoop import jobs, ours, plain
from tests.hadoop.compare import differences
from tests.hadoop.home import local_site, make_home
from tests.hadoop.maven import Unavailable
from tests.hadoop.outcome import lay_out
from tests.oracle import REPOSITORY
from tests.pools import running_pool

#: Seconds for one job.
_PATIENCE = 300


@dataclass(frozen=True)
class Ended:
    """The end of one run of a plain job."""

    status: int
    said: str
    files: dict[str, bytes]


def run_plain(job: plain.PlainJob, place: Path, args: Sequence[str], workers: str) -> Ended:
    """Run *job* with more *args* in the new directory *place*."""
    lay_out(job.files, place)
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "coordinator.py"), *job.args, *args],
        cwd=place,
        env={**os.environ, "MAPREDUCE_WORKERS": workers},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_PATIENCE,
    )
    out = place / "out"
    files = {one.name: one.read_bytes() for one in out.iterdir()} if out.is_dir() else {}
    return Ended(done.returncode, done.stdout.decode("utf-8", "replace"), files)


def plain_differences(job: plain.PlainJob, mine: Ended, theirs: Ended) -> list[str]:
    """The differences between our outputs and those of Hadoop that *job* does not allow."""
    if mine.status or theirs.status:
        return [f"exit status {mine.status}, of Hadoop {theirs.status}: {theirs.said[-2000:]}"]
    if job.order in ("joined", "lines"):
        one, other = (_joined(ended.files) for ended in (mine, theirs))
        if job.order == "lines":
            one, other = sorted(one), sorted(other)
        return [] if one == other else [f"all outputs: {_first(one, other)}"]
    if mine.files.keys() != theirs.files.keys():
        return [f"files {sorted(mine.files)}, of Hadoop {sorted(theirs.files)}"]
    found = []
    for name, data in sorted(mine.files.items()):
        one, other = data.splitlines(True), theirs.files[name].splitlines(True)
        if job.order == "keys":
            one, other = _settled(one), _settled(other)
        if one != other:
            found.append(f"{name}: {_first(one, other)}")
    return found


def _joined(files: dict[str, bytes]) -> list[bytes]:
    names = sorted(files, key=lambda name: int(name.partition(".")[0]))
    return b"".join(files[name] for name in names).split(b"\n")


def _settled(lines: Iterable[bytes]) -> list[bytes]:
    """*lines* with those of one key in the order of their bytes."""
    groups = groupby(lines, key=lambda line: line.split(b"\t")[0])
    return [line for _, group in groups for line in sorted(group)]


def _first(one: Sequence[bytes], other: Sequence[bytes]) -> str:
    for number, (mine, theirs) in enumerate(zip(one, other, strict=False)):
        if mine != theirs:
            return f"line {number + 1} is {mine[:200]!r}, of Hadoop {theirs[:200]!r}"
    return f"{len(one)} lines, of Hadoop {len(other)}"


def judge(door: str, seeds: Iterable[int], at_once: int = 2) -> Iterator[tuple[int, list[str]]]:
    """Each seed with its differences, as they come; raises Unavailable.

    *door*: ``plain`` (``coordinator.py``) or ``jar`` (``hadoop jar``). Every other job is tried out
    by the preflight.
    """
    with ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="engine-")))
        homes: queue.Queue[Path] = queue.Queue()
        for number in range(at_once):
            homes.put(make_home(base / f"hadoop{number}", local_site(base / f"tmp{number}")))
        root = base / "jobs"
        root.mkdir()
        workers = ",".join(stack.enter_context(running_pool(2, root)).urls)
        compared = {"plain": _compared_plain, "jar": _compared_jar}[door]

        def one(seed: int) -> tuple[int, list[str]]:
            home = homes.get()
            place = root / f"job{seed}"
            try:
                args = ["--engine=hadoop", f"--hadoop={home}"]
                args += [] if seed % 2 else ["--no-preflight"]
                return seed, compared(seed, place, args, workers)
            finally:
                homes.put(home)
                shutil.rmtree(place, ignore_errors=True)

        pool = stack.enter_context(ThreadPoolExecutor(at_once))
        stack.callback(pool.shutdown, cancel_futures=True)
        for future in as_completed([pool.submit(one, seed) for seed in seeds]):
            yield future.result()


def _compared_plain(seed: int, place: Path, args: list[str], workers: str) -> list[str]:
    job = plain.make(seed)
    mine = run_plain(job, place / "own", [], workers)
    theirs = run_plain(job, place / "hadoop", [*job.other_args, *args], workers)
    return plain_differences(job, mine, theirs)


def _compared_jar(seed: int, place: Path, args: list[str], workers: str) -> list[str]:
    del workers  # each job starts its own, as users' jobs do
    job = jobs.make(seed)
    place.mkdir()
    mine = ours.run(job.files, job.args, place / "own", seconds=_PATIENCE)
    command = f"{ours.COMMAND} {shlex.join(args)}"
    theirs = ours.run(job.files, job.args, place / "hadoop", command, seconds=_PATIENCE)
    found = differences(job, theirs, mine)
    return [*found, theirs.stderr[-1500:]] if found else []


def main() -> int:
    """Tell each difference and how many there are. Exit code 1: some; 2: no Hadoop here."""
    parser = argparse.ArgumentParser(prog="python -m tests.hadoop.engine", description=__doc__)
    parser.add_argument("--door", choices=("plain", "jar"), default="plain")
    parser.add_argument("--jobs", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--seed", type=int, help="of the first job (default: any)")
    parser.add_argument("--at-once", type=int, default=2, help="jobs at once (default 2)")
    options = parser.parse_args()
    first = random.randrange(10**6) if options.seed is None else options.seed
    different = done = 0
    try:
        seeds = range(first, first + options.jobs)
        for seed, found in judge(options.door, seeds, options.at_once):
            done += 1
            if found:
                different += 1
                args = plain.make(seed).args if options.door == "plain" else jobs.make(seed).args
                print(f"seed {seed}: {shlex.join(args)}", *found, sep="\n    ", flush=True)
    except Unavailable as reason:
        print(f"no Hadoop to compare with: {reason}", file=sys.stderr)
        return 2
    print(f"{done} jobs of door {options.door} from seed {first}, {different} with differences")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
