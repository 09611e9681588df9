"""Fuzzes a pool of workers, a listening coordinator and its workers while jobs run on them.

A round starts all of them, lets jobs run, and meanwhile makes calls of all kinds. Afterwards the
outputs must be right, no process may have died, descriptors and threads must be as before, and the
memory as in a round of the same jobs without such calls (a control).
"""

from __future__ import annotations

import json
import os
import re
import threading
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.request import urlopen

from hadoopless.coordinator.push.client import WorkerClient
from hadoopless.job import Split
from hadoopless.rules import Rules
from hadoopless.wire import proof, tokens
from hadoopless.wire.messages.tasks import MapRequest, TaskContext
from tests.fuzz.connections import WAYS, Target, crashes
from tests.fuzz.figures import Figures, all_figures, descriptors
from tests.fuzz.findings import Tally, chance_of
from tests.fuzz.requests import PLACE, Known
from tests.pools import OurPool, running_pool
from tests.processes import running, tree, until
from tests.pull.cluster import Cluster, Run
from tests.system.jobs import Gate, Job, succeeded

#: Memory may be so much more than in the control.
MOST_MEMORY = 1.1
_CALLERS = 12
_WARMING = 40
_WORKERS = 2
#: So many looks must find the same; a server gives memory back after a second.
_STEADY = 75
#: They forget soon what was only made by fuzzed calls.
_OPTIONS = ("--memory=64MB", "--keepOutputs=3")

_MAPPER = "#!/bin/sh\nexec tr ' ' '\\n'\n"
_COUNTER = "#!/bin/sh\ncut -f1 | uniq -c\n"
_LINES = [b"the fish %d swims in the sea\n" % (number % 7) for number in range(2000)]


@dataclass
class Servers:
    """All that is fuzzed in one round."""

    place: Path
    pool: OurPool
    cluster: Cluster
    run: Run
    gate: Gate
    targets: Sequence[Target]

    def groups(self) -> Mapping[str, list[int]]:
        """The processes by what they are for."""
        return {
            "pool": _ours(tree(self.pool.process.pid)),
            "joined workers": _ours(self.cluster.processes()),
            "coordinator": [self.run.process.pid],
        }


def _ours(pids: Iterable[int]) -> list[int]:
    """Those of *pids* that run our code and stay: no program of a job, nor a process before it."""
    first = {one.pid for one in running(pids) if re.search(r"(workers|spawner)\.py", one.command)}
    time.sleep(0.5)
    return [one.pid for one in running(pids) if one.pid in first]


@dataclass(frozen=True)
class Round:
    """A round's end: the memory of each group of processes."""

    memory: Mapping[str, int]


@contextmanager
def started(place: Path) -> Iterator[Servers]:
    """A pool, and a coordinator with joined workers whose job waits at a gate."""
    root = place / "served"
    (root / PLACE / "out").mkdir(parents=True)
    (place / "outside").mkdir()
    (root / PLACE / "0.in").write_bytes(b"".join(_LINES[:20]))
    for name, line in (("mapper.sh", "exec cat"), ("slow.sh", "sleep 1"), ("fails.sh", "exit 3")):
        (root / PLACE / name).write_text(f"#!/bin/sh\n{line}\n")
        (root / PLACE / name).chmod(0o755)
    joined = place / "joined"
    joined.mkdir()
    with ExitStack() as stack:
        pool = stack.enter_context(running_pool(_WORKERS, root, *_OPTIONS))
        cluster = Cluster(joined, _WORKERS, *_OPTIONS, tcp=True)
        stack.callback(cluster.destroy)
        job = new_job(cluster.jobs, "gated")
        gate = job.gated("gated.sh")
        stack.callback(gate.open)
        run = cluster.start(job, mapper=gate.path, reducer="cat", num_reducers=2)
        until(lambda: len(gate.pids()) == _WORKERS, lambda: run.said)
        yield Servers(place, pool, cluster, run, gate, _targets(pool, cluster, run))
        cluster.stop()


def _targets(pool: OurPool, cluster: Cluster, run: Run) -> list[Target]:
    data = re.findall(r"its data is at (\S+?);?(?:\s|$)", run.said)
    known = Known([*pool.urls, "http://127.0.0.1:1"])
    joined = Known([*data, "http://127.0.0.1:1"])
    secret = tokens.read(cluster.address) or ""
    return [
        *(Target(url, known, tokens.read(url) or "") for url in pool.urls),
        *(Target(url, joined, proof.of_data_servers(secret)) for url in data),
        *[Target(cluster.address, joined, secret, joined=True)] * 2,
    ]


def new_job(root: Path, name: str) -> Job:
    """A job of three inputs."""
    job = Job(root, name)
    job.inputs(*(b"".join(_LINES[number::3]) for number in range(3)))
    job.script("words.sh", _MAPPER)
    job.script("count.sh", _COUNTER)
    return job


def _run_job(root: Path, name: str, urls: Sequence[str]) -> None:
    """A job on the pool; its output must be right."""
    job = new_job(root, name)
    done = job.run(urls, mapper=f"{name}/words.sh", reducer=f"{name}/count.sh", num_reducers=2)
    succeeded(done)
    counted: dict[bytes, int] = {}
    for line in b"".join(_LINES).split():
        counted[line] = counted.get(line, 0) + 1
    found = b"".join(job.outputs()).splitlines()
    assert sorted(found) == sorted(b"%7d %s" % (n, word) for word, n in counted.items())


