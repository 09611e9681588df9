"""Calls to a worker: who may make them, where paths may lead, and the answers to wrong calls."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.pools import (
    STOP_DEADLINE,
    OurPool,
    all_answer,
    coordinate,
    kill_group,
    launch_workers,
    running_pool,
)
from tests.processes import tree, until, until_gone
from tests.system.calls import Answer, call, health, token_file, with_token
from tests.system.jobs import Job, failed, succeeded


def call_map(url: str, job: Job, **more: str) -> Answer:
    """/map of the job's 0.in with cat; with the token where *more* needs it."""
    cat = job.script("cat.sh", "#!/bin/sh\nexec cat\n")
    parameters = {"mapperPath": cat, "inputFile": f"{job.name}/0.in", "numReducers": "2"}
    headers = {} if more.keys() <= parameters.keys() else with_token(url)
    return call(url, "/map", parameters | more, headers=headers)


def call_reduce(url: str, job: Job, **more: str) -> Answer:
    """/reduce of partition 0 of no map tasks with cat; with the token where *more* needs it."""
    cat = job.script("cat.sh", "#!/bin/sh\nexec cat\n")
    parameters = {"reducerIx": "0", "reducerPath": cat, "mapTaskIDs": "", "jobPath": job.name}
    headers = {} if more.keys() <= parameters.keys() else with_token(url)
    return call(url, "/reduce", parameters | more, headers=headers)


def call_retrieve(url: str, map_task_id: str, partition: str = "0") -> Answer:
    """/retrieveMapOutput."""
    return call(url, "/retrieveMapOutput", {"reducerIx": partition, "mapTaskID": map_task_id})


def refused(answer: Answer, status: int, *texts: str) -> None:
    """*answer* must be an error in JSON with *status* and *texts* in its message."""
    assert (answer.status, answer.json["status"]) == (status, "error"), answer
    for text in texts:
        assert text in answer.json["message"]
    assert "Traceback" not in answer.json["message"]


@pytest.fixture
def url(pool: OurPool) -> str:
    """One worker of the shared pool."""
    return pool.urls[0]


# Wrong parameters -------------------------------------------------------------------------------


def test_wrong_parameters(url: str, job: Job):
    job.inputs(b"a\n")
    refused(call_map(url, job, numReducers="0"), 400, "numReducers", "at least 1")
    refused(call_map(url, job, numReducers="1_0"), 400, "numReducers")
    refused(call_map(url, job, mapperPath=""), 400, "mapperPath is missing")
    refused(call_map(url, job, mapperPath=f"{job.name}/nobody"), 404, "no such program")
    refused(call_map(url, job, inputFile=f"{job.name}/nobody"), 404, "cannot read the input")
    refused(call_map(url, job, inputFile=job.name), 404, "cannot read the input")
    refused(call_map(url, job, inputFile="a\0b"), 400, "NUL")
    refused(call_map(url, job, inputFile="a" * 5000), 404, "File name too long")
    refused(call_map(url, job, mapperPath=f"{job.name}/{'a' * 5000}"), 404, "no such program")
    refused(call_reduce(url, job, jobPath="a" * 5000), 404, "no such output directory")
    refused(call_map(url, job, splitStart="-1"), 400, "splitStart")
    refused(call_map(url, job, taskTimeout="nan"), 400, "taskTimeout")
    refused(call_map(url, job, cwd="."), 400, "cwd must be an absolute path")
    refused(call_reduce(url, job, reducerIx="-1"), 400, "reducerIx")
    refused(call_reduce(url, job, reducerIx="\u0661"), 400, "reducerIx")
    refused(call_reduce(url, job, jobPath=f"{job.name}/nowhere"), 404, "no such output directory")
    refused(call(url, "/nowhere"), 404, "no such call: /nowhere")
    refused(call(url, "/map", method="DELETE"), 405)
    assert list(job.path.glob("*.out")) == []


def test_unknown_map_task(url: str, job: Job):
    unknown = "0" * 32
    refused(call_retrieve(url, unknown), 404, f"no map output '{unknown}' here")
    refused(call_reduce(url, job, mapTaskIDs=unknown), 502, "no worker holds it")
    assert list(job.path.glob("*")) == [job.path / "cat.sh"]


HOSTILE_RULES = ["[" * 9999, '{"reduce_attempts":1e999}', '{"map_output":{"key_fields":1%s}}']


