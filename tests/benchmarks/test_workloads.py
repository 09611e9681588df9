"""Each workload makes the right output on all engines of this project and in the shell pipe."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.measure import Runner, environment
from benchmarks.peers import engines, inputs
from benchmarks.peers.engines import PEERS, Case, Peer
from benchmarks.peers.install import Tools
from benchmarks.peers.running import check_order, digest, timed
from benchmarks.peers.workloads import WORKLOADS, Workload
from benchmarks.pool import running_pool
from tests.oracle import oracle

SIZE = 20_000
HERE = ("pool", "alone", "hadoop-jar", "pipe", "parallel", "sort")
PAIRS = [
    (workload, peer)
    for workload in WORKLOADS
    for peer in PEERS
    if peer.name in HERE and not peer.lacks(workload)
]
pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="GNU sort, sed and xargs"),
]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("peers")


@pytest.fixture(scope="module")
def tools(work: Path) -> Iterator[Tools]:
    tools = Tools(python=work / "none")
    if parallel := shutil.which("parallel"):
        tools.parallel = Path(parallel)
    with running_pool(Runner(lambda _: None), work / "pool.log") as pool:
        tools.pool = pool.urls
        yield tools


def run(peer: Peer, case: Case, tools: Tools) -> list[bytes]:
    """The sorted lines that *peer* makes, without blanks at their ends."""
    case.temporary.mkdir()
    variables = environment(engines.environment(case))
    log = case.output.with_suffix(".log")
    try:
        timed(peer.command(case, tools), variables, log, limit=100)
    except Exception:
        print(log.read_text())
        raise
    check_order(case)
    found = [path.read_bytes() for path in case.output.glob("[!._]*")]
    return sorted(line.rstrip() for line in b"".join(found).splitlines())


def right(workload: Workload, directory: Path) -> list[bytes]:
    """The sorted lines of the oracle; it sorts by the first field, so a second one comes sorted."""
    lines = [line for path in directory.iterdir() for line in path.read_bytes().splitlines(True)]
    splits = [b"".join(sorted(lines) if workload.is_secondary else lines)]
    outputs = oracle([workload.mapper], [workload.reducer], splits, 2)
    return sorted(line.rstrip() for line in b"".join(outputs).splitlines())


@pytest.mark.heavy
@pytest.mark.parametrize(("workload", "peer"), PAIRS, ids=lambda one: one.name)
def test_right_output(workload: Workload, peer: Peer, work: Path, tools: Tools) -> None:
    if peer.name == "parallel" and tools.parallel is None:
        pytest.skip("there is no GNU parallel")
    place = work / f"{workload.name}-{peer.name}"
    case = Case(workload, SIZE, workload.inputs(work, SIZE), place, place.with_suffix(".tmp"))
    lines = run(peer, case, tools)
    assert lines == right(workload, case.inputs)
    assert len(lines) > 3


def test_the_inputs_have_the_asked_size(work: Path) -> None:
    for workload in WORKLOADS[1:]:
        size = sum(path.stat().st_size for path in workload.inputs(work, SIZE).iterdir())
        assert 0.9 * SIZE < size < 1.3 * SIZE, workload.name
    assert len(list(WORKLOADS[-2].inputs(work, SIZE).iterdir())) == inputs.SMALL_FILES
    assert len(list(WORKLOADS[-1].inputs(work, SIZE).iterdir())) == 1


def test_sessions_refuse_unsorted_visits() -> None:
    sessions = next(one for one in WORKLOADS if one.name == "sessions").reducer
    visits = b"u1\t5000\ta\nu1\t100\tb\n"
    done = subprocess.run([sessions], input=visits, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"u1 are not sorted" in done.stderr


def test_a_digest_is_that_of_the_lines_in_any_order_and_files(tmp_path: Path) -> None:
    def of(*parts: bytes) -> str:
        output = tmp_path / "output"
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir()
        for index, part in enumerate(parts):
            (output / f"part-{index}").write_bytes(part)
        return digest(Case(WORKLOADS[0], 1, tmp_path, output, tmp_path))

    assert of(b"a\nb\t\n", b"c\n") == of(b"c\na\n", b"b") == of(b"a\nb\nc\n", b"")
    assert of(b"a\nb\n") != of(b"a\na\nb\n")
