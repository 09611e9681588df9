"""Seeds through both sides."""

from __future__ import annotations

import os
import queue
import shutil
import sys
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
from tests.streaming.clients import Clients


@dataclass(frozen=True)
class Verdict:
    """One job, run by both."""

    job: Job
    hadoop: Outcome
    ours: Outcome
    differences: list[str]


def judge(
    seeds: Iterable[int],
    command: str = ours.COMMAND,
    jvms: int = 1,
    at_once: int = 2,
    memory: str | None = None,
) -> Iterator[Verdict]:
    """The verdicts as they come: *jvms* real Hadoops, *at_once* jobs; raises Unavailable.

    Most jobs share two workers and have forked clients. One in fifty, and all where *command* is
    another one, run as a user runs them. *memory*: of each worker.
    """
    with ExitStack() as stack:
        # Some programs sort, and so does the JVM decode arguments, by the locale. The python3 of
        # the programs is this one: others may be scripts that look for one first.
        path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
        stack.enter_context(patch.dict(os.environ, LC_ALL="C.UTF-8", PATH=path))
        base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="differential-")))
        hadoops: queue.Queue[Hadoop] = queue.Queue()
        for index in range(jvms):
            hadoops.put(stack.enter_context(Hadoop(base / f"jvm{index}")))
        root = base / "ours"
        root.mkdir()
        options = [] if memory is None else [f"--memory={memory}"]
        workers = stack.enter_context(running_pool(2, root, *options)).urls
        shared = {**os.environ, "MAPREDUCE_WORKERS": ",".join(workers)}
        clients = stack.enter_context(Clients(shared, at_once))

        def one(seed: int) -> Verdict:
            job = make(seed)
            hadoop = hadoops.get()
            try:
                theirs = hadoop.run(job.files, job.args)
            finally:
                hadoops.put(hadoop)
            place = root / f"job{seed}"
            if command != ours.COMMAND or seed % 50 == 0:
                mine = ours.run(job.files, job.args, place, command)
            else:
                mine = ours.run_quickly(job.files, job.args, place, clients)
            shutil.rmtree(place, ignore_errors=True)
            return Verdict(job, theirs, mine, differences(job, theirs, mine))

        pool = stack.enter_context(ThreadPoolExecutor(at_once))
        stack.callback(pool.shutdown, cancel_futures=True)
        futures = [pool.submit(one, seed) for seed in seeds]
        for future in as_completed(futures):
            yield future.result()
