"""A road that loses bytes or reads them twice: the job notices, and does not succeed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.oracle import REPOSITORY, oracle
from tests.system.jobs import Job, failed, succeeded

#: Each breaks the road in every process of a job, and says what the job is told.
BREAKS = {
    "a lost block": (
        """
from hadoopless.data.shuffle.store import MapOutputStore
MapOutputStore.add = lambda self, output, block: None
""",
        "the map output holds 0 records, 0 bytes; sorted were 1 record, 5 bytes",
    ),
    "a run fetched twice": (
        """
from hadoopless.data.shuffle.fetch import Shuffle
gather = Shuffle.gather
def twice(self, *arguments):
    gathered = gather(self, *arguments)
    gathered.runs = [run for run in gathered.runs for _ in range(2)]
    return gathered
Shuffle.gather = twice
""",
        "the maps hold 5 records, 25 bytes for partition 0 of 5 map task(s); fetched were"
        " 10 records, 50 bytes",
    ),
    "a truncated output": (
        """
import os
from hadoopless.data.output.commit import PendingOutput
commit = PendingOutput.commit
def cut(self):
    commit(self)
    os.truncate("out/0.out", 24)
PendingOutput.commit = cut
""",
        "the output out/0.out holds 24 bytes, though its task has written 25",
    ),
    "an output that vanishes": (
        """
from hadoopless.data.output.commit import PendingOutput
PendingOutput.commit = lambda self: None
""",
        "the output out/0.out is not there, though its task has succeeded",
    ),
    "a split read twice": (
        """
from hadoopless.data.input.raw import SplitFeed
call = SplitFeed.__call__
def twice(self, target):
    call(self, target)
    call(self, target)
SplitFeed.__call__ = twice
""",
        "of in/0.in [bytes 0-4] it has read the bytes 0-4, 0-4, and not 0-4",
    ),
    "a stretch that is skipped": (
        """
from msgspec.structs import replace
from hadoopless.data.input import raw
from hadoopless.worker.tasks import plain_attempt
open_split = raw.open_split
def shorter(split, *rest):
    cut = split.start == 4
    return open_split(replace(split, length=split.length - 2) if cut else split, *rest)
plain_attempt.open_split = shorter
""",
        "of in/0.in [bytes 4-8] it has read the bytes 4-6, and not 4-8",
    ),
    "a skipped file": (
        """
from hadoopless.coordinator.planning import plan
plan_splits = plan.plan_splits
plan.plan_splits = lambda *arguments: [s for s in plan_splits(*arguments) if "1.in" not in s.path]
""",
        "the input in/1.in was named 1 time(s), and would be read 0 time(s)",
    ),
}


@pytest.fixture
def small_job(tmp_path: Path) -> Job:
    """A job of two inputs, of two lines and of three."""
    job = Job(tmp_path, "in")
    job.inputs(b"a 1\nb 2\n", b"a 3\nc 4\nd 5\n")
    return job


OPTIONS = ("--outputPath=out", "--splitSize=4", "--maxAttempts=2")


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_road(small_job: Job, broken: str) -> None:
    program, told = BREAKS[broken]
    (small_job.root / "sitecustomize.py").write_text(program)
    path = os.pathsep.join([str(small_job.root), str(REPOSITORY)])
    done = small_job.run(["embedded"], *OPTIONS, env={"PYTHONPATH": path})
    assert done.returncode in (3, 4, 6), done.stderr
    failed(done, done.returncode, told)


def test_the_sums_of_a_job(small_job: Job) -> None:
    done = succeeded(small_job.run(["embedded"], *OPTIONS, "--verbose"))
    assert small_job.outputs(small_job.root / "out") == oracle(
        ["cat"], ["cat"], [b"a 1\n", b"b 2\n", b"a 3\n", b"c 4\n", b"d 5\n"], 1
    )
    for line in (
        "read:       2 input(s), 20 bytes",
        "maps:       5 records, 25 bytes",
        "partitions: 5 records, 25 bytes",
        "outputs:    1 file(s), 25 bytes",
    ):
        assert f"    {line}\n" in done.stdout


def test_a_mapper_that_does_not_want_all(small_job: Job) -> None:
    (small_job.path / "0.in").write_bytes(b"x\n" * 2_000_000)
    done = succeeded(
        small_job.run(
            ["embedded"], "--outputPath=out", "--splitSize=3MB", "--verbose", mapper="head -n 1"
        )
    )
    assert "mapper(s) left some" in done.stdout
