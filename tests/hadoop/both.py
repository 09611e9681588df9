"""Seeds through both sides."""

from __future__ import annotations

import os
import queue
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from tests.hadoop import ours
from tests.hadoop.compare import differences
from tests.hadoop.jobs import Job, make
from tests.hadoop.oracle import Hadoop
from tests.hadoop.outcome import Outcome
from tests.pools import running_pool


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
    """The verdicts as they come: *jvms* real Hadoops, *at_once* jobs; raises Unavailable.

    One job in ten starts workers of its own, the others share two.
    """
    with ExitStack() as stack:
        # Some programs sort, and so does the JVM decode arguments, by the locale.
        stack.enter_context(patch.dict(os.environ, LC_ALL="C.UTF-8"))
        base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="differential-")))
        workers = stack.enter_context(running_pool(2, base)).urls
        hadoops: queue.Queue[Hadoop] = queue.Queue()
        for index in range(jvms):
            hadoops.put(stack.enter_context(Hadoop(base / f"jvm{index}")))

        def one(seed: int) -> Verdict:
            job = make(seed)
            hadoop = hadoops.get()
            try:
                theirs = hadoop.run(job.files, job.args)
            finally:
                hadoops.put(hadoop)
            place = base / f"job{seed}"
            mine = ours.run(job.files, job.args, place, workers if seed % 10 else (), command)
            shutil.rmtree(place, ignore_errors=True)
            return Verdict(job, theirs, mine, differences(job, theirs, mine))

        pool = stack.enter_context(ThreadPoolExecutor(at_once))
        stack.callback(pool.shutdown, cancel_futures=True)
        futures = [pool.submit(one, seed) for seed in seeds]
        for future in as_completed(futures):
            yield future.result()
