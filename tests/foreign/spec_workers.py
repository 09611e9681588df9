"""A worker pool written from the three plain calls of docs/http.md alone, as a stranger would.

It knows /map, /retrieveMapOutput and /reduce, imports nothing of the project and offers nothing
beyond those calls. Paths are relative to the directory that it serves.

    python tests/foreign/spec_workers.py --ports 0,0 [--root DIR] [--log FILE]

prints ``READY URL URL`` and serves until its stdin is closed or SIGTERM comes.
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from urllib.parse import parse_qsl, urlencode, urlsplit

Pair = tuple[str, str]
Query = dict[str, str]


class Request(NamedTuple):
    """One request as a worker received it."""

    worker: int
    path: str
    query: Query


class CallError(Exception):
    """A call that is answered with *status* and a message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class RequestLog:
    """One JSON line per request, of all the workers of a pool, in the order of arrival."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()

    def append(self, request: Request) -> None:
        """Write *request* down before it is answered."""
        if self._path is not None:
            with self._lock, self._path.open("a") as file:
                file.write(json.dumps(request) + "\n")


def read_log(path: Path) -> list[Request]:
    """The requests that a pool has written to its log so far."""
    if not path.exists():
        return []
    return [Request(*json.loads(line)) for line in path.read_text().splitlines()]


class SpecWorker(ThreadingHTTPServer):
    """One worker: a port and the map outputs that were made behind it."""

    request_queue_size = 128  # the default of 5 loses connections when a whole job calls at once

    def __init__(self, port: int, root: Path, log: RequestLog) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.root = root
        self.log = log
        self.index = 0
        #: The URLs of the whole pool, in the order in which round-robin goes.
        self.pool: list[str] = [self.url]
        self.outputs: dict[str, list[list[Pair]]] = {}

    def map(self, query: Query) -> object:
        """Run the mapper on the input file and keep its sorted partitions."""
        num_reducers = int(query["numReducers"])
        with (self.root / query["inputFile"]).open("rb") as stdin:
            done = subprocess.run(
                self.command(query["mapperPath"]),
                cwd=self.root,
                stdin=stdin,
                stdout=subprocess.PIPE,
            )
        check_exit(query["mapperPath"], done.returncode)
        partitions: list[list[Pair]] = [[] for _ in range(num_reducers)]
        for line in lines_of(done.stdout):
            key, _, value = line.partition(b"\t")
            partitions[java_hash(key) % num_reducers].append((to_text(key), to_text(value)))
        for pairs in partitions:
            pairs.sort(key=key_bytes)
        map_task_id = uuid.uuid4().hex
        self.outputs[map_task_id] = partitions
        return {"status": "success", "mapTaskID": map_task_id}

    def retrieve_map_output(self, query: Query) -> object:
        """One partition of a map task that this worker ran."""
        reducer_ix = int(query["reducerIx"])
        partitions = self.outputs.get(query["mapTaskID"], [])
        if not 0 <= reducer_ix < len(partitions):
            raise CallError(404, f"no partition {reducer_ix} of map task {query['mapTaskID']}")
        return partitions[reducer_ix]

    def reduce(self, query: Query) -> object:
        """Fetch, merge, and pipe what the reducer writes straight into the output file."""
        reducer_ix = query["reducerIx"]
        ids = [map_task_id for map_task_id in query["mapTaskIDs"].split(",") if map_task_id]
        fetched = [
            fetch(self.pool[i % len(self.pool)], reducer_ix, map_task_id)
            for i, map_task_id in enumerate(ids)
        ]
        merged = heapq.merge(*fetched, key=key_bytes)
        stdin = "".join(f"{key}\t{value}\n" for key, value in merged)
        with (self.root / query["jobPath"] / f"{int(reducer_ix)}.out").open("wb") as stdout:
            done = subprocess.run(
                self.command(query["reducerPath"]),
                cwd=self.root,
                input=stdin.encode("utf-8", "surrogateescape"),
                stdout=stdout,
            )
        check_exit(query["reducerPath"], done.returncode)
        return {"status": "success"}

    def command(self, path: str) -> list[str]:
        """The words that start a program: itself if it has the run bit, else this Python."""
        program = str(self.root / path)
        return [program] if os.access(program, os.X_OK) else [sys.executable, program]


CALLS: dict[str, Callable[[SpecWorker, Query], object]] = {
    "/map": SpecWorker.map,
    "/retrieveMapOutput": SpecWorker.retrieve_map_output,
    "/reduce": SpecWorker.reduce,
}


class Handler(BaseHTTPRequestHandler):
    """Decodes a call, has its worker do it, encodes the answer. Anything but GET gets a 501."""

    server: SpecWorker

    def do_GET(self) -> None:
        """Answer one of the three calls."""
        url = urlsplit(self.path)
        pairs = parse_qsl(url.query, keep_blank_values=True, errors="surrogateescape")
        request = Request(self.server.index, url.path, dict(pairs))
        self.server.log.append(request)
        try:
            status, answer = 200, self.answer(request)
        except Exception as exc:  # whatever went wrong, the caller is told
            status = exc.status if isinstance(exc, CallError) else 500
            answer = {"status": "error", "message": str(exc)}
        body = json.dumps(answer).encode("ascii")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self, request: Request) -> object:
        """The answer to the call, ready for JSON."""
        call = CALLS.get(request.path)
        if call is None:
            raise CallError(404, f"no such call: {request.path}")
        try:
            return call(self.server, request.query)
        except KeyError as exc:
            raise CallError(400, f"parameter {exc} is missing") from exc

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: the request log tells more."""


