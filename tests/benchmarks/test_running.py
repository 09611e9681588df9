"""Runs by turns, their comparison, and the reasons for runs that are left out."""

from __future__ import annotations

import dataclasses
import math
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.measure import BenchmarkError
from benchmarks.peers.engines import PEERS, Case, Peer
from benchmarks.peers.install import Tools
from benchmarks.peers.results import Cell
from benchmarks.peers.running import Course, Rules, Stopped, check_order, others, predicted, timed
from benchmarks.peers.workloads import WORKLOADS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="GNU sort and sed")
SORT = next(one for one in WORKLOADS if one.is_sort)
Shell = Callable[[str, str], Peer]


def shell(name: str, line: str) -> Peer:
    """A peer whose run is a line of shell in which ``$out`` is the output directory."""

    def command(case: Case, tools: Tools) -> list[str]:
        return ["sh", "-c", f"out={case.output}; in={case.inputs}; mkdir $out; {line}"]

    return Peer(name, name, "", command)


def course(work: Path, rules: Rules, missing: dict[str, str] | None = None) -> Course:
    return Course(work, Tools(work / "none", missing=missing or {}), rules, lambda _: None)


def test_peers_run_by_turns_and_all_runs_count(tmp_path: Path) -> None:
    log = tmp_path / "log"
    right = f"sort $in/* > $out/part; echo $0 >> {log}"
    peers = [shell(name, right.replace("$0", name)) for name in ("pipe", "other")]
    run = course(tmp_path, Rules())
    cells = run.first(SORT, [8000], peers)
    for _ in range(2):
        run.again(SORT, cells, peers)
    assert [len(cell.walls) for cell in cells] == [3, 3]
    assert log.read_text().split() == ["pipe", "other"] * 3
    assert not any(cell.why_not or cell.failed for cell in cells)
    assert not (tmp_path / "output").exists()


def test_a_cell_has_no_more_runs_after_enough_seconds_or_at_the_end(tmp_path: Path) -> None:
    peers = [shell("pipe", "sort $in/* > $out/part")]
    for rules, end in ((Rules(enough=1e-6), math.inf), (Rules(), 0.0)):
        run = course(tmp_path, rules)
        run.end = end
        (cell,) = run.first(SORT, [8000], peers)
        run.again(SORT, [cell], peers)
        assert len(cell.walls) == 1


def test_a_later_run_that_fails_takes_the_times_away(tmp_path: Path) -> None:
    line = f"sort $in/* > $out/part; mkdir {tmp_path}/once"
    peers = [shell("pipe", line)]
    run = course(tmp_path, Rules())
    (cell,) = run.first(SORT, [8000], peers)
    run.again(SORT, [cell], peers)
    assert (cell.walls, cell.failed) == ([], True)
    assert "File exists" in cell.why_not


def test_what_fails_has_no_times_but_a_reason(tmp_path: Path) -> None:
    peers = [
        shell("pipe", "sort $in/* > $out/part"),
        shell("wrong", "head -n 1 $in/0.in > $out/part"),
        shell("unsorted", "sort -r $in/* > $out/part"),
        shell("broken", "echo no luck; exit 3"),
        shell("absent", "exit 1"),
    ]
    run = course(tmp_path, Rules(), missing={"absent": "no java"})
    cells = {cell.peer: cell for cell in run.first(SORT, [8000, 16000], peers)[: len(peers)]}
    assert {name: cell.why_not for name, cell in cells.items()} == {
        "pipe": "",
        "wrong": "its output is not that of the others",
        "unsorted": "its output is not sorted",
        "broken": "exit code 3: no luck",
        "absent": "no java",
    }
    assert [cell.failed for cell in cells.values()] == [False, True, True, True, False]
    assert [len(cell.walls) for cell in cells.values()] == [1, 0, 0, 0, 0]


