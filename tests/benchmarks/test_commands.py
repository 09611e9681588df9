"""The command lines of the benchmarks beside peers and of those of scale."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.measure import ROOT
from benchmarks.peers import __main__ as peers
from benchmarks.peers.results import Cell, Results
from benchmarks.peers.workloads import LINES, WORKLOADS
from benchmarks.scale import __main__ as scale
from benchmarks.scale.series import SERIES, write_keys
from benchmarks.scale.watch import Watch

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
Main = Callable[[list[str]], int]


def test_what_merging_ahead_could_save(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "benchmarks.merging", "--size", "200000", f"--work={tmp_path}"]
    done = subprocess.run(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    shown = [line.partition(":")[0] for line in done.stdout.splitlines()]
    assert shown == ["words"] * 3 + ["records"] * 3


@pytest.mark.parametrize(
    ("main", "arguments"),
    [
        (peers.main, ["--workload", "none"]),
        (peers.main, ["--peer", "none"]),
        (peers.main, ["--size", "0MB"]),
        (peers.main, ["--size", "big"]),
        (peers.main, ["--repeat", "0"]),
        (peers.main, ["--limit", "0"]),
        (scale.main, ["--series", "none"]),
        (scale.main, ["--repeat", "0"]),
    ],
)
def test_wrong_options(main: Main, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(arguments)
    assert exit_info.value.code == 2


def test_sizes() -> None:
    assert [peers.size(text) for text in ("7", "7kB", "7MB", "7G")] == [
        7,
        7000,
        7 * 10**6,
        7 * 10**9,
    ]
    words = WORKLOADS[1]
    default = argparse.Namespace(size=None, large=False)
    assert peers.sizes_of(words, default) == words.sizes
    assert peers.sizes_of(words, argparse.Namespace(size=None, large=True))[-1] == 10**9
    assert peers.sizes_of(words, argparse.Namespace(size=[9, 3], large=False)) == (3, 9)
    assert peers.sizes_of(LINES, argparse.Namespace(size=[9], large=False)) == LINES.sizes


def test_only_failures_of_our_own_count() -> None:
    def results(**cell: object) -> Results:
        return Results("", "", {}, {}, {}, {}, [Cell("words", 1, **cell)])  # type: ignore[arg-type]

    assert peers.has_failed(results(peer="pool", failed=True))
    assert not peers.has_failed(results(peer="pool", why_not="left out: about 50 s"))
    assert not peers.has_failed(results(peer="madoop", failed=True))


@LINUX
@pytest.mark.cluster
@pytest.mark.slow
def test_peers_are_measured(tmp_path: Path) -> None:
    words = ["--workload=lines", "--workload=letters", "--peer=pool", "--peer=pipe"]
    argv = ["-m", "benchmarks.peers", *words, "--size=9kB", "--repeat=2", f"--work={tmp_path}"]
    done = subprocess.run([sys.executable, *argv], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    data = json.loads((tmp_path / "peers.json").read_text())
    assert [(cell["workload"], cell["peer"], len(cell["walls"])) for cell in data["cells"]] == [
        ("lines", "pool", 2),
        ("lines", "pipe", 2),
        ("letters", "pool", 2),
        ("letters", "pipe", 2),
    ]
    assert data["command"].startswith("python -m benchmarks.peers --workload=lines")
    assert "| | 9 kB |" in done.stdout


@LINUX
@pytest.mark.cluster
@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_scale_is_measured(tmp_path: Path) -> None:
    argv = ["-m", "benchmarks.scale", "--most=10", "--repeat=1", f"--work={tmp_path}"]
    names = [name for name in scale.names() if name != "workers"]  # its word count takes longer
    argv += [f"--series={name}" for name in names]
    done = subprocess.run([sys.executable, *argv], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    points = json.loads((tmp_path / "scale.json").read_text())["points"]
    assert list(dict.fromkeys(point["series"] for point in points)) == names
    assert all(point["worker"] > 10**7 and point["coordinator"] > 10**7 for point in points)
    assert f"### Against {SERIES[0].axis}" in done.stdout


def test_keys_have_the_asked_length(tmp_path: Path) -> None:
    write_keys(tmp_path, 1000, 5)
    lines = [line for path in tmp_path.iterdir() for line in path.read_bytes().splitlines()]
    assert len(lines) == 40
    assert {len(line.partition(b"\t")[0]) for line in lines} == {1000}
    assert {line.partition(b"\t")[2] for line in lines} == {b"v"}


@LINUX
def test_the_memory_of_a_program_is_watched() -> None:
    size = 50 << 20
    script = f"block = b'x' * {size}; import time; time.sleep(0.3)"
    with Watch(but=0) as watch:
        subprocess.run([sys.executable, "-c", script], check=True)
    assert size < watch.peak < 3 * size
