"""Writes docs/benchmarks.md and its plots from the results that are kept beside them.

Usage: ``python -m benchmarks.page``. The page holds no figure that is not in those results.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.measure import ROOT
from benchmarks.peers import results as peer_results
from benchmarks.peers.engines import PEERS
from benchmarks.peers.install import add_package
from benchmarks.peers.results import Results, without
from benchmarks.peers.running import PATIENCE
from benchmarks.peers.table import escaped, tables
from benchmarks.peers.workloads import LINES
from benchmarks.scale import results as scale_results
from benchmarks.scale.results import ScaleResults
from benchmarks.scale.table import sections
from tests.hadoop.maven import Unavailable

PAGE = ROOT / "docs" / "benchmarks.md"
#: The directory for results and plots.
KEPT = ROOT / "docs" / "benchmarks"
#: The names of the results: of the peers at the usual and at the large sizes, and of scale.
USUAL, LARGE, SCALE = "peers", "peers-large", "scale"
WORK = ROOT / "benchmarks" / "work"
T = TypeVar("T")
_WIDTH = 105
_HEAD = (
    "The commands that stand at each part have measured all figures of this page, which is made of"
    " the results in JSON that lie in the directory `benchmarks` beside it. `make bench-peers` and"
    " `make bench-scale` renew all results but those of the large sizes, which take hours."
    " `python -m benchmarks.page` writes this page anew from the results that are there."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Renew the page and the plots."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("--work", type=Path, default=WORK, help="the plots' virtualenv is here")
    renew(parser.parse_args(arguments).work.resolve())
    return 0


def keep(name: str, data: Any) -> None:
    """Keep the results called *name*, which are *data* for JSON, instead of older ones."""
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"{name}.json").write_text(json.dumps(data, indent=1) + "\n")


def keep_large(results: Results) -> None:
    """Keep a run at the large sizes, instead of older figures of the same workloads."""
    runs = [*without(_large_runs(), {cell.workload for cell in results.cells}), results]
    keep(LARGE, [run.to_json() for run in runs])


def renew(work: Path) -> None:
    """Write the page, and the plots if matplotlib can be installed."""
    PAGE.write_text(text(*kept()))
    python = work / "peers-venv" / "bin" / "python"
    try:
        add_package(python, "matplotlib")
        subprocess.run([python, "-m", "benchmarks.plots", str(KEPT)], cwd=ROOT, check=True)
    except (Unavailable, subprocess.CalledProcessError) as error:
        print(f"error: the plots are not renewed: {error}", file=sys.stderr)


def kept() -> tuple[Results | None, list[Results], ScaleResults | None]:
    """The results of the last runs, as far as there are any: usual, large, scale."""
    return (
        _read(USUAL, peer_results.from_json),
        _large_runs(),
        _read(SCALE, scale_results.from_json),
    )


def _large_runs() -> list[Results]:
    return _read(LARGE, peer_results.runs_from_json) or []


def _read(name: str, make: Callable[[Any], T]) -> T | None:
    path = KEPT / f"{name}.json"
    return make(json.loads(path.read_text())) if path.exists() else None


def text(peers: Results | None, large: Sequence[Results], scale: ScaleResults | None) -> str:
    """The page."""
    parts = ["# Benchmarks", _HEAD]
    parts += ["## Beside others", *(_peers(peers) if peers else [_nothing("bench-peers")])]
    if large:
        parts += ["## Beside others, at large sizes", *_large(large)]
    parts += ["## Scale", *(_scale(scale) if scale else [_nothing("bench-scale")])]
    blocks = "\n\n".join(parts).split("\n\n")
    return "\n\n".join(map(wrapped, blocks)) + "\n"


def wrapped(block: str) -> str:
    """A paragraph in lines of the documents' width; tables, headings and the like as they are."""
    if block.startswith(("|", "#", "!", "```")):
        return block
    indent = "  " if block.startswith("- ") else ""
    return textwrap.fill(
        block, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _nothing(target: str) -> str:
    return f"Nothing is measured yet: run `make {target}`."


def _peers(results: Results) -> list[str]:
    measured = {cell.peer for cell in results.cells}
    present = [peer for peer in PEERS if peer.name in measured]
    return [
        *_of_run(results),
        "| | settings |\n|---|---|\n"
        + "\n".join(f"| {peer.title} | {escaped(peer.settings)} |" for peer in present),
        "![Wall time against input size, for each workload and peer](benchmarks/peers.svg)",
        tables(results),
    ]


def _large(runs: Sequence[Results]) -> list[str]:
    """The sections of all *runs* at the large sizes, the few lines of each left out."""
    parts = [
        "The settings are those above. There were several runs, each with the workloads that none"
        " after it has measured; of the machine and the versions, a later one shows what differs."
        " The first size of each peer is not predicted: a run is stopped when it has taken"
        f" {PATIENCE} times as long as the limit.",
        "![Wall time against input size, at large sizes](benchmarks/peers-large.svg)",
    ]
    before: dict[str, str] = {}
    for run in without(runs, {LINES.name}):
        parts += [*_of_run(run, before), tables(run)]
        before = {**run.machine, **run.versions}
    return parts


def _of_run(results: Results, before: Mapping[str, str] | None = None) -> list[str]:
    """The rules of the run that has measured the peers, and what is not as it was *before*."""
    rules = results.rules
    now = {**results.machine, **results.versions}
    new = {name: now[name] for name in now if not before or before.get(name) != now[name]}
    return [
        how(results.command, results.date),
        *([facts(new)] if new else []),
        *([absent(results.missing)] if results.missing else []),
        f"{_cells(rules)} The peers run by turns. Before times"
        " count, the lines of all outputs are compared with those of the shell pipe, or with those"
        " of most peers where there is no pipe; a peer with other lines has no time. A peer is left"
        " out of a size where its time for a smaller one predicts more than"
        f" {rules['limit']:g} s.",
    ]


def _cells(rules: Mapping[str, float]) -> str:
    if rules["repeat"] == 1:
        return "Each cell is the wall time of one run."
    return (
        "Each cell is the median of the wall times, with the least and the most in parentheses,"
        f" of up to {rules['repeat']:g} runs: of fewer where these took {rules['enough']:g} s"
        f" together or the whole took {rules['minutes']:g} minutes."
    )


def _scale(results: ScaleResults) -> list[str]:
    return [
        how(results.command, results.date),
        facts(results.machine),
        "Each row is the median of the wall times of up to three runs, with the least and the most"
        " in parentheses, on a pool of two workers unless the table says otherwise. The memory is"
        " the most that one of the workers, and the coordinator, had.",
        "![Wall time and memory of each series](benchmarks/scale.svg)",
        sections(results),
    ]


def how(command: str, date: str) -> str:
    """The sentence about the run, and its command."""
    return f"Measured on {date} by this command:\n\n```\n{command}\n```"


def facts(values: dict[str, str]) -> str:
    """A table of names and values."""
    rows = [f"| {name} | {value} |" for name, value in values.items()]
    return "\n".join(["| | |", "|---|---|", *rows])


def absent(missing: dict[str, str]) -> str:
    """The list of peers that could not be installed."""
    items = [f"- {name}: {why}" for name, why in missing.items()]
    return "\n\n".join(["These peers could not be installed:", *items])


if __name__ == "__main__":
    sys.exit(main())
