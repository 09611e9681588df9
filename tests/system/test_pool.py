"""The life of a pool: it starts and stops whole, replaces what dies, and outlives nobody."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.oracle import oracle
from tests.pools import (
    PORT_IN_USE,
    OurPool,
    OurPoolFactory,
    all_answer,
    free_ports,
    kill_group,
    launch_workers,
)
from tests.processes import DEADLINE, children, tree, until, until_gone
from tests.system.calls import call, health, token_file, with_token
from tests.system.jobs import Gate, Job, failed, succeeded
from tests.system.recorder import Recorder, recorded

#: The name of the file that a killed coordinator leaves for the next one.
JOURNAL = [".mapreduce-journal"]


@pytest.fixture
def own_pool(our_pool: OurPoolFactory) -> Iterator[OurPool]:
    """Two workers to do harm to."""
    with our_pool(2) as started:
        yield started


@pytest.fixture
def own_job(own_pool: OurPool, name: str) -> Job:
    """A job in the root of the pool that may be harmed."""
    job = Job(own_pool.root, name)
    job.inputs(b"a\n")
    return job


@contextmanager
def running_map(url: str, job: Job) -> Iterator[Gate]:
    """A map task at a gate that is never opened, while its caller waits for the answer."""
    gate = job.gated("waits.sh")
    parameters = {"mapperPath": gate.path, "inputFile": f"{job.name}/0.in", "numReducers": "1"}
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(call, url, "/map", parameters)
        try:
            until(gate.pids, answer.done)
            yield gate
        finally:
            gate.open()
            answer.exception()  # a worker that is killed gives no answer


def exit_code(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a pool that does not start."""
    try:
        return process.wait(DEADLINE)
    finally:
        kill_group(process)


# Start ------------------------------------------------------------------------------------------


def test_log_names_each_url(pool: OurPool):
    log = pool.log.read_text()
    for url in pool.urls:
        assert f" starting worker {url}\n" in log
        assert f" worker {url} is ready (process {health(url)['pid']})\n" in log
    assert len({health(url)["pid"] for url in pool.urls}) == len(pool.urls)


def test_port_in_use(pool: OurPool, tmp_path: Path):
    log = tmp_path / "log"
    token = token_file(pool.urls[0]).read_text()
    second = launch_workers(pool.urls, tmp_path, log)
    assert exit_code(second) == PORT_IN_USE
    (line,) = log.read_text().splitlines()
    port = pool.urls[0].rsplit(":")[-1]
    assert line.startswith(f"workers.py: port {port} of 127.0.0.1 is in use")
    with pytest.raises(ProcessLookupError):
        os.killpg(second.pid, 0)
    assert token_file(pool.urls[0]).read_text() == token


def test_port_in_use_of_the_last_worker(pool: OurPool, tmp_path: Path):
    """The sockets of those before it are closed again."""
    log = tmp_path / "log"
    free = f"http://127.0.0.1:{free_ports(1)[0]}"
    assert exit_code(launch_workers([free, pool.urls[0]], tmp_path, log)) == PORT_IN_USE
    assert f"workers.py: port {pool.urls[0].rsplit(':')[-1]} " in log.read_text()
    with pytest.raises(ConnectionError):
        health(free)


@pytest.mark.parametrize(
    ("option", "code", "text"),
    [
        ("--memory=much", 2, "--memory: must be a size"),
        ("--memory=1KB", 2, "--memory must be at least 1MB"),
        ("--root=nowhere", 3, "--root: no such directory: nowhere"),
        ("--spillDir=nowhere", 3, "--spillDir: no such directory: nowhere"),
        ("--workers=http://192.0.2.1:8701", 2, "no worker of the inventory is on this machine"),
        ("--workers=nonsense", 2, "not a worker's URL: 'nonsense'"),
        ("--keepOutputs=0", 2, "--keepOutputs"),
        ("--keepOutputs=nan", 2, "--keepOutputs"),
        ("--port=1", 2, "there is no option --port; workers.py --help lists them all"),
        ("--works=http://127.0.0.1:1", 2, "there is no option --works; did you mean --workers?"),
        ("--workers=", 2, "--workers is empty; is a variable unset?"),
        ("--host=", 2, "--host is empty; is a variable unset?"),
        ("--join=", 2, "--join is empty; is a variable unset?"),
        ("--root=~/nowhere-at-all", 3, f"such directory: {Path.home()}/nowhere-at-all"),
    ],
)
def test_wrong_options(tmp_path: Path, option: str, code: int, text: str):
    log = tmp_path / "log"
    assert exit_code(launch_workers(["http://127.0.0.1:1"], tmp_path, log, option)) == code
    assert text in log.read_text()
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("given", [False, True], ids=["file", "variable"])
def test_listening_on_an_address_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: bool
):
    """The URLs of loopback become those under which the workers answer, and a job finds them."""
    if given:
        monkeypatch.setenv("MAPREDUCE_TOKEN", "secret")
    ports = free_ports(2, "127.0.0.2")
    urls = [f"http://127.0.0.2:{port}" for port in ports]
    log = tmp_path / "log"
    listed = [f"http://127.0.0.1:{port}" for port in ports]
    process = launch_workers(listed, tmp_path, log, "--host=127.0.0.2")
    try:
        assert all_answer(process, urls)
        job = Job(tmp_path, "job")
        job.inputs(b"a\n")
        succeeded(job.run(urls))
        failed(job.run(listed), 5, f"no worker answers at {', '.join(listed)}")
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE) == 0
    finally:
        kill_group(process)
    text = log.read_text()
    for url in urls:
        assert f" starting worker {url}\n" in text
        assert f" worker {url} is ready (process " in text
    assert f" jobs find them with --workers={','.join(urls)}, or in inventory.py\n" in text
    assert " every call needs the token\n" in text
    assert "without the token" not in text
    assert (" the token is that of MAPREDUCE_TOKEN\n" in text) == given
    assert (" jobs on other machines need the token in MAPREDUCE_TOKEN\n" in text) != given


