"""The page of figures and its plots: made of results alone, and up to date with those kept."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import machine, page
from benchmarks.measure import ROOT
from benchmarks.peers import results as peer_results
from benchmarks.peers.results import Cell, Results, shown_size, spread, without
from benchmarks.scale import results as scale_results
from benchmarks.scale.results import Point, ScaleResults, fitted
from benchmarks.scale.table import told

MIB = 1 << 20
NAMES = (page.USUAL, page.LARGE, page.SCALE)
PEERS = Results(
    command="python -m benchmarks.peers --report",
    date="2001-02-03",
    machine={"processor": "Abacus", "cores": "2"},
    versions={"sort": "9.1"},
    missing={"madoop": "no network"},
    rules={"repeat": 3, "enough": 10.0, "limit": 30.0, "minutes": 17.0},
    cells=[
        Cell("lines", 45, "pool", [0.25, 0.2, 0.3]),
        Cell("words", 10**6, "pool", [1.0, 3.0, 2.0]),
        Cell("words", 10**6, "pipe", [12.34]),
        Cell("words", 10**6, "madoop", why_not="no network"),
        Cell("words", 10**7, "pool", [20.0, 10.0]),
        Cell("words", 10**7, "pipe", why_not="left out: about 123 s"),
        Cell("words", 10**7, "madoop", why_not="a | b"),
    ],
)
SCALE = ScaleResults(
    command="python -m benchmarks.scale --report",
    date="2001-02-04",
    machine={"cores": "2"},
    points=[
        *(Point("maps", x, [1 + x / 1000], 50 * MIB, 30 * MIB) for x in (10, 100, 1000)),
        *(Point("workers", x, [8 / x, 8.5 / x], 50 * MIB, 30 * MIB) for x in (1, 2, 4)),
    ],
)


def test_tables_of_peers() -> None:
    text = page.text(PEERS, [], None)
    assert "| | 1 MB | 10 MB |" in text
    assert (
        "| **this project, on a running pool** | 2.00 s (1.00 to 3.00) | 15.0 s (10.0 to 20.0) |"
    ) in text
    assert "| the shell pipe | 12.3 s (one run) | — (left out: about 123 s) |" in text
    assert "| Madoop | — (no network) | — (a \\| b) |" in text
    assert f"Measured on 2001-02-03 by this command:\n\n```\n{PEERS.command}\n```\n" in text
    assert "| processor | Abacus |" in text
    assert "- madoop: no network" in text
    assert "run `make bench-scale`" in text
    assert "mrjob" not in text, "it was not measured"


def test_tables_of_peers_at_large_sizes() -> None:
    once = replace(PEERS, rules={**PEERS.rules, "repeat": 1})
    usual, large = page.text(PEERS, [once], None).split("## Beside others, at large sizes")
    assert "up to 3 runs" in usual
    assert "Each cell is the wall time of one run." in large
    assert [text.count("### lines") for text in (usual, large)] == [1, 0]
    assert [text.count("### words") for text in (usual, large)] == [1, 1]
    told = " ".join(large.split())
    assert "predicts more than 30 s." in told
    assert "stopped when it has taken 3 times as long as the limit" in told
    assert large.count("- madoop: no network") == 1


def test_a_run_at_large_sizes_replaces_the_workloads_that_it_has_measured() -> None:
    first = replace(PEERS, command="first", cells=[cell_of("words", 1), cell_of("skew", 2)])
    second = replace(PEERS, command="second", cells=[cell_of("lines", 3), cell_of("skew", 4)])
    left = without([first, second], {"skew"})
    assert left == [replace(first, cells=first.cells[:1]), replace(second, cells=second.cells[:1])]
    assert without([first], {"words", "skew"}) == []
    large = page.text(None, [left[0], second], None)
    assert large.index("\nfirst\n") < large.index("### words") < large.index("\nsecond\n")
    assert "### lines" not in large
    assert large.count("| processor | Abacus |") == 1, "the second is of the same machine"
    assert "| sort | 10 |" in page.text(
        None, [first, replace(second, versions={"sort": "10"})], None
    )
    assert "| **this project, on a running pool** | 4.00 s (one run) |" in large


def cell_of(workload: str, wall: float) -> Cell:
    """A cell of the pool at one size."""
    return Cell(workload, 10**8, "pool", [wall])


def test_sections_of_scale() -> None:
    text = page.text(None, [], SCALE)
    assert "| 1,000 | 2.00 s (one run) | 50 MiB | 30 MiB |" in text
    assert "a straight line to within 0%: 1.00 s, and 1 ms more for each one more." in text
    assert "The times are no straight line" in text
    assert "run `make bench-peers`" in text
    assert all(len(line) <= 110 for line in text.splitlines() if not line.startswith("|"))


def test_results_survive_json() -> None:
    for results, module in ((PEERS, peer_results), (SCALE, scale_results)):
        assert module.from_json(json.loads(json.dumps(results.to_json()))) == results


def test_a_line_through_points() -> None:
    points = [Point("maps", x, [2 + 0.5 * x], 0, 0) for x in (1, 10, 1000)]
    line = fitted(points)
    assert (line.base, line.slope) == pytest.approx((2, 0.5))
    assert line.off == pytest.approx(0, abs=1e-9)
    assert "500 ms more" in told(line)
    falling = [Point("keys", x, [10 - x], 0, 0) for x in (1, 2, 3)]
    assert "1e+03 ms less" in told(fitted(falling))
    bent = [Point("workers", x, [8 / x], 0, 0) for x in (1, 2, 4, 8)]
    assert not fitted(bent).is_straight


def test_the_page_is_that_of_the_kept_results() -> None:
    assert page.PAGE.read_text() == page.text(*page.kept()), "run `python -m benchmarks.page`"
    for name in re.findall(r"\]\((benchmarks/[\w-]+\.svg)\)", page.PAGE.read_text()):
        assert (page.PAGE.parent / name).exists()


def test_results_are_kept_and_the_page_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(page, "PAGE", tmp_path / "benchmarks.md")
    monkeypatch.setattr(page, "KEPT", tmp_path / "benchmarks")
    broken = tmp_path / "peers-venv" / "bin" / "python"
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/bin/sh\necho no network\nexit 1\n")
    broken.chmod(0o755)
    page.keep("peers", PEERS.to_json())
    page.keep_large(replace(PEERS, command="replaced"))
    page.keep_large(PEERS)
    assert page.main(["--work", str(tmp_path)]) == 0
    assert (tmp_path / "benchmarks.md").read_text() == page.text(PEERS, [PEERS], None)
    assert "the plots are not renewed: no network" in capsys.readouterr().err


def test_plots_are_the_same_each_time(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    made = []
    for name in ("a", "b"):
        directory = tmp_path / name
        directory.mkdir()
        (directory / "peers.json").write_text(json.dumps(PEERS.to_json()))
        (directory / "peers-large.json").write_text(json.dumps([PEERS.to_json()]))
        (directory / "scale.json").write_text(json.dumps(SCALE.to_json()))
        argv = [sys.executable, "-m", "benchmarks.plots", str(directory)]
        subprocess.run(argv, cwd=ROOT, check=True)
        made.append([(directory / f"{one}.svg").read_bytes() for one in NAMES])
    assert made[0] == made[1]
    peers, large, scale = (svg.decode() for svg in made[0])
    for text in (peers, large):
        assert all(word in text for word in ("words", "10 MB", "the shell pipe", "seconds"))
    assert [">lines<" in text for text in (peers, large)] == [True, False]
    assert all(word in scale for word in ("map tasks", "workers", "MiB"))
    assert b"<dc:date>" not in made[0][0]


def test_spread_and_sizes() -> None:
    assert spread([100.4, 99.6, 250.0]) == "100 s (99.6 to 250)"
    assert spread([0.1234]) == "0.12 s (one run)"
    assert [shown_size(size) for size in (45, 1500, 10**6, 10**10)] == [
        "45 B",
        "1.5 kB",
        "1 MB",
        "10 GB",
    ]


def test_without_git_the_commit_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert machine.commit() == "unknown"


def test_the_machine_is_told() -> None:
    told_of = machine.machine()
    assert set(told_of) == {"processor", "cores", "memory", "kernel", "Python", "commit"}
    assert all(told_of.values())
    assert machine.processor("cpu: 0\nmodel name\t: Abacus 3\n") == "Abacus 3"
    assert machine.processor("nothing") != ""
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", machine.today())
