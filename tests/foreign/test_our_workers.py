"""Our workers, driven by a client that knows only the three plain calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.foreign import spec_client
from tests.foreign.jobs import FAIL, Job, odd_bytes, wordcount
from tests.foreign.spec_client import CallError, run_job
from tests.pools import OurPool, OurPoolFactory

pytestmark = pytest.mark.cluster

two_workers = pytest.mark.parametrize("pool", [2], indirect=True)


@pytest.fixture(scope="module")
def pool(request: pytest.FixtureRequest, our_pool: OurPoolFactory) -> Iterator[OurPool]:
    """As many workers as the parameter says, for all tests that ask for that many."""
    with our_pool(request.param) as running:
        yield running


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A job directory of its own for each test: they share the served root."""
    return "".join(c if c.isalnum() else "-" for c in request.node.name)


def run(job: Job, pool: OurPool, num_reducers: int) -> list[bytes]:
    """Write a job to the served root, run it, give its output files."""
    job.write(pool.root)
    run_job(pool.urls, job.mapper_path, job.reducer_path, job.name, num_reducers, root=pool.root)
    return job.outputs(pool.root)


@pytest.mark.parametrize("pool", [1, 2, 5], indirect=True)
@pytest.mark.parametrize("reducers", [1, 3, 16])
@pytest.mark.parametrize("make", [wordcount, odd_bytes])
def test_job_equals_the_model(pool: OurPool, make: Callable[[str], Job], reducers: int, name: str):
    job = make(name)
    assert run(job, pool, reducers) == job.expected(reducers)


@two_workers
def test_every_partition_equals_the_model_however_often_it_is_fetched(pool: OurPool, name: str):
    job = odd_bytes(name)
    job.write(pool.root)
    url = pool.urls[1]
    for i, data in enumerate(job.inputs):
        map_task_id = spec_client.run_map(url, job.mapper_path, f"{name}/{i}.in", 3)
        for r in [0, 1, 2, 2, 1, 0]:
            pairs = spec_client.retrieve(url, map_task_id, r, 3)
            records = [
                tuple(text.encode("utf-8", "surrogateescape") for text in pair) for pair in pairs
            ]
            assert records == job.partition(job.map(data), r, 3)


@two_workers
def test_no_map_output_overwrites_another(pool: OurPool, name: str):
    """Many tasks in one process, the same input among them twice, and only then the fetching."""
    job = wordcount(name)
    job.write(pool.root)
    url = pool.urls[0]
    tasks = [*range(5), *range(5)]
    with ThreadPoolExecutor(len(tasks)) as threads:
        ids = list(
            threads.map(
                lambda i: spec_client.run_map(url, job.mapper_path, f"{name}/{i}.in", 1), tasks
            )
        )
    assert len(set(ids)) == len(tasks)
    for i, map_task_id in zip(tasks, ids, strict=True):
        words = [key.encode() for key, _ in spec_client.retrieve(url, map_task_id, 0, 1)]
        assert words == sorted(job.inputs[i].split())


@two_workers
def test_jobs_at_the_same_time_do_not_mix(pool: OurPool, name: str):
    jobs = [wordcount(f"{name}-{i}", inputs=i + 1) for i in range(4)]
    with ThreadPoolExecutor(len(jobs)) as threads:
        outputs = list(threads.map(lambda job: run(job, pool, 3), jobs))
    assert outputs == [job.expected(3) for job in jobs]


@two_workers
def test_absolute_paths_below_the_served_root(pool: OurPool, name: str):
    job = wordcount(name)
    job.write(pool.root)
    mapper, reducer, job_dir = (
        str(pool.root / path) for path in (job.mapper_path, job.reducer_path, name)
    )
    run_job(pool.urls, mapper, reducer, job_dir, 2)
    assert job.outputs(pool.root) == job.expected(2)


@two_workers
def test_failing_mapper_is_told_and_forgotten(pool: OurPool, name: str):
    bad, good = Job(f"{name}-bad", [b"x\n"], mapper=FAIL), wordcount(f"{name}-good")
    with pytest.raises(CallError) as error:
        run(bad, pool, 1)
    answer = json.loads(error.value.body)
    assert error.value.status >= 400
    assert answer["status"] != "success"
    assert "exit code 3" in answer["message"]
    assert run(good, pool, 2) == good.expected(2)


@two_workers
def test_failing_reducer_leaves_no_output(pool: OurPool, name: str):
    bad = Job(name, [b"x\n"], reducer=FAIL)
    with pytest.raises(CallError, match="exit code 3"):
        run(bad, pool, 1)
    assert bad.outputs(pool.root) == []


@two_workers
def test_worker_does_not_see_the_outputs_of_another(pool: OurPool, name: str):
    job = wordcount(name)
    job.write(pool.root)
    first, second = pool.urls
    map_task_id = spec_client.run_map(first, job.mapper_path, f"{name}/0.in", 1)
    assert spec_client.retrieve(first, map_task_id, 0, 1)
    with pytest.raises(CallError) as error:
        spec_client.retrieve(second, map_task_id, 0, 1)
    assert error.value.status == 404


@two_workers
def test_reduce_of_an_unknown_map_task_leaves_no_output(pool: OurPool, name: str):
    job = wordcount(name)
    job.write(pool.root)
    known = spec_client.run_map(pool.urls[0], job.mapper_path, f"{name}/0.in", 1)
    with pytest.raises(CallError):
        spec_client.run_reduce(pool.urls[0], 0, job.reducer_path, [known, "0" * 32], name)
    assert job.outputs(pool.root) == []


@two_workers
@pytest.mark.parametrize("call", ["/map", "/retrieveMapOutput", "/reduce"])
def test_missing_parameters_are_the_callers_error(pool: OurPool, call: str):
    with pytest.raises(CallError) as error:
        spec_client.get(pool.urls[0], call, {})
    assert error.value.status == 400


@two_workers
def test_missing_program_is_not_found(pool: OurPool, name: str):
    wordcount(name).write(pool.root)
    with pytest.raises(CallError) as error:
        spec_client.run_map(pool.urls[0], f"{name}/nobody.py", f"{name}/0.in", 1)
    assert error.value.status == 404
