"""Callers without the token: what they may ask for, and how much they can cost."""

from __future__ import annotations

import os
import re
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hadoopless.wire.messages import tasks
from tests.pools import REPOSITORY, OurPool, running_pool
from tests.processes import tree, until
from tests.system.calls import call, health, with_token
from tests.system.jobs import Job, succeeded

#: The calls that a stranger may make, each with all parameters that he may give.
OPEN = {
    "/map": {"mapperPath": "cat.sh", "inputFile": "0.in", "numReducers": "1"},
    "/retrieveMapOutput": {"reducerIx": "0", "mapTaskID": "0" * 32},
    "/reduce": {"reducerIx": "0", "reducerPath": "cat.sh", "mapTaskIDs": "", "jobPath": "."},
    "/health": {},
    "/metrics": {},
    "/prove": {"nonce": "0" * 32},
}
CLOSED = ("/cancel", "/held", "/release", "/segments", "/fetchAhead")
#: Parameters of the calls that are no tasks.
OF_CHORES = {("/health", "jobId"), ("/health", "state")}
LARGE = 12 << 20
#: Options with which a program would start.
OPTIONS = {
    "workers.py": ["--workers=http://127.0.0.1:1"],
    "coordinator.py": ["--mapperPath=cat", "--reducerPath=cat", "--jobPath=.", "--numReducers=1"],
}


def parameters_read() -> set[tuple[str, str]]:
    """Each parameter that the code reads of a task, behind the call that has it."""
    read = set(OF_CHORES)
    parsers = {"/map": tasks.parse_map, "/reduce": tasks.parse_reduce}
    for path, parse in parsers.items():

        def get(name: str, path: str = path) -> str | None:
            read.add((path, name))
            return OPEN[path].get(name)

        parse(get)
    return read


ADDED = sorted((path, name) for path, name in parameters_read() if name not in OPEN[path])


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OurPool]:
    """A worker of its own, with one input and one program."""
    root = tmp_path_factory.mktemp("strangers")
    (root / "0.in").write_text("a\n")
    (root / "cat.sh").write_text("#!/bin/sh\nexec cat\n")
    (root / "cat.sh").chmod(0o755)
    with running_pool(1, root, "--memory=64MB") as running:
        yield running


@pytest.fixture
def url(pool: OurPool) -> str:
    return pool.urls[0]


# Requests of strangers --------------------------------------------------------------------------


@pytest.mark.parametrize("path", OPEN)
def test_what_a_stranger_may_ask_for(url: str, path: str):
    answer = call(url, path, OPEN[path])
    assert answer.status == (404 if path == "/retrieveMapOutput" else 200), answer


@pytest.mark.parametrize(("path", "name"), [*ADDED, ("/map", "noSuchThing")])
@pytest.mark.parametrize("value", ["", "evil.py"])
def test_no_other_parameter(pool: OurPool, path: str, name: str, value: str):
    before = set(pool.root.iterdir())
    answer = call(pool.urls[0], path, {**OPEN[path], name: value})
    assert answer.status == 403
    assert answer.json["message"] == f"only callers with the token may give the parameter {name}"
    assert set(pool.root.iterdir()) == before


def test_all_parameters_were_tried():
    assert len(ADDED) > 15
    assert ("/map", "skippedFile") in ADDED


@pytest.mark.parametrize("path", [*CLOSED, *OPEN])
def test_no_other_calls(url: str, path: str):
    answer = call(url, path, method="POST", body=b"{}")
    assert (answer.status, answer.json["kind"]) == (403, "forbidden")
    if path in CLOSED:
        assert call(url, path).status == 403


def test_parameters_in_a_body_count_too(url: str):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = call(url, "/health", body=b"jobId=x", headers=headers)
    assert answer.status == 403