def java_hash(key: bytes) -> int:
    """Hadoop's hash of a key, without its sign."""
    h = 1
    for byte in key:
        h = (31 * h + (byte - 256 if byte > 127 else byte)) & 0xFFFFFFFF
    return h & 0x7FFFFFFF


def lines_of(data: bytes) -> list[bytes]:
    """The lines of *data*; a line ends at a newline byte and nowhere else."""
    lines = data.split(b"\n")
    return lines if lines[-1] else lines[:-1]


def to_text(data: bytes) -> str:
    """Bytes as JSON can carry them: undecodable ones as lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def key_bytes(pair: Sequence[str]) -> bytes:
    """The sort key of a pair."""
    return pair[0].encode("utf-8", "surrogateescape")


def check_exit(program: str, returncode: int) -> None:
    """Fail the call when the user's program failed."""
    if returncode:
        raise CallError(500, f"{program} ended with exit code {returncode}")


def fetch(worker: str, reducer_ix: str, map_task_id: str) -> list[Pair]:
    """One partition of one map task from the worker that ran it."""
    query = urlencode({"reducerIx": reducer_ix, "mapTaskID": map_task_id})
    connection = HTTPConnection(urlsplit(worker).netloc, timeout=60)
    try:
        connection.request("GET", f"/retrieveMapOutput?{query}")
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise CallError(500, f"{worker} gave {response.status} for map task {map_task_id}")
    return [(key, value) for key, value in json.loads(body)]


@contextmanager
def serve(ports: Sequence[int], root: Path, log: Path | None = None) -> Iterator[list[str]]:
    """Run one worker per port (0: any free one) in threads of this process; gives their URLs."""
    request_log = RequestLog(log)
    with ExitStack() as stack:
        workers = [stack.enter_context(SpecWorker(p, root.absolute(), request_log)) for p in ports]
        urls = [worker.url for worker in workers]
        for index, worker in enumerate(workers):
            worker.index, worker.pool = index, urls
            threading.Thread(target=worker.serve_forever, args=(0.05,), daemon=True).start()
            stack.callback(worker.shutdown)
        yield urls


@contextmanager
def spec_pool(n: int, root: Path | None = None, log: Path | None = None) -> Iterator[list[str]]:
    """*n* workers on free ports, serving *root* (the current directory); gives their URLs."""
    with serve([0] * n, root or Path.cwd(), log) as urls:
        yield urls


def stop(*_: object) -> NoReturn:
    """End the process in order; the answer to SIGTERM."""
    raise SystemExit(0)


def main() -> None:
    """Serve until stdin is closed or SIGTERM comes."""
    parser = argparse.ArgumentParser(description="Workers that know only the three calls.")
    parser.add_argument("--ports", required=True, help="one port per worker, 0 for any: 0,0")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="what paths are relative to")
    parser.add_argument("--log", type=Path, help="append one JSON line per request")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, stop)
    with serve([int(port) for port in options.ports.split(",")], options.root, options.log) as urls:
        print("READY", *urls, flush=True)
        sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
