"""A coordinator written from the three plain calls of docs/http.md alone, as a stranger would.

It gives no hints, imports nothing of the project, and is strict where the contract is: it looks at
every partition of every map task before it has them reduced.

    python tests/foreign/spec_client.py --workers=URL,URL \\
        --mapperPath=wordcount/mapper.py --reducerPath=wordcount/reducer.py \\
        --jobPath=fish_jobs --numReducers=1
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from itertools import pairwise, product
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

Pair = tuple[str, str]
T = TypeVar("T")

CALL_TIMEOUT = 90.0  # seconds; a first call may have to wait for a worker that still warms up


class CallError(Exception):
    """A worker answered with something else than 200."""

    def __init__(self, call: str, status: int, body: bytes) -> None:
        super().__init__(f"{call}: {status} {body.decode(errors='replace')}")
        self.status = status
        self.body = body


class ContractError(Exception):
    """A worker answered, but not as docs/http.md says."""


def run_job(
    urls: Sequence[str],
    mapper: str,
    reducer: str,
    job_path: str,
    num_reducers: int,
    *,
    root: Path | None = None,
) -> list[Path]:
    """Run a whole job round-robin; *root* is what the paths are relative to for the workers too.

    Gives the output files, one per reducer.
    """
    job_dir = (root or Path.cwd()) / job_path
    names = input_names(job_dir)
    maps = [
        partial(run_map, urls[i % len(urls)], mapper, f"{job_path}/{name}", num_reducers)
        for i, name in enumerate(names)
    ]
    ids = in_parallel(maps)
    in_parallel(
        [
            partial(retrieve, urls[i % len(urls)], ids[i], reducer_ix, num_reducers)
            for i, reducer_ix in product(range(len(ids)), range(num_reducers))
        ]
    )
    in_parallel(
        [
            partial(run_reduce, urls[r % len(urls)], r, reducer, ids, job_path)
            for r in range(num_reducers)
        ]
    )
    return [job_dir / f"{r}.out" for r in range(num_reducers)]


def run_map(worker: str, mapper: str, input_file: str, num_reducers: int) -> str:
    """One map task; gives its ID."""
    query = {"mapperPath": mapper, "inputFile": input_file, "numReducers": str(num_reducers)}
    answer = get(worker, "/map", query)
    check_success(answer)
    map_task_id = answer.get("mapTaskID")
    if not isinstance(map_task_id, str) or not map_task_id or "," in map_task_id:
        raise ContractError(f"not an ID that fits into a list: {map_task_id!r}")
    return map_task_id


def retrieve(worker: str, map_task_id: str, reducer_ix: int, num_reducers: int) -> list[Pair]:
    """One partition of one map task, checked."""
    query = {"reducerIx": str(reducer_ix), "mapTaskID": map_task_id}
    return check_partition(get(worker, "/retrieveMapOutput", query), reducer_ix, num_reducers)


def run_reduce(
    worker: str, reducer_ix: int, reducer: str, map_task_ids: Sequence[str], job_path: str
) -> None:
    """One reduce task."""
    query = {
        "reducerIx": str(reducer_ix),
        "reducerPath": reducer,
        "mapTaskIDs": ",".join(map_task_ids),
        "jobPath": job_path,
    }
    check_success(get(worker, "/reduce", query))


def get(worker: str, call: str, query: dict[str, str]) -> Any:
    """The decoded JSON answer of one call."""
    target = f"{call}?{urlencode(query, safe='/,')}"
    connection = HTTPConnection(urlsplit(worker).netloc, timeout=CALL_TIMEOUT)
    try:
        connection.request("GET", target)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise CallError(f"{worker}{target}", response.status, body)
    try:
        # Decoded first: json.loads would let raw surrogates pass, which are no UTF-8.
        return json.loads(body.decode("utf-8"))
    except ValueError as exc:
        raise ContractError(f"{worker}{target}: the answer is not JSON in UTF-8: {exc}") from exc


def check_success(answer: Any) -> None:
    """Complain unless *answer* is an object whose status says success."""
    if not isinstance(answer, dict) or answer.get("status") != "success":
        raise ContractError(f"no success: {answer!r}")


def check_partition(answer: Any, reducer_ix: int, num_reducers: int) -> list[Pair]:
    """Complain unless *answer* is a list of pairs of strings, sorted, all of this partition."""
    if not isinstance(answer, list):
        raise ContractError(f"not a list: {answer!r}")
    pairs = [check_pair(item) for item in answer]
    keys = [key_bytes(key) for key, _ in pairs]
    for before, after in pairwise(keys):
        if before > after:
            raise ContractError(f"not sorted by key: {before!r} comes before {after!r}")
    for key in keys:
        if partition_of(key, num_reducers) != reducer_ix:
            raise ContractError(f"{key!r} is not of partition {reducer_ix} of {num_reducers}")
    return pairs


def check_pair(item: Any) -> Pair:
    """Complain unless *item* is [key, value], both strings."""
    if not isinstance(item, list) or [type(part) for part in item] != [str, str]:
        raise ContractError(f"not a pair of strings: {item!r}")
    key, value = item
    key_bytes(value)
    return key, value


def key_bytes(text: str) -> bytes:
    """The bytes that a string of a JSON answer stands for."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as exc:
        raise ContractError(f"{text!r} stands for no bytes") from exc


def partition_of(key: bytes, num_reducers: int) -> int:
    """The partition of a key, as Hadoop's default partitioner has it."""
    h = 1
    for byte in memoryview(key).cast("b"):  # "b": each byte is signed
        h = 31 * h + byte
    return (h & 0x7FFFFFFF) % num_reducers


def input_names(job_dir: Path) -> list[str]:
    """The inputs of a job in the order of their tasks: 0.in, 1.in, ..., 10.in."""
    names = [path.name for path in job_dir.glob("*.in")]
    if not names:
        raise FileNotFoundError(f"no *.in in {job_dir}")
    return sorted(names, key=lambda name: (len(name), name))


def in_parallel(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """The results of all *tasks*, in their order; the first failure is raised."""
    with ThreadPoolExecutor(max_workers=min(len(tasks), 16)) as threads:
        return list(threads.map(lambda task: task(), tasks))


def main() -> int:
    """Run the job of the command line; 1 when it failed."""
    parser = argparse.ArgumentParser(description="A coordinator that knows only the three calls.")
    parser.add_argument("--workers", required=True, help="URLs of the workers, with commas")
    for name in ("mapperPath", "reducerPath", "jobPath"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--numReducers", type=int, required=True)
    job = parser.parse_args()
    urls = job.workers.split(",")
    try:
        run_job(urls, job.mapperPath, job.reducerPath, job.jobPath, job.numReducers)
    except (CallError, ContractError, OSError) as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