@pytest.mark.parametrize("rules", HOSTILE_RULES, ids=["deep", "infinite", "large"])
def test_rules_that_make_no_sense(url: str, job: Job, rules: str):
    job.inputs(b"a\n")
    refused(call_map(url, job, rules=rules.replace("%s", "0" * 30)), 400, "the parameter rules")


def test_no_answer_is_kept_for_others(url: str, job: Job):
    job.inputs(b"a\n")
    mapped = call_map(url, job)
    answers = [mapped, call_retrieve(url, mapped.json["mapTaskID"]), call_map(url, job, jobId="")]
    for answer in [*answers, call(url, "/no")]:
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers


def test_partition_out_of_range(url: str, job: Job):
    job.inputs(b"a\n")
    map_task_id = call_map(url, job).json["mapTaskID"]
    assert call_retrieve(url, map_task_id, "1").status == 200
    refused(call_retrieve(url, map_task_id, "2"), 400, "reducerIx must be in 0..1, not 2")
    answer = call_reduce(url, job, reducerIx="2", mapTaskIDs=map_task_id)
    assert answer.status in (400, 502)
    refused(answer, answer.status, "reducerIx must be in 0..1, not 2")
    assert list(job.path.glob("*.out")) == []


# Paths ------------------------------------------------------------------------------------------


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A directory that the pool does not serve, with a program and an input."""
    (tmp_path / "0.in").write_text("secret\n")
    (tmp_path / "cat.sh").write_text("#!/bin/sh\nexec cat\n")
    (tmp_path / "cat.sh").chmod(0o755)
    return tmp_path


def ways_out(job: Job, outside: Path, file: str) -> list[str]:
    """Paths from the served root to *file* in *outside*."""
    link = job.path / "link"
    if not link.exists():
        link.symlink_to(outside)
    up = "/".join([".."] * len(job.root.parts))
    return [f"{outside}/{file}", f"{up}{outside}/{file}", f"{job.name}/link/{file}"]


@pytest.mark.parametrize("way", [0, 1, 2], ids=["absolute", "dots", "symlink"])
def test_paths_outside_the_root(url: str, job: Job, outside: Path, way: int):
    """They are refused without the token, and served with it."""
    job.inputs(b"a\n")
    program = ways_out(job, outside, "cat.sh")[way]
    source = ways_out(job, outside, "0.in")[way]
    directory = ways_out(job, outside, "")[way]
    for answer in (
        call_map(url, job, mapperPath=program),
        call_map(url, job, inputFile=source),
        call_map(url, job, mapperPath="/bin/cat"),
        call_map(url, job, mapperPath="cat"),
        call_map(url, job, mapperPath="no-such-program"),
        call_map(url, job, inputFile=f"{source}.no"),
        call_map(url, job, inputFile=f"{source}/../no"),
        call_reduce(url, job, reducerPath=program),
        call_reduce(url, job, jobPath=directory),
    ):
        refused(answer, 403, "outside the served directory")
    assert list(outside.glob("*.out")) == []

    parameters = {"mapperPath": program, "inputFile": source, "numReducers": "1"}
    mapped = call(url, "/map", parameters, headers=with_token(url))
    assert mapped.status == 200, mapped
    parameters = {
        "reducerIx": "0",
        "reducerPath": "cat",
        "mapTaskIDs": mapped.json["mapTaskID"],
        "jobPath": directory,
    }
    assert call(url, "/reduce", parameters, headers=with_token(url)).status == 200
    assert (outside / "0.out").read_text() == "secret\t\n"


# Web pages --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8701"},
        {"Host": ""},
        {"Host": "127.0.0.1.evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/map", "/health", "/segments", "/nowhere"])
def test_pages_of_other_sites(url: str, path: str, headers: dict[str, str]):
    """They are refused even with the token."""
    answer = call(url, path, headers=headers | with_token(url))
    refused(answer, 403)


def test_own_pages_and_plain_clients(url: str):
    own = {"Origin": url, "Sec-Fetch-Site": "same-origin"}
    for headers in ({}, own, {"Sec-Fetch-Site": "none"}, {"Host": "localhost:1"}):
        assert call(url, "/health", headers=headers).status == 200


def test_the_costs_of_a_worker_are_told_to_callers_with_the_token(url: str):
    assert not {"resident", "cpu"} & set(health(url))
    told = call(url, "/health", headers=with_token(url)).json
    assert told["resident"] > 1 << 20
    assert told["cpu"] > 0


# Sizes ------------------------------------------------------------------------------------------


def test_oversized_header(url: str):
    """The worker hangs up, with or without a word."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        try:
            connection.sendall(b"GET /health HTTP/1.1\r\nX: " + b"x" * (8 << 20))
            answer = connection.makefile("rb").read()
        except ConnectionError:
            answer = b""
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert health(url)["status"] == "success"


