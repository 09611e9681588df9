"""The two peers against each other and against a model: what they say of others rests on this."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.foreign import spec_client, spec_workers
from tests.foreign.jobs import FAIL, Job, java_hash, odd_bytes, wordcount
from tests.foreign.spec_client import CallError, ContractError, run_job
from tests.foreign.spec_workers import read_log, spec_pool

WIRE = Path(__file__).parent

#: Worked out by hand from the rule in docs/http.md.
HASHES = {
    b"": 1,
    b"a": 31 + 97,
    b"ab": (31 + 97) * 31 + 98,
    b"\xff": 31 - 1,
    b"\x80": (31 - 128) & 0x7FFFFFFF,
    b"aaaaaaaa": (31**8 + 97 * (31**8 - 1) // 30) & 0x7FFFFFFF,
}


@pytest.mark.parametrize("key", HASHES, ids=repr)
def test_hash_three_times_written(key: bytes):
    assert java_hash(key) == HASHES[key]
    assert spec_workers.java_hash(key) == HASHES[key]
    assert spec_client.partition_of(key, 1 << 31) == HASHES[key]


@pytest.mark.parametrize(("workers", "reducers"), [(1, 1), (2, 3), (5, 16)])
@pytest.mark.parametrize("make", [wordcount, odd_bytes])
def test_job_equals_the_model(tmp_path: Path, make: Callable[[], Job], workers: int, reducers: int):
    job = make()
    job.write(tmp_path)
    with spec_pool(workers, root=tmp_path) as urls:
        paths = run_job(urls, job.mapper_path, job.reducer_path, job.name, reducers, root=tmp_path)
    assert [path.read_bytes() for path in paths] == job.expected(reducers)
    assert job.outputs(tmp_path) == job.expected(reducers)


def test_log_shows_round_robin(tmp_path: Path):
    job = wordcount(inputs=12)
    job.write(tmp_path)
    log = tmp_path / "requests.jsonl"
    with spec_pool(5, root=tmp_path, log=log) as urls:
        run_job(urls, job.mapper_path, job.reducer_path, job.name, 7, root=tmp_path)
    requests = read_log(log)
    # 12 * 7 partitions, once looked at by the client and once fetched by the reducers.
    calls = Counter(request.path for request in requests)
    assert calls == {"/map": 12, "/retrieveMapOutput": 2 * 12 * 7, "/reduce": 7}
    for worker, path, query in requests:
        if path == "/map":
            assert worker == int(Path(query["inputFile"]).stem) % 5
            assert set(query) == {"mapperPath", "inputFile", "numReducers"}
        if path == "/reduce":
            assert worker == int(query["reducerIx"]) % 5
            assert set(query) == {"reducerIx", "reducerPath", "mapTaskIDs", "jobPath"}


def test_inputs_come_by_number(tmp_path: Path):
    wordcount("words", inputs=12).write(tmp_path)
    assert spec_client.input_names(tmp_path / "words") == [f"{i}.in" for i in range(12)]


def test_worker_does_not_see_the_outputs_of_another(tmp_path: Path):
    job = wordcount()
    job.write(tmp_path)
    with spec_pool(2, root=tmp_path) as (first, second):
        map_task_id = spec_client.run_map(first, job.mapper_path, f"{job.name}/0.in", 1)
        assert spec_client.retrieve(first, map_task_id, 0, 1)
        with pytest.raises(CallError) as error:
            spec_client.retrieve(second, map_task_id, 0, 1)
    assert error.value.status == 404


def test_failing_mapper_is_a_500_with_a_message(tmp_path: Path):
    job = Job("bad", [b"x\n"], mapper=FAIL)
    job.write(tmp_path)
    with spec_pool(1, root=tmp_path) as (url,), pytest.raises(CallError) as error:
        spec_client.run_map(url, job.mapper_path, "bad/0.in", 1)
    assert error.value.status == 500
    assert error.value.body == (
        b'{"status": "error", "message": "bad/mapper.py ended with exit code 3"}'
    )


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/health", 404),
        ("GET", "/", 404),
        ("GET", "/map", 400),
        ("GET", "/retrieveMapOutput?reducerIx=0&mapTaskID=nobody", 404),
        ("POST", "/reduce", 501),
    ],
)
def test_spec_worker_knows_nothing_else(tmp_path: Path, method: str, target: str, status: int):
    with spec_pool(1, root=tmp_path) as (url,):
        connection = HTTPConnection(url.removeprefix("http://"), timeout=30)
        connection.request(method, target)
        assert connection.getresponse().status == status
        connection.close()


def test_unknown_parameters_are_ignored(tmp_path: Path):
    job = wordcount()
    job.write(tmp_path)
    query = {"mapperPath": job.mapper_path, "inputFile": "words/0.in", "numReducers": "1", "x": "y"}
    with spec_pool(1, root=tmp_path) as (url,):
        answer = spec_client.get(url, "/map", query)
    assert set(answer) == {"status", "mapTaskID"}


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "success"},
        [["b", "1"], ["a", "1"]],
        [["\U0001f41f", ""], ["\udcff", ""], ["\udc80", ""]],
        [["a"]],
        [["a", "1", "2"]],
        [["a", 1]],
        [["\ud800", "1"]],
        [["a", "\ud800"]],
        "ab",
    ],
    ids=repr,
)
def test_client_complains_of_a_wrong_partition(answer: object):
    with pytest.raises(ContractError):
        spec_client.check_partition(answer, 0, 1)


def test_client_complains_of_a_key_in_the_wrong_partition():
    assert spec_client.check_partition([["a", "1"]], 128 % 3, 3) == [("a", "1")]
    with pytest.raises(ContractError, match="partition 1 of 3"):
        spec_client.check_partition([["a", "1"]], 1, 3)


def test_client_sorts_by_bytes_not_by_characters():
    """As characters the lone surrogate comes first, as bytes the fish does."""
    assert spec_client.check_partition([["\U0001f41f", ""], ["\udcff", ""]], 0, 1)


@pytest.mark.parametrize("end", ["close stdin", "SIGTERM"])
def test_both_command_lines(tmp_path: Path, end: str):
    job = wordcount()
    job.write(tmp_path)
    log = tmp_path / "requests.jsonl"
    pool = subprocess.Popen(
        [sys.executable, WIRE / "spec_workers.py", "--ports", "0,0", "--log", log],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with pool:
        assert pool.stdin is not None
        assert pool.stdout is not None
        ready, *urls = pool.stdout.readline().split()
        assert (ready, len(urls)) == ("READY", 2)
        client = subprocess.run(
            [
                sys.executable,
                WIRE / "spec_client.py",
                f"--workers={','.join(urls)}",
                f"--mapperPath={job.mapper_path}",
                f"--reducerPath={job.reducer_path}",
                f"--jobPath={job.name}",
                "--numReducers=2",
            ],
            cwd=tmp_path,
        )
        if end == "SIGTERM":
            pool.send_signal(signal.SIGTERM)
        else:
            pool.stdin.close()
        assert pool.wait(timeout=30) == 0
    assert client.returncode == 0
    assert job.outputs(tmp_path) == job.expected(2)
    assert {request.worker for request in read_log(log)} == {0, 1}