def test_the_document_tells_who_may_give_a_parameter():
    """The table of docs/http.md names each, and says yes for those of the plain calls alone."""
    text = (REPOSITORY / "docs" / "http.md").read_text()
    section = text.partition("## Who may call")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(/\w+)` \| (.*?) \| (.*?) \|$", section, re.M)
    told = {row[0]: [set(re.findall(r"`(\w+)`", cell)) for cell in row[1:]] for row in rows}
    for path, plain in OPEN.items():
        added = {name for of, name in ADDED if of == path}
        assert told.pop(path) == [set(plain), added], path
    assert set(told) == set(CLOSED)


def test_an_output_directory_that_is_swapped_for_a_link(pool: OurPool, tmp_path: Path):
    """The output is in the directory that was asked for, wherever that is by now."""
    root, directory = pool.root, pool.root / "swapped"
    directory.mkdir()
    slow = root / "slow.sh"
    slow.write_text("#!/bin/sh\n: > began\nwhile [ ! -e go ]; do sleep 0.02; done\n")
    slow.chmod(0o755)
    parameters = {**OPEN["/reduce"], "reducerPath": "slow.sh", "jobPath": "swapped"}
    with ThreadPoolExecutor(1) as threads:
        reducing = threads.submit(call, pool.urls[0], "/reduce", parameters)
        until((root / "began").exists, reducing.done)
        directory.rename(root / "moved")
        directory.symlink_to(tmp_path)
        (root / "go").touch()
        assert reducing.result().status == 200
    assert list(tmp_path.iterdir()) == []
    assert [path.name for path in (root / "moved").iterdir()] == ["0.out"]


# Costs of strangers -----------------------------------------------------------------------------


def connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=60)


def resident(pid: int) -> int:
    """Bytes of memory that a process has in use."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def test_large_bodies_are_refused_before_they_come(url: str):
    """Only their headers are read, so that no memory is needed for them."""
    pid = health(url)["pid"]
    before = resident(pid)
    with ExitStack() as stack:
        for _ in range(40):
            connection = stack.enter_context(connected(url))
            connection.sendall(
                b"POST /reduce HTTP/1.1\r\nHost: evil.example\r\nContent-Length: %d\r\n\r\n" % LARGE
            )
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 400 ")
            assert connection.recv(1) == b""
        assert resident(pid) - before < LARGE


def test_large_chunked_bodies_are_refused(url: str):
    with connected(url) as connection:
        connection.sendall(
            b"POST /reduce HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"%x\r\n" % LARGE
        )
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 400 ")


def test_a_large_body_of_a_caller_with_the_token(url: str):
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | with_token(url)
    body = b"jobId=" + b"x" * LARGE
    assert call(url, "/release", method="POST", body=body, headers=headers).status == 200


def test_arrays_for_very_many_reducers(url: str):
    """A stranger gets none, others what the memory of the worker is good for."""
    many = {**OPEN["/map"], "numReducers": "1001"}
    answer = call(url, "/map", many)
    assert (answer.status, answer.json["kind"]) == (403, "forbidden")
    assert "over 1,000 reducers" in answer.json["message"]
    assert call(url, "/map", {**many, "numReducers": "1000"}).status == 200
    assert call(url, "/map", many, headers=with_token(url)).status == 200
    answer = call(url, "/map", {**many, "numReducers": "1000000"}, headers=with_token(url))
    assert (answer.status, answer.json["kind"]) == (400, "usage")
    assert "at most 279,620 on a worker with so little memory" in answer.json["message"]


def test_a_wrong_host_is_the_callers_error(url: str):
    for host in ("[::1", "[", "[x]:1", "]["):
        answer = call(url, "/health", headers={"Host": host})
        assert answer.status == 400, host


def test_deep_json_is_the_callers_error(url: str):
    body = b"[" * 100_000
    answer = call(url, "/segments", method="POST", body=body, headers=with_token(url))
    assert (answer.status, answer.json["kind"]) == (400, "usage")


# The token --------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", ["workers.py", "coordinator.py", "bin/hadoop-streaming"])
def test_a_token_of_several_lines_is_refused_and_not_shown(program: str, tmp_path: Path):
    done = subprocess.run(
        [REPOSITORY / program, "-input", "x", "-output", "y", "-mapper", "cat"]
        if program.startswith("bin")
        else [sys.executable, REPOSITORY / program, *OPTIONS[program]],
        cwd=tmp_path,
        env=os.environ
        | {
            "MAPREDUCE_TOKEN": "s3cret\ns3cret",
            "MAPREDUCE_PYTHON": sys.executable,
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode in (2, 5)
    assert "MAPREDUCE_TOKEN must be one word" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="only Linux shows environments so")
@pytest.mark.parametrize("workers", ["a pool", "embedded"])
def test_programs_find_the_token_in_no_environment(
    workers: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Neither that of the workers and their spawners, nor that of the coordinator."""
    monkeypatch.setenv("MAPREDUCE_TOKEN", "s3cret")
    root = tmp_path / "root"
    root.mkdir()
    job = Job(root, "job")
    job.inputs(b"a\n")
    gate = job.gated("waits.sh")
    with ExitStack() as stack:
        urls, tops = ["embedded"], []
        if workers == "a pool":
            pool = stack.enter_context(running_pool(1, root))
            urls, tops = pool.urls, [pool.process.pid]
        running = stack.enter_context(job.started(urls, mapper=gate.path))
        running.comes_to(gate)
        pids = [pid for top in (*tops, running.process.pid) for pid in tree(top)]
        shown = [environ for pid in pids if (environ := environment(pid))]
        gate.open()
        succeeded(running.end())
    assert len(shown) > 3
    assert all(b"PATH=" in one and b"s3cret" not in one for one in shown)


def environment(pid: int) -> bytes:
    """The environment that a process shows to others; nothing of one that has ended."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
