"""Joining: which workers may join, when the job starts, and which worker gets which task."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import closing
from typing import Any

import pytest

from hadoopless.errors import ForbiddenError, UnknownSession, UsageError
from hadoopless.wire.addresses import parse_address
from hadoopless.wire.messages import joining
from tests.data.samples import unfolded
from tests.oracle import partition_of, records, sort_records
from tests.pools import Coordinated
from tests.processes import until
from tests.pull.cluster import Cluster, Run, Worker, left_by_the_job
from tests.pull.conftest import ClusterFactory
from tests.system.jobs import Job, failed, succeeded
from tests.system.test_matrix import HOSTILE, expected


def ended(worker: Worker) -> tuple[int, list[str]]:
    """The exit code of a worker that ends by itself, and its last lines."""
    code = worker.process.wait(60)
    return code, worker.log.read_text().splitlines()


def call(cluster: Cluster, path: str, message: Any) -> joining.Json:
    """A call made by hand."""
    with closing(joining.CoordinatorClient(parse_address(cluster.address))) as caller:
        return caller.call(path, message)


@pytest.fixture
def waiting(trio: Cluster, job: Job) -> Run:
    """A coordinator that has all its workers and whose mapper waits at a gate."""
    job.inputs(b"a\n", b"b\n", b"c\n")
    gate = job.gated("mapper.sh")
    run = trio.start(job, mapper=gate.path)
    until(lambda: len(gate.pids()) == 3, lambda: run.said)
    return run


def finish(job: Job, run: Run) -> Coordinated:
    """Open the gate of :func:`waiting`."""
    (job.path / "mapper.sh.open").touch()
    return succeeded(run.end())


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "there is a worker with id 0 already; each worker has an id of its own"),
        (4, "id 4 would leave a gap: ids go from 0 to 2 here, and the next new worker is 3"),
    ],
)
def test_wrong_ids(trio: Cluster, job: Job, waiting: Run, number: int, text: str):
    """The process ends with one line; the job does not notice."""
    intruder = Worker(trio, 100 + number, [f"--id={number}"])
    code, lines = ended(intruder)
    assert code == 2
    assert lines[-1].startswith(f"workers.py: {text}")
    assert not any("Traceback" in line for line in lines)
    assert len([line for line in lines if line.startswith("workers.py: ")]) == 1
    assert "lost" not in finish(job, waiting).stderr
    assert len(list(trio.temporary.iterdir())) == 3


def test_wrong_calls(trio: Cluster, job: Job, waiting: Run):
    """Each is refused with its reason, and the job goes on."""
    hello = joining.hello_message(joining.Hello(3, "http://127.0.0.1:1", "secret", version=1))
    with pytest.raises(ForbiddenError, match="speaks version 4 of the protocol, the worker 1"):
        call(trio, "/register", hello)
    for path in ("/ping", "/ask", "/submit", "/leave"):
        with pytest.raises(UnknownSession, match="register first"):
            call(trio, path, {"session": "guessed"})
    nonsense: list[Any] = [
        [],
        7,
        {"version": joining.VERSION},
        {"version": joining.VERSION, "worker": "x"},
    ]
    for body in nonsense:
        with pytest.raises(UsageError):
            call(trio, "/register", body)
    done = finish(job, waiting)
    assert "Traceback" not in done.stderr


def test_it_says_what_it_waits_for(new_cluster: ClusterFactory, name: str):
    with new_cluster(0) as cluster:
        job = Job(cluster.jobs, name)
        job.inputs(b"a\n")
        run = cluster.start(job, workers=3)
        run.until_it_says("waiting for 3 worker(s) to join")
        cluster.add(2)
        run.until_it_says("waiting for ids 0, 1")
        cluster.add(0, "--once")
        run.until_it_says("waiting for id 1\n")
        assert "map 100%" not in run.said  # none has begun: this one would be done at once
        # One that goes again is waited for again.
        cluster.workers[2].stop()
        run.until_it_says("worker 2 leaves; waiting for ids 1, 2")
        cluster.add(1, "--once")
        cluster.add(2, "--once")
        succeeded(run.end())
        assert job.outputs() == [b"a\t\n"]
        # With --once a worker ends with the job.
        assert [worker.process.wait(30) for worker in cluster.workers.values()] == [0, 0, 0]


def test_partition_r_is_reduced_by_worker_r(trio: Cluster, job: Job):
    job.inputs(*HOSTILE)
    reducer = job.script("reducer.sh", '#!/bin/sh\ncat > /dev/null\necho "$WORKER"\n')
    succeeded(trio.run(job, reducer=reducer, num_reducers=3))
    assert job.outputs() == [b"0\n", b"1\n", b"2\n"]


def test_no_reduce_before_the_last_map(trio: Cluster, job: Job):
    job.inputs(*[b"%d\n" % i for i in range(12)])
    note = '#!/bin/sh\n%s\necho "%s" >> "${0%%/*}/order"\n%s\n'
    mapper = job.script("mapper.sh", note % ("cat", "map", ""))
    reducer = job.script("reducer.sh", note % ("", "reduce", "cat"))
    succeeded(trio.run(job, mapper=mapper, reducer=reducer, num_reducers=3))
    order = (job.path / "order").read_text().split()
    assert order == ["map"] * 12 + ["reduce"] * 3


def test_map_outputs_are_sorted_files(trio: Cluster, job: Job):
    """A map task leaves R files, each sorted by key; they are gone after the job."""
    job.inputs(*HOSTILE)
    gate = job.gated("reducer.sh")
    run = trio.start(job, reducer=gate.path, num_reducers=3)
    until(lambda: len(gate.pids()) == 3, lambda: run.said)
    found = sorted(
        [unfolded((directory / str(r)).read_bytes()) for r in range(3)]
        for directory in trio.temporary.glob("mapreduce-*/*")
        if sorted(os.listdir(directory)) == ["0", "1", "2"]
    )
    wanted = [[b"", b"", b""] for _ in HOSTILE]
    for parts, data in zip(wanted, HOSTILE, strict=True):
        for r in range(3):
            lines = [line for line in records(data) if partition_of(line, 3) == r]
            parts[r] = sort_records(lines)
    assert found == sorted(wanted)
    gate.open()
    succeeded(run.end())
    until(lambda: not list(trio.temporary.glob("mapreduce-*/*")), lambda: trio.temporary)


def test_workers_join_and_leave_while_a_job_runs(trio: Cluster, job: Job):
    job.inputs(*[b"%d\n" % i for i in range(6)])
    gate = job.gated("mapper.sh")
    run = trio.start(job, mapper=gate.path, num_reducers=3)
    until(lambda: len(gate.pids()) == 3, lambda: run.said)
    more = trio.add(3)
    until(lambda: len(gate.pids()) == 4, lambda: run.said)
    assert trio.workers[1].stop() == 0
    run.until_it_says("worker 1 leaves\n")
    gate.open()
    # Partition 1 is reduced by another one while worker 1 is not there.
    succeeded(run.end())
    assert job.outputs() == expected("cat", "cat", tuple(b"%d\n" % i for i in range(6)), 3)
    assert more.stop() == 0
    del trio.workers[3]


def test_tasks_that_take_long_and_outputs_that_nobody_asks_for(
    new_cluster: ClusterFactory, name: str
):
    """Pings keep a worker in the job, and its map outputs in the worker."""
    with new_cluster(1, "--keepOutputs=1") as cluster:
        job = Job(cluster.jobs, name)
        job.inputs(b"a\n", b"b\n")
        # Not a wait for anything: this is how long the second task takes.
        source = '#!/bin/sh\necho >> "$0.runs"\nread -r x\n[ $x = a ] || sleep 3\necho $x\n'
        mapper = job.script("mapper.sh", source)
        done = succeeded(cluster.run(job, "--workerTimeout=1", mapper=mapper))
        assert "lost" not in done.stderr
        assert job.outputs() == [b"a\t\nb\t\n"]
        assert (job.path / "mapper.sh.runs").read_text().count("\n") == 2


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        (
            ["--listen=unix:s2", "--numWorkers=2"],
            2,
            "--numWorkers must be at least --numReducers (3)",
        ),
        (["--listen=unix:"], 2, "not a usable socket path"),
        (["--listen=unix:/nowhere/s"], 6, "cannot make the socket /nowhere/s"),
        (
            ["--listen=unix:s2", "--workers=http://127.0.0.1:1"],
            2,
            "cannot be combined with --workers",
        ),
    ],
)
def test_wrong_options(trio: Cluster, job: Job, options: list[str], code: int, text: str):
    job.inputs(b"x\n")
    done = trio.launch(job, *options, num_reducers=3).end()
    failed(done, code, text)
    assert sorted(os.listdir(job.path)) == ["0.in"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--id=-1"], "--id"),
        (["--join=unix:"], "not a usable socket path"),
        (["--join=http://192.0.2.1:80"], "needs --host"),
    ],
)
def test_wrong_options_of_workers(trio: Cluster, options: list[str], text: str):
    code, lines = ended(Worker(trio, 200, options))
    assert code == 2
    assert [line for line in lines if text in line]
    assert not any("Traceback" in line for line in lines)


@pytest.mark.parametrize("tcp", [False, True])
def test_an_address_that_is_taken(trio: Cluster, job: Job, tcp: bool):
    job.inputs(b"x\n")
    with socket.socket(socket.AF_INET if tcp else socket.AF_UNIX) as other:
        path = f"{trio.root}/taken"
        other.bind(("127.0.0.1", 0) if tcp else path)
        other.listen()
        address = f"http://127.0.0.1:{other.getsockname()[1]}" if tcp else f"unix:{path}"
        done = trio.launch(job, f"--listen={address}").end()
    failed(done, 7, "in use; choose another one by --listen" if tcp else "somebody listens on")
    assert left_by_the_job(job) == []
    if not tcp:
        os.unlink(path)


def test_a_socket_that_a_dead_coordinator_left(trio: Cluster, job: Job, waiting: Run):
    waiting.kill()
    assert (trio.root / "s").is_socket()
    (job.path / "mapper.sh.open").touch()
    succeeded(trio.run(job))
    assert not (trio.root / "s").exists()


def test_a_wrong_token(new_cluster: ClusterFactory, name: str, monkeypatch: pytest.MonkeyPatch):
    """Over TCP the token says who may join."""
    with new_cluster(0, tcp=True) as cluster:
        job = Job(cluster.jobs, name)
        job.inputs(b"x\n")
        run = cluster.start(job, workers=1)
        run.until_it_says("waiting for 1 worker(s)")
        monkeypatch.setenv("MAPREDUCE_TOKEN", "wrong")
        code, lines = ended(Worker(cluster, 100, ["--id=0"]))
        assert code == 3
        assert lines[-1].startswith("workers.py: the server at http://127.0.0.1:")
        assert lines[-1].endswith(" does not know our token")
        monkeypatch.delenv("MAPREDUCE_TOKEN")
        cluster.add(0)
        succeeded(run.end())


def test_ctrl_c(trio: Cluster, job: Job, waiting: Run):
    """Nothing is left, no program runs on, the workers wait for the next coordinator."""
    waiting.process.send_signal(signal.SIGINT)
    done = waiting.end()
    assert done.returncode == 130
    assert "coordinator.py: " in done.stderr
    assert "Traceback" not in done.stderr
    assert left_by_the_job(job) == []
    assert not (trio.root / "s").exists()
    assert sorted(name for name in os.listdir(job.path) if ".out" in name) == []
    (job.path / "mapper.sh.open").touch()
    succeeded(trio.run(job))


def test_ctrl_c_while_it_waits_for_workers(new_cluster: ClusterFactory, name: str):
    with new_cluster(0) as cluster:
        job = Job(cluster.jobs, name)
        job.inputs(b"x\n")
        run = cluster.start(job, workers=1)
        run.until_it_says("waiting for 1 worker(s)")
        run.process.send_signal(signal.SIGINT)
        assert run.end().returncode == 130
        assert left_by_the_job(job) == []