def _warm(servers: Servers) -> None:
    """Let each worker start all the threads that it ever has, and make its directory for tasks."""
    for url in servers.pool.urls:
        client = WorkerClient(url)
        client.meet(20, plain=False, any_pool=False)
        place = str(servers.pool.root)
        context = TaskContext("warm", "map-0-0", place, rules=Rules())
        split = Split(f"{PLACE}/0.in")
        request = MapRequest("cat", split, 1, context=context, index=0, job_path=f"{PLACE}/out")
        client.map(request, 20)
        client.close()

    def get(url: str, path: str) -> bytes:
        with urlopen(f"{url}{path}", timeout=60) as answer:  # noqa: S310  # of ours
            body: bytes = answer.read()
            return body

    def run_task(url: str) -> str:
        query = f"mapperPath={PLACE}/slow.sh&inputFile={PLACE}/0.in&numReducers=2"
        return str(json.loads(get(url, f"/map?{query}"))["mapTaskID"])

    def retrieve(url: str, name: str) -> bytes:
        return get(url, f"/retrieveMapOutput?reducerIx=0&mapTaskID={name}")

    with ThreadPoolExecutor(_WARMING) as threads:
        for url in servers.pool.urls:
            names = list(threads.map(run_task, [url] * _WARMING))
            list(threads.map(retrieve, [url] * _WARMING * 5, names * 5))


class Callers:
    """Threads that make one fuzzed call after the other until they are told to stop."""

    def __init__(self, servers: Servers, seed: str, tally: Tally) -> None:
        self._servers = servers
        self._seed = seed
        self._tally = tally
        self._numbers = count()
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._call) for _ in range(_CALLERS)]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _call(self) -> None:
        while not self._stopped.is_set():
            case = f"{self._seed}/{next(self._numbers)}"
            random = chance_of(case)
            way = random.choice(list(WAYS))
            target = random.choice(self._servers.targets)
            self._tally.count(way)
            try:
                received = WAYS[way](random, target)
            except OSError:
                received = b""  # refused or cut off by the server
            except Exception:
                self._tally.add(way, case, traceback.format_exc())
                continue
            for crash in crashes(received):
                self._tally.add(way, case, f"{target.url} answered {crash}")


def run_round(place: Path, seed: str, tally: Tally, *, jobs: int, seconds: float = 0.0) -> Round:
    """A round of *jobs*; it is fuzzed for *seconds* and until they have ended, if these are any.

    Raises AssertionError where something is not as it should be at the end.
    """
    place.mkdir()
    own = place / "own"
    own.mkdir()
    with started(place) as servers:
        _run_job(own, "first", servers.pool.urls)
        _warm(servers)
        groups = servers.groups()
        before = _settled(groups, {})
        with ExitStack() as stack:
            if seconds:
                stack.enter_context(Callers(servers, seed, tally))
            end = time.monotonic() + seconds
            for number in range(jobs):
                _run_job(own, f"job{number}", servers.pool.urls)
            while time.monotonic() < end:
                time.sleep(0.1)
        after = _settled(groups, before)
        servers.gate.open()
        done = succeeded(servers.run.end())
        assert done.returncode == 0
        gated = Job.outputs(_named(servers.cluster.jobs, "gated"))
        assert sorted(b"".join(gated).splitlines()) == sorted(
            line.rstrip(b"\n") + b"\t" for line in _LINES
        )
        now = servers.groups()
        for name in ("pool", "joined workers"):
            assert now[name] == groups[name], f"processes of the {name} have died"
        _run_job(own, "last", servers.pool.urls)
    assert os.listdir(place / "outside") == []
    log = servers.pool.log.read_text(errors="backslashreplace")
    _, trace, rest = log.partition("Traceback")
    assert not trace, rest[:3000]
    memory = {name: sum(after[pid].memory for pid in pids) for name, pids in groups.items()}
    return Round(memory)


def _named(root: Path, name: str) -> Job:
    """The job that is there already."""
    job = Job.__new__(Job)
    job.root, job.name, job.path = root, name, root / name
    return job


def _settled(groups: Mapping[str, list[int]], most: Mapping[int, Figures]) -> dict[int, Figures]:
    """The figures once they stay the same, and are no more than *most* if that is given."""
    pids = [pid for group in groups.values() for pid in group]
    found: list[dict[int, Figures]] = []

    def come_back() -> bool:
        found.append(all_figures(pids))
        return len(found) > _STEADY and all(
            found[-1][pid] == found[-_STEADY][pid]
            and found[-1][pid].descriptors <= most.get(pid, found[-1][pid]).descriptors
            and found[-1][pid].threads <= most.get(pid, found[-1][pid]).threads
            for pid in pids
        )

    until(come_back, lambda: _told(most, found[-1]), 60.0)
    return found[-1]


def _told(most: Mapping[int, Figures], now: Mapping[int, Figures]) -> str:
    """The figures of each process, with the names of its descriptors."""
    lines = [f"{pid}: {most.get(pid)} -> {now[pid]}, {descriptors(pid)}" for pid in now]
    return "\n".join(lines)


def compare(fuzzed: Round, control: Round, tally: Tally, case: str) -> None:
    """Tell when all processes together hold more memory than in the *control*."""
    memory, usual = (sum(one.memory.values()) for one in (fuzzed, control))
    if memory > MOST_MEMORY * usual:
        told = f"{fuzzed.memory} bytes are held, {control.memory} without fuzz"
        tally.add("memory", case, told)
