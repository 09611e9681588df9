"""Our coordinator against workers that know only the three plain calls.

Such workers find the i-th map output at the worker that round-robin gave task i and nowhere else,
so with them neither a retry nor an idle worker may move a map task.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hadoopless.coordinator.main import main
from tests.foreign.conftest import RunCoordinator
from tests.foreign.jobs import COPY, FAIL, Job, odd_bytes, wordcount
from tests.foreign.spec_workers import Request, read_log, spec_pool

pytestmark = pytest.mark.cluster

#: Fails when it is the first to see a line "flaky"; afterwards it copies like the others.
FLAKY = """\
import pathlib, sys
data = sys.stdin.buffer.read()
tried = pathlib.Path(__file__ + ".tried")
if b"flaky" in data and not tried.exists():
    tried.touch()
    sys.exit(3)
sys.stdout.buffer.write(data)
"""

#: Takes its time over a line "slow".
SLOW = """\
import sys, time
data = sys.stdin.buffer.read()
if b"slow" in data:
    time.sleep(1)
sys.stdout.buffer.write(data)
"""

REQUIRED = {
    "/map": {"mapperPath", "inputFile", "numReducers"},
    "/reduce": {"reducerIx", "reducerPath", "mapTaskIDs", "jobPath"},
}


class Cluster:
    """Runs jobs with our coordinator on spec workers and remembers what these were asked."""

    def __init__(self, root: Path, run_coordinator: RunCoordinator) -> None:
        self.root = root
        self.run_coordinator = run_coordinator
        self.requests: list[Request] = []

    def run(
        self, job: Job, num_workers: int, num_reducers: int
    ) -> subprocess.CompletedProcess[str]:
        """Write a job and run it to its end."""
        job.write(self.root)
        log = self.root / "requests.jsonl"
        with spec_pool(num_workers, root=self.root, log=log) as urls:
            done = self.run_coordinator(
                urls,
                f"--mapperPath={job.mapper_path}",
                f"--reducerPath={job.reducer_path}",
                f"--jobPath={job.name}",
                f"--numReducers={num_reducers}",
            )
        self.requests = read_log(log)
        return done

    def map_calls(self) -> list[tuple[int, int]]:
        """(map task, worker) of every /map, in order of the task."""
        return sorted(
            (int(Path(request.query["inputFile"]).stem), request.worker)
            for request in self.requests
            if request.path == "/map"
        )

    def reduce_calls(self) -> list[tuple[int, int]]:
        """(reduce task, worker) of every /reduce, in order of the task."""
        return sorted(
            (int(request.query["reducerIx"]), request.worker)
            for request in self.requests
            if request.path == "/reduce"
        )


@pytest.fixture
def cluster(tmp_path: Path, run_coordinator: RunCoordinator) -> Cluster:
    """Spec workers in tmp_path with our coordinator before them."""
    return Cluster(tmp_path, run_coordinator)


def round_robin(tasks: int, workers: int) -> list[tuple[int, int]]:
    """(task, worker) when each task is run once, by the worker whose turn it is."""
    return [(task, task % workers) for task in range(tasks)]


@pytest.mark.parametrize(("workers", "reducers"), [(1, 1), (2, 3), (3, 1), (5, 16)])
@pytest.mark.parametrize("make", [wordcount, odd_bytes])
def test_job_equals_the_model(
    cluster: Cluster, make: Callable[[], Job], workers: int, reducers: int
):
    job = make()
    done = cluster.run(job, workers, reducers)
    assert done.returncode == 0, done.stderr
    assert job.outputs(cluster.root) == job.expected(reducers)
    assert cluster.map_calls() == round_robin(len(job.inputs), workers)
    assert cluster.reduce_calls() == round_robin(reducers, workers)


def test_inputs_are_tasks_by_number(cluster: Cluster):
    """10.in is map task 10, not 2: else the order of equal keys would not be that of the files."""
    job = Job("many", [b"k\tfrom %d\n" % i for i in range(12)])
    done = cluster.run(job, 3, 2)
    assert done.returncode == 0, done.stderr
    assert job.outputs(cluster.root) == job.expected(2)
    assert cluster.map_calls() == round_robin(12, 3)


def test_calls_carry_what_the_contract_names(cluster: Cluster):
    job = wordcount()
    assert cluster.run(job, 2, 3).returncode == 0
    for _, path, query in cluster.requests:
        assert REQUIRED.get(path, set()) <= set(query)
        if path == "/map":
            assert query["numReducers"] == "3"
        if path == "/reduce":
            assert len(query["mapTaskIDs"].split(",")) == len(job.inputs)


def test_no_map_task_is_stolen_or_copied(cluster: Cluster):
    """Worker 1 has long been idle when worker 0 comes to its second task."""
    job = Job("slow", [b"slow\n", *(b"quick %d\n" % i for i in range(1, 6))], mapper=SLOW)
    done = cluster.run(job, 2, 2)
    assert done.returncode == 0, done.stderr
    assert job.outputs(cluster.root) == job.expected(2)
    assert cluster.map_calls() == round_robin(6, 2)


def test_failed_map_task_runs_again_where_it_ran(cluster: Cluster):
    job = Job("flaky", [b"steady\n", b"flaky\n", b"steady\n"], mapper=FLAKY)
    done = cluster.run(job, 2, 1)
    assert done.returncode == 0, done.stderr
    assert job.outputs(cluster.root) == job.expected(1)
    assert cluster.map_calls() == [(0, 0), (1, 1), (1, 1), (2, 0)]


def test_failed_reduce_task_runs_again(cluster: Cluster):
    job = Job("flaky", [b"steady\n", b"flaky\n"], mapper=COPY, reducer=FLAKY)
    done = cluster.run(job, 2, 1)
    assert done.returncode == 0, done.stderr
    assert job.outputs(cluster.root) == job.expected(1)
    assert [task for task, _ in cluster.reduce_calls()] == [0, 0]


def test_failing_mapper_is_named(cluster: Cluster):
    job = Job("bad", [b"x\n"], mapper=FAIL)
    done = cluster.run(job, 2, 2)
    assert done.returncode == 4, done.stderr
    assert "map 0" in done.stderr
    assert "bad/mapper.py ended with exit code 3" in done.stderr
    assert "Traceback" not in done.stderr
    assert cluster.reduce_calls() == []
    assert job.outputs(cluster.root) == []


def test_failing_reducer_is_named(cluster: Cluster):
    job = Job("bad", [b"x\n", b"y\n"], reducer=FAIL)
    done = cluster.run(job, 2, 1)
    assert done.returncode == 4, done.stderr
    assert "reduce 0" in done.stderr
    assert "bad/reducer.py ended with exit code 3" in done.stderr
    assert "Traceback" not in done.stderr


def test_nobody_there(tmp_path: Path, run_coordinator: RunCoordinator):
    job = wordcount()
    job.write(tmp_path)
    with spec_pool(2, root=tmp_path) as urls:
        pass  # the ports are closed again
    done = run_coordinator(
        urls,
        f"--mapperPath={job.mapper_path}",
        f"--reducerPath={job.reducer_path}",
        f"--jobPath={job.name}",
        "--numReducers=1",
    )
    assert done.returncode == 5, done.stderr
    assert "Traceback" not in done.stderr
    assert job.outputs(tmp_path) == []


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--combineSmallFiles=1MB", "leave out --splitSize and --combineSmallFiles"),
        ("--splitSize=2", "leave out --splitSize and --combineSmallFiles"),
        ("--partitionerPath=cat", "does only the plain calls for us; leave out --partitionerPath"),
        ("--sortValues", "does only the plain calls for us"),
        ("--totalOrder", "does only the plain calls for us"),
        ("--keepFailedTaskFiles", "does only the plain calls for us"),
        ("--env=A=1", "does only the plain calls for us"),
        ("--numReducers=0", "--keepFailedTaskFiles, --env and --numReducers=0"),
        ("--skipBadRecords", "leave out --skipBadRecords"),
    ],
)
def test_what_such_workers_would_silently_leave_out(
    tmp_path: Path,
    option: str,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    job = wordcount()
    job.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    argv = [f"--mapperPath={job.mapper_path}", f"--reducerPath={job.reducer_path}"]
    with spec_pool(2, root=tmp_path) as urls:
        argv += [f"--workers={','.join(urls)}", f"--jobPath={job.name}", option]
        assert main(argv, {}) == 2
    assert text in capsys.readouterr().err
