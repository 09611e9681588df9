"""Seeds through both sides."""

from __future__ import annotations

import queue
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tests.hadoop import ours
from tests.hadoop.compare import differences
from tests.hadoop.jobs import Job, make
from tests.hadoop.oracle import Hadoop
from tests.hadoop.outcome import Outcome


@dataclass(frozen=True)
class Verdict:
    """One job, run by both."""

    job: Job
    hadoop: Outcome
    ours: Outcome
    differences: list[str]


def judge(
    seeds: Iterable[int], command: str = ours.COMMAND, jvms: int = 1, at_once: int = 2
) -> Iterator[Verdict]:
    """The verdicts as they come: *jvms* real Hadoops, *at_once* jobs; raises Unavailable."""
    with tempfile.TemporaryDirectory(prefix="differential-") as scratch:
        base = Path(scratch)
        hadoops: queue.Queue[Hadoop] = queue.Queue()
        all_hadoops = [Hadoop(base / f"jvm{index}") for index in range(jvms)]
        for hadoop in all_hadoops:
            hadoops.put(hadoop)

        def one(seed: int) -> Verdict:
            job = make(seed)
            hadoop = hadoops.get()
            try:
                theirs = hadoop.run(job.files, job.args)
            finally:
                hadoops.put(hadoop)
            place = base / f"job{seed}"
            mine = ours.run(job.files, job.args, place, command)
            shutil.rmtree(place, ignore_errors=True)
            return Verdict(job, theirs, mine, differences(job, theirs, mine))

        try:
            with ThreadPoolExecutor(at_once) as pool:
                futures = [pool.submit(one, seed) for seed in seeds]
                try:
                    for future in as_completed(futures):
                        yield future.result()
                finally:
                    pool.shutdown(cancel_futures=True)
        finally:
            for hadoop in all_hadoops:
                hadoop.close()
