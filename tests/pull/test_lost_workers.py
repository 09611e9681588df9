"""Workers that are killed, stopped or late: the job goes on, and nothing of theirs is left."""

from __future__ import annotations

import os
import signal
import time

from tests.processes import standing_still, tree, until
from tests.pull.cluster import Cluster, left_by_the_job
from tests.system.jobs import Job, succeeded
from tests.system.test_matrix import expected

INPUTS = tuple(b"%d\n" % i for i in range(5))
SOON = "--workerTimeout=1"


def runs(job: Job, script: str) -> int:
    """The number of times that a gated program was started."""
    return len((job.path / f"{script}.pids").read_text().split())


def test_killed_in_the_map_phase(trio: Cluster, job: Job):
    job.inputs(*INPUTS)
    gate = job.gated("mapper.sh")
    run = trio.start(job, SOON, mapper=gate.path, num_reducers=3)
    until(lambda: len(gate.pids()) == 3, lambda: run.said)
    trio.workers[1].kill()
    # Its directory is gone with it, and so are its programs (kill waits for them).
    until(lambda: len(os.listdir(trio.temporary)) == 2, lambda: os.listdir(trio.temporary))
    run.until_it_says("lost worker 1: ")
    gate.open()
    done = succeeded(run.end())
    assert "1 worker(s) lost" in done.stdout
    assert job.outputs() == expected("cat", "cat", INPUTS, 3)
    assert runs(job, "mapper.sh") == len(INPUTS) + 1


def test_a_laptop_that_sleeps(trio: Cluster, job: Job):
    """All processes of a job stand still for longer than the patience of any."""
    job.inputs(*INPUTS)
    gate = job.gated("mapper.sh")
    run = trio.start(job, SOON, mapper=gate.path, num_reducers=3)
    until(lambda: len(gate.pids()) == 3, lambda: run.said)
    with standing_still([*tree(run.process.pid), *trio.processes()]):
        time.sleep(3)
    gate.open()
    succeeded(run.end())
    assert job.outputs() == expected("cat", "cat", INPUTS, 3)


def test_killed_in_the_reduce_phase(trio: Cluster, job: Job):
    """Its map outputs and its partition are made again; a new worker takes its id at once."""
    job.inputs(*INPUTS)
    gate = job.gated("reducer.sh")
    run = trio.start(job, reducer=gate.path, num_reducers=3)
    until(lambda: len(gate.pids()) == 3, lambda: run.said)
    trio.workers[0].kill()
    trio.complete()
    run.until_it_says("lost worker 0: its process is gone")
    gate.open()
    succeeded(run.end())
    assert job.outputs() == expected("cat", "cat", INPUTS, 3)
    assert runs(job, "reducer.sh") == 4


def test_all_killed(trio: Cluster, job: Job):
    job.inputs(*INPUTS)
    gate = job.gated("mapper.sh")
    run = trio.start(job, mapper=gate.path, num_reducers=3)
    until(lambda: len(gate.pids()) == 3, lambda: run.said)
    for worker in trio.workers.values():
        worker.kill()
    gate.open()
    trio.complete()
    succeeded(run.end())
    assert job.outputs() == expected("cat", "cat", INPUTS, 3)


def test_stopped_and_continued_in_the_map_phase(trio: Cluster, job: Job):
    """It is taken for lost, comes back late, registers anew and works on in the same job."""
    job.inputs(*INPUTS)
    gate = job.gated("mapper.sh")
    held = job.gated("reducer.sh")
    run = trio.start(job, SOON, mapper=gate.path, reducer=held.path, num_reducers=3)
    until(lambda: len(gate.pids()) == 3, lambda: run.said)
    slow = trio.workers[1]
    slow.send(signal.SIGSTOP)
    run.until_it_says("lost worker 1: it has been silent for 1 s")
    gate.open()
    until(lambda: len(held.pids()) == 2, lambda: run.said)  # partitions 0 and 2
    slow.send(signal.SIGCONT)
    run.until_it_says("worker 1 joined", times=2)
    held.open()
    succeeded(run.end())
    assert job.outputs() == expected("cat", "cat", INPUTS, 3)
    succeeded(trio.run(job, num_reducers=3))
    assert slow.process.poll() is None
    # The worker forgets the output that nobody needs.
    until(lambda: not list(trio.temporary.glob("mapreduce-*/*")), lambda: trio.temporary)


def test_continued_after_the_job_has_ended(trio: Cluster, job: Job):
    """A reducer that ends meanwhile leaves no file that nobody commits."""
    job.inputs(*INPUTS)
    gate = job.gated("reducer.sh")
    run = trio.start(job, SOON, reducer=gate.path, num_reducers=3)
    until(lambda: len(gate.pids()) == 3, lambda: run.said)
    slow = trio.workers[0]
    slow.send(signal.SIGSTOP)
    gate.open()
    succeeded(run.end())
    assert runs(job, "reducer.sh") == 4
    outputs = job.outputs()
    assert outputs == expected("cat", "cat", INPUTS, 3)
    slow.send(signal.SIGCONT)
    # The next job needs all three.
    succeeded(trio.run(job, num_reducers=3, reducer="tac"))
    assert left_by_the_job(job) == []
    assert job.outputs() == expected("cat", "tac", INPUTS, 3)
    assert slow.process.poll() is None