def test_a_larger_size_is_left_out_with_the_reason_of_the_smaller_one(tmp_path: Path) -> None:
    peers = [shell("pipe", "sort $in/* > $out/part"), shell("broken", "exit 3")]
    run = course(tmp_path, Rules(limit=1000))
    cells = run.first(SORT, [8000, 8_000_000_000_000], peers)[2:]
    assert cells[0].why_not.startswith("left out: about ")
    assert cells[1].why_not == "exit code 3: "
    assert not cells[0].failed


@pytest.mark.parametrize(
    ("walls", "start", "seconds"),
    [([3.0], 1.0, 21.0), ([9.0, 3.0, 2.0], 1.0, 21.0), ([1.0], 1.0, 1.45), ([1.0], 2.0, 1.45)],
)
def test_a_time_is_predicted_from_a_smaller_size(
    walls: list[float], start: float, seconds: float
) -> None:
    cell = Cell("words", 10, "pipe", walls)
    assert predicted(cell, start, 100) == pytest.approx(seconds)


def test_a_run_that_takes_too_long_is_stopped_with_its_children(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    line = f"(sleep 60; echo > {alive}) & wait"
    with pytest.raises(Stopped, match="stopped after 0 s"):
        timed(["sh", "-c", line], {}, tmp_path / "log", limit=0.2)
    assert not alive.exists()


def test_nobody_sleeps_while_a_time_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeps, slept = time.sleep, set[int]()

    def seen(seconds: float) -> None:
        slept.add(threading.get_ident())
        sleeps(seconds)

    monkeypatch.setattr(time, "sleep", seen)
    timed(["sh", "-c", "sleep 0.1"], {}, tmp_path / "log", limit=60)
    assert threading.get_ident() not in slept, "a time would be rounded up to the end of a pause"


def test_a_program_that_is_not_there_is_no_crash(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="does not start"):
        timed([str(tmp_path / "none")], {}, tmp_path / "log", limit=9)


def test_the_right_output_is_that_of_the_pipe_or_of_most() -> None:
    cells = [Cell("words", 1, name) for name in ("pool", "pipe", "dask", "absent")]
    with_pipe = others({"pool": "a", "pipe": "b", "dask": "a"}, cells)
    assert [cell.peer for cell in with_pipe] == ["pool", "dask"]
    assert [cell.peer for cell in others({"pool": "a", "dask": "a"}, cells)] == []
    assert [cell.peer for cell in others({"pool": "a", "x": "a", "dask": "b"}, cells)] == ["dask"]
    assert others({}, cells) == []


def test_order_is_checked_where_it_is_the_job(tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.mkdir()
    (output / "part").write_text("b\n\na\n")
    case = Case(SORT, 1, tmp_path, output, tmp_path)
    with pytest.raises(BenchmarkError, match="not sorted"):
        check_order(case)
    check_order(dataclasses.replace(case, workload=WORKLOADS[0]))


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_each_command_names_its_inputs_and_its_programs(peer: Peer, workload: object) -> None:
    one = next(one for one in WORKLOADS if one is workload)
    if peer.lacks(one):
        return
    case = Case(one, 10**7, Path("/made/in"), Path("/made/out"), Path("/made/temporary"))
    tools = Tools(Path("/venv/bin/python"), Path("/bin/parallel"), ["java"], ("http://a",))
    words = " ".join(peer.command(case, tools))
    assert "/made/in" in words
    assert "/made/out" in words
    if peer.name not in ("sort", "dask"):
        assert one.mapper in words
        assert one.reducer in words
    if one.combiner and peer.name != "dask":
        assert words.count(one.combiner) > 1


def test_splits_use_all_cores_and_have_a_sensible_size() -> None:
    def case(size: int) -> Case:
        return Case(SORT, size, Path("in"), Path("out"), Path("tmp"))

    assert case(1).split == 1 << 20
    assert case(40 << 20).split == 10 << 20
    assert case(10**10).split == 64 << 20
    assert (case(1).maps, case(40 << 20).maps) == (1, 4)