def test_oversized_body(url: str):
    """It is refused by its length, before it is read."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        connection.sendall(
            b"POST /reduce HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000000\r\n\r\n"
        )
        assert connection.makefile("rb").readline().startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))
    assert health(url)["status"] == "success"


def test_long_lists_of_ids(url: str, job: Job):
    """Some thousand ids in a GET, some ten thousand in a POST: unknown, but understood."""
    ids = ",".join(["0" * 32] * 2000)
    refused(call_reduce(url, job, mapTaskIDs=ids), 502)
    form = {"reducerIx": "0", "reducerPath": f"{job.name}/cat.sh", "jobPath": job.name}
    body = urlencode({**form, "mapTaskIDs": ",".join(["0" * 32] * 20_000), "mapWorkers": ""})
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | with_token(url)
    workers = ",".join([url] * 20_000)
    body = body.replace("mapWorkers=", "mapWorkers=" + urlencode({"": workers})[1:])
    answer = call(url, "/reduce", method="POST", body=body.encode(), headers=headers)
    refused(answer, 502, "cannot fetch 20000 map output(s)")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"\xff", b'{"partition": -1, "mapTaskIDs": []}', b'{"partition": 0}'],
)
def test_wrong_bodies(url: str, body: bytes):
    answer = call(url, "/segments", method="POST", body=body, headers=with_token(url))
    refused(answer, 400, "/segments")


# Tokens -----------------------------------------------------------------------------------------


def test_token_files_are_the_users_own(pool: OurPool):
    for url in pool.urls:
        path = token_file(url)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert len(path.read_text()) >= 32


def test_each_address_has_its_own_token(pool: OurPool, tmp_path: Path):
    """Two pools may use the same port of two addresses."""
    token = token_file(pool.urls[0]).read_text()
    other = pool.urls[0].replace("127.0.0.1", "127.0.0.2")
    process = launch_workers([other], tmp_path, tmp_path / "log", "--host=127.0.0.2")
    try:
        assert all_answer(process, [other]), (tmp_path / "log").read_text()
        assert token_file(other).read_text() != token
        process.terminate()
        assert process.wait(STOP_DEADLINE) == 0
    finally:
        kill_group(process)
    assert not token_file(other).exists()
    assert token_file(pool.urls[0]).read_text() == token


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, with_token("", "wrong")],
    ids=["no", "a foreign scheme", "wrong"],
)
@pytest.mark.parametrize("path", ["/cancel", "/release"])
def test_calls_that_need_the_token(url: str, job: Job, path: str, headers: dict[str, str]):
    job.inputs(b"a\n")
    map_task_id = call_map(url, job, jobId=job.name).json["mapTaskID"]
    body = urlencode({"jobId": job.name}).encode()
    headers = headers | {"Content-Type": "application/x-www-form-urlencoded"}
    refused(call(url, path, method="POST", body=body, headers=headers), 403, "token")
    assert call_retrieve(url, map_task_id).status == 200


@pytest.mark.parametrize("attempt", ["", "map-0-1"])
def test_cancel(url: str, job: Job, attempt: str):
    """A job or one attempt is cancelled: the caller of the task is told, and its program ends."""
    job.inputs(b"a\n")
    gate = job.gated("waits.sh")
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | with_token(url)

    def cancel(**what: str) -> int:
        body = urlencode(what).encode()
        answer = call(url, "/cancel", method="POST", body=body, headers=headers)
        return int(answer.json["cancelled"])

    def run() -> Answer:
        return call_map(url, job, mapperPath=gate.path, jobId=job.name, attempt="map-0-1")

    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(run)
        until(gate.pids, answer.done)
        assert cancel(jobId="another") == 0
        assert cancel(jobId=job.name, attempt="map-0-0") == 0
        assert cancel(jobId=job.name, attempt=attempt) == 1
        refused(answer.result(60), 409, "cancelled by its coordinator")
    until_gone(gate.pids())


@pytest.mark.parametrize("by", ["jobId", "mapTaskIDs"])
def test_release(url: str, job: Job, by: str):
    job.inputs(b"a\n", b"b\n")
    ids = [call_map(url, job, jobId=job.name).json["mapTaskID"] for _ in range(2)]
    other = call_map(url, job, jobId="another").json["mapTaskID"]
    body = urlencode({by: job.name if by == "jobId" else ",".join(ids)}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | with_token(url)
    assert call(url, "/release", method="POST", body=body, headers=headers).status == 200
    for map_task_id in ids:
        refused(call_retrieve(url, map_task_id), 404)
    assert call_retrieve(url, other).status == 200


def test_coordinator_without_the_token(pool: OurPool, job: Job, tmp_path: Path):
    """It may do what everybody may: jobs in the root with programs in the root."""
    job.inputs(b"a\n")
    state = {name: str(tmp_path) for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME")}
    failed(job.run(pool.urls, env=state), 3, "outside the served directory")
    cat = job.script("cat.sh", "#!/bin/sh\nexec cat\n")
    succeeded(job.run(pool.urls, mapper=cat, reducer=cat, env=state))
    assert job.outputs() == [b"a\t\n"]


@pytest.fixture(scope="module")
def open_pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OurPool]:
    """Workers that listen on an address that was asked for."""
    root = tmp_path_factory.mktemp("open")
    with running_pool(2, root, "--host=127.0.0.2", host="127.0.0.2") as running:
        yield running


def test_listening_elsewhere_needs_the_token_in_each_call(open_pool: OurPool, name: str):
    (url, _), job = open_pool.urls, Job(open_pool.root, name)
    job.inputs(b"a\n", b"b\n")
    for path in ("/map", "/retrieveMapOutput", "/reduce", "/segments", "/health", "/nowhere"):
        refused(call(url, path), 403, "token")
        refused(call(url, path, headers=with_token(url, "wrong")), 403, "token")
    assert call(url, "/health", headers=with_token(url)).status == 200
    with pytest.raises(ConnectionRefusedError):
        health(url.replace("127.0.0.2", "127.0.0.1"))
    succeeded(job.run(open_pool.urls, num_reducers=2))
    assert job.outputs() == [b"a\t\n", b"b\t\n"]
    done = job.run(open_pool.urls, env={"MAPREDUCE_TOKEN": "wrong"})
    failed(done, 5, "no worker can be used", "does not know the token in MAPREDUCE_TOKEN")


def test_pool_of_one_job_needs_the_token_in_each_call(job: Job):
    """Its own coordinator, which hears the token from the pool, shows it; no file holds it."""
    job.inputs(b"a\n")
    gate = job.gated("waits.sh")
    before = set(token_file("http://127.0.0.1:1").parent.iterdir())
    with job.started(["embedded"], mapper=gate.path) as running:
        running.comes_to(gate)
        assert set(token_file("http://127.0.0.1:1").parent.iterdir()) <= before
        for port in listening_ports(tree(running.process.pid)):
            refused(call(f"http://127.0.0.1:{port}", "/health"), 403, "token")
        gate.open()
        succeeded(running.end())
    assert job.outputs() == [b"a\t\n"]


def listening_ports(pids: Iterable[int]) -> set[int]:
    """The TCP ports on which processes listen, at least one."""
    sockets = set()
    for pid in pids:
        try:
            links = list(Path(f"/proc/{pid}/fd").iterdir())
        except FileNotFoundError:
            continue  # the process has ended meanwhile
        for link in links:
            try:
                sockets.add(os.readlink(link))
            except FileNotFoundError:
                pass  # closed meanwhile
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    # The columns of proc(5): local address, state (0A: listening), inode.
    ports = {
        int(row[1].partition(":")[2], 16)
        for row in rows
        if row[3] == "0A" and f"socket:[{row[9]}]" in sockets
    }
    assert ports
    return ports


def test_coordinator_with_a_wrong_token(pool: OurPool, job: Job):
    job.inputs(b"a\n")
    done = coordinate(pool.urls, *job.options(), cwd=job.root, env={"MAPREDUCE_TOKEN": "wrong"})
    failed(done, 5, "does not know the token in MAPREDUCE_TOKEN: it is not that pool's token")