def test_listening_on_all_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    log = tmp_path / "log"
    (port,) = free_ports(1)
    urls = [f"http://{host}:{port}" for host in ("127.0.0.1", "127.0.0.2")]
    monkeypatch.setenv("MAPREDUCE_TOKEN", "secret")
    process = launch_workers(urls[:1], tmp_path, log, "--host=0.0.0.0")
    try:
        assert all_answer(process, urls)
        job = Job(tmp_path, "job")
        job.inputs(b"a\n")
        for url in urls:
            succeeded(job.run([url]))
    finally:
        kill_group(process)
    assert "other machines call these workers by the name or an address of this" in log.read_text()


# Stop -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_stops_everything(own_pool: OurPool, own_job: Job, number: signal.Signals):
    """Workers, spawners, and a program in the middle of its work."""
    with running_map(own_pool.urls[0], own_job) as gate:
        everyone = {*tree(own_pool.process.pid), *gate.pids()}
        assert len(everyone) >= 6
        own_pool.process.send_signal(number)
        assert own_pool.process.wait(60) == 0
        until_gone(everyone)
    log = own_pool.log.read_text()
    assert log.endswith("all workers stopped\n")
    assert "Traceback" not in log
    assert not any(token_file(url).exists() for url in own_pool.urls)


def test_interrupt_of_the_whole_group(own_pool: OurPool):
    """Ctrl-C in a terminal reaches every process."""
    everyone = tree(own_pool.process.pid)
    os.killpg(own_pool.process.pid, signal.SIGINT)
    assert own_pool.process.wait(60) == 0
    until_gone(everyone)
    assert "Traceback" not in own_pool.log.read_text()


def test_nobody_outlives_the_parent(own_pool: OurPool, own_job: Job):
    with running_map(own_pool.urls[0], own_job) as gate:
        everyone = {*tree(own_pool.process.pid), *gate.pids()}
        own_pool.process.kill()
        own_pool.process.wait()
        until_gone(everyone)


# Death of a worker ------------------------------------------------------------------------------


def test_killed_worker_is_replaced(own_pool: OurPool, own_job: Job):
    """The worker's programs vanish with it, and its address serves again."""
    url = own_pool.urls[0]
    before = health(url)
    with running_map(url, own_job) as gate:
        everyone = {*tree(before["pid"]), *gate.pids()}
        os.kill(before["pid"], signal.SIGKILL)
        until_gone(everyone)
    after = health(url)  # waits in the queue of the socket, which the parent holds
    assert after["instance"] != before["instance"]
    assert own_pool.process.poll() is None
    assert f"worker {url} (process {before['pid']}) died" in own_pool.log.read_text()
    succeeded(own_job.run(own_pool.urls))
    assert own_job.outputs() == [b"a\t\n"]


def test_killed_spawner(own_pool: OurPool, own_job: Job):
    """A worker that cannot start programs any more is of no use: it must be replaced."""
    url = own_pool.urls[0]
    before = health(url)
    (spawner,) = children(before["pid"])
    with running_map(url, own_job) as gate:
        os.kill(spawner, signal.SIGKILL)
        until_gone(gate.pids())
    until(lambda: health(url)["instance"] != before["instance"], own_pool.log.read_text)
    succeeded(own_job.run(own_pool.urls[:1]))
    assert own_job.outputs() == [b"a\t\n"]


# Death of a coordinator -------------------------------------------------------------------------


def test_killed_coordinator_leaves_no_programs(own_pool: OurPool, own_job: Job):
    gate = own_job.gated("waits.sh")
    with own_job.started(own_pool.urls, mapper=gate.path) as coordinator:
        coordinator.comes_to(gate)
        coordinator.process.kill()
        until_gone(gate.pids())
    assert own_pool.process.poll() is None
    assert own_job.outputs(hidden=JOURNAL) == []


