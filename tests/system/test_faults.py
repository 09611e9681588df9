"""Faults: whatever dies on the way, the job gives the bytes of the oracle."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.oracle import oracle
from tests.pools import OurPool, OurPoolFactory
from tests.processes import Process, children, standing_still, table, tree, until
from tests.system.calls import health
from tests.system.jobs import Job, Running, failed, succeeded

INPUTS = [b"b\tfrom %d\na\tfrom %d\nc%d\n" % (i, i, i) for i in range(6)]


@pytest.fixture(scope="module")
def fragile(our_pool: OurPoolFactory) -> Iterator[OurPool]:
    """Three workers; the tests here kill them now and then."""
    with our_pool(3) as running:
        yield running


@pytest.fixture
def job(fragile: OurPool, name: str) -> Job:
    """A job with some inputs."""
    job = Job(fragile.root, name)
    job.inputs(*INPUTS)
    return job


def worker_of(program: int) -> int:
    """The process id of the worker that runs *program*: its parent's parent."""
    processes = table()
    return processes[processes[program].parent].parent


def test_a_laptop_that_sleeps(fragile: OurPool, job: Job):
    """All processes of a job and its pool stand still for longer than the patience of any."""
    gate = job.gated("waits.sh")
    with job.started(
        fragile.urls, "--workerTimeout=1", mapper=gate.path, num_reducers=3
    ) as running:
        running.comes_to(gate, 3)
        with standing_still([*tree(running.process.pid), *tree(fragile.process.pid)]):
            time.sleep(3)
        gate.open()
        succeeded(running.end())
    assert job.outputs() == oracle(["cat"], ["cat"], INPUTS, 3)


@pytest.mark.parametrize("victim", ["worker", "spawner"])
@pytest.mark.parametrize("phase", ["map", "reduce"])
def test_killed_in_a_phase(fragile: OurPool, job: Job, phase: str, victim: str):
    """A worker killed in the reduce phase takes its map outputs along, which are made again."""
    gate = job.gated("waits.sh")
    mapper, reducer = {"map": (gate.path, "cat"), "reduce": ("cat", gate.path)}[phase]
    with job.started(
        fragile.urls, "--no-speculate", mapper=mapper, reducer=reducer, num_reducers=3
    ) as running:
        running.comes_to(gate, 3)
        worker = worker_of(gate.pids()[0])
        if victim == "worker":
            os.kill(worker, signal.SIGKILL)
        else:
            (spawner,) = children(worker)
            os.kill(spawner, signal.SIGKILL)
        gate.open()
        done = succeeded(running.end())
    assert job.outputs() == oracle(["cat"], ["cat"], INPUTS, 3)
    if victim == "worker":
        assert "1 worker(s) lost" in done.stdout
        assert "lost worker http://127.0.0.1:" in done.stderr


def test_killed_again_and_again(fragile: OurPool, job: Job):
    """Each worker once, in the middle of its work."""
    gate = job.gated("waits.sh")
    with job.started(fragile.urls, "--no-speculate", mapper=gate.path, num_reducers=3) as running:
        for _ in range(3):
            arrived = len(gate.pids())
            until(lambda: len(gate.pids()) > arrived, running.process.poll)  # noqa: B023
            os.kill(worker_of(gate.pids()[-1]), signal.SIGKILL)
        gate.open()
        succeeded(running.end())
    assert job.outputs() == oracle(["cat"], ["cat"], INPUTS, 3)


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Hold a process in its step."""
    os.kill(pid, signal.SIGSTOP)
    try:
        until(lambda: table()[pid].state.startswith("T"), lambda: table()[pid])
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("phase", ["map", "reduce"])
def test_worker_that_hangs(fragile: OurPool, job: Job, phase: str):
    gate = job.gated("waits.sh")
    mapper, reducer = {"map": (gate.path, "cat"), "reduce": ("cat", gate.path)}[phase]
    with job.started(
        fragile.urls,
        "--workerTimeout=2",
        "--no-speculate",
        mapper=mapper,
        reducer=reducer,
        num_reducers=3,
    ) as running:
        running.comes_to(gate, 3)
        with stopped(worker_of(gate.pids()[0])):
            gate.open()
            done = succeeded(running.end())
    assert job.outputs() == oracle(["cat"], ["cat"], INPUTS, 3)
    assert "1 worker(s) lost" in done.stdout


def test_all_workers_hang(our_pool: OurPoolFactory, name: str):
    """The job waits for them, and they come back."""
    with our_pool(1) as own_pool:
        job = Job(own_pool.root, name)
        job.inputs(*INPUTS)
        gate = job.gated("waits.sh")
        with job.started(own_pool.urls, "--workerTimeout=1", mapper=gate.path) as running:
            running.comes_to(gate)
            with stopped(health(own_pool.urls[0])["pid"]):
                gate.open()
                until(lambda: "lost worker" in running.stderr(), running.stderr)
            succeeded(running.end())
        assert job.outputs() == oracle(["cat"], ["cat"], INPUTS, 1)


FLAKY = """\
#!/bin/sh
input=$(cat; echo .)
case $input in
*"from 2"*) if mkdir "$0.tried"; then echo "not yet" >&2; exit 1; fi ;;
esac
printf %s "${input%.}"
"""


@pytest.mark.parametrize("phase", ["map", "reduce"])
def test_task_that_fails_once(fragile: OurPool, job: Job, phase: str):
    flaky = job.script("flaky.sh", FLAKY)
    mapper, reducer = {"map": (flaky, "cat"), "reduce": ("cat", flaky)}[phase]
    done = succeeded(job.run(fragile.urls, mapper=mapper, reducer=reducer, num_reducers=3))
    assert "1 task(s) run again" in done.stdout
    assert job.outputs() == oracle(["cat"], ["cat"], INPUTS, 3)


@pytest.mark.parametrize("attempts", [1, 2])
def test_number_of_attempts(fragile: OurPool, job: Job, attempts: int):
    source = '#!/bin/sh\ngrep "from 2" || exit 0\necho x >> "$0.tries"\nexit 1\n'
    mapper = job.script("mapper.sh", source)
    done = job.run(fragile.urls, f"--maxAttempts={attempts}", "--no-speculate", mapper=mapper)
    failed(done, 4, f"map 2 attempt {attempts - 1}: ended with exit code 1")
    assert (job.path / "mapper.sh.tries").read_text() == "x\n" * attempts


def test_straggler_gets_a_second_attempt(fragile: OurPool, job: Job):
    """The first attempt at one input would wait for ever; the second one, elsewhere, does not."""
    straggler = """\
#!/bin/sh
input=$(cat)
case $input in
*"from 4"*) if mkdir "$0.tried"; then echo $$ > "$0.pid"; exec sleep 1000; fi ;;
esac
echo "$input"
"""
    mapper = job.script("mapper.sh", straggler)
    done = succeeded(job.run(fragile.urls, mapper=mapper, num_reducers=3))
    assert job.outputs() == oracle(["cat"], ["cat"], INPUTS, 3)
    assert "1 backup attempt(s) first" in done.stdout
    pid = int((job.path / "mapper.sh.pid").read_text())
    gone = Process(pid, 0, "Z", "gone")
    until(lambda: not table().get(pid, gone).running, lambda: table().get(pid))


def test_pool_that_vanished(forsaken: tuple[Job, Running]):
    """The job does not wait for ever, and says why; nothing is left."""
    job, running = forsaken
    failed(running.end(), 5, "no worker has answered for")
    assert job.outputs() == []