def test_killed_coordinator_takes_its_own_pool_along(job: Job):
    job.inputs(b"a\n", b"b\n")
    gate = job.gated("waits.sh")
    with job.started(["embedded"], mapper=gate.path) as coordinator:
        coordinator.comes_to(gate)
        everyone = {*tree(coordinator.process.pid), *gate.pids()}
        assert len(everyone) >= 5
        coordinator.process.kill()
        coordinator.process.wait()
        until_gone(everyone)
    assert job.outputs(hidden=JOURNAL) == []


@pytest.fixture
def recorder(pool: OurPool) -> Iterator[Recorder]:
    """The first worker of the shared pool, watched."""
    with recorded(pool.urls[0]) as standing:
        yield standing


def all_released(recorder: Recorder) -> bool:
    """True if the worker has forgotten all map outputs that it has reported."""
    parameters = [{"reducerIx": "0", "mapTaskID": one} for one in recorder.map_task_ids]
    answers = [call(recorder.worker, "/retrieveMapOutput", each) for each in parameters]
    return all(answer.status == 404 for answer in answers)


@pytest.mark.parametrize("end", ["success", "failure", "SIGINT", "SIGTERM"])
def test_map_outputs_are_released_when_the_job_ends(recorder: Recorder, job: Job, end: str):
    """A job that Ctrl-C ends leaves no program and no map output either."""
    inputs = [b"a\n", b"b\n", b"c\n"]
    job.inputs(*inputs)
    gate = job.gated("waits.sh")
    reducer = "false" if end == "failure" else gate.path
    with job.started([recorder.url], reducer=reducer) as coordinator:
        if end != "failure":
            coordinator.comes_to(gate)
            assert not all_released(recorder)
        if end == "success":
            gate.open()
        elif end != "failure":
            coordinator.process.send_signal(signal.Signals[end])
        done = coordinator.end()
    if end == "success":
        succeeded(done)
    else:
        failed(done, 4 if end == "failure" else 130)
    assert len(recorder.map_task_ids) == 3
    assert all_released(recorder)
    until_gone(gate.pids())
    assert job.outputs() == (oracle(["cat"], ["cat"], inputs, 1) if end == "success" else [])
    assert list(job.path.glob(".*")) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_job_stops_its_own_pool(job: Job, number: signal.Signals):
    job.inputs(b"a\n", b"b\n")
    gate = job.gated("waits.sh")
    with job.started(["embedded"], mapper=gate.path) as coordinator:
        coordinator.comes_to(gate)
        everyone = {*tree(coordinator.process.pid), *gate.pids()}
        coordinator.process.send_signal(number)
        failed(coordinator.end(), 130, "the job was cancelled")
        until_gone(everyone)
    assert job.outputs() == []


def test_map_outputs_expire(our_pool: OurPoolFactory, name: str):
    """Outputs expire when the coordinator has vanished, not while it asks, if only by /health."""
    with our_pool(1, "--keepOutputs=1") as own_pool:
        (url,) = own_pool.urls
        job = Job(own_pool.root, name)
        job.inputs(b"a\n")
        cat = job.script("cat.sh", "#!/bin/sh\nexec cat\n")
        parameters = {"mapperPath": cat, "inputFile": f"{name}/0.in", "numReducers": "1"}
        ours = with_token(url)
        ids = {
            job_id: call(url, "/map", parameters | {"jobId": job_id}, headers=ours).json[
                "mapTaskID"
            ]
            for job_id in ("kept", "forgotten")
        }
        log = own_pool.log

        def forgotten() -> bool:
            assert call(url, "/health", {"jobId": "kept"}, headers=ours).status == 200
            return "forgot 1 map output(s)" in log.read_text()

        until(forgotten, log.read_text)
        query = {"reducerIx": "0", "mapTaskID": ids["forgotten"]}
        assert call(url, "/retrieveMapOutput", query).status == 404
        query = {"reducerIx": "0", "mapTaskID": ids["kept"]}
        assert call(url, "/retrieveMapOutput", query).status == 200


@pytest.mark.heavy
def test_an_idle_pool_gives_the_memory_of_its_last_job_back(
    own_pool: OurPool, own_job: Job
) -> None:
    records = b"".join(b"%09d\t%s\n" % (number, b"x" * 90) for number in range(1_500_000))
    own_job.inputs(*[records] * 4)
    gate = own_job.gated("waits.sh")
    pids = [health(url)["pid"] for url in own_pool.urls]
    before = sum(map(resident, pids))
    with own_job.started(own_pool.urls, reducer=gate.path) as running:
        running.comes_to(gate)
        assert sum(map(resident, pids)) > before + (300 << 20), "the job holds much"
        gate.open()
        succeeded(running.end())
    until(
        lambda: sum(map(resident, pids)) < before + (100 << 20),
        lambda: [resident(pid) for pid in pids],
    )


def resident(pid: int) -> int:
    """The bytes of memory that a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
