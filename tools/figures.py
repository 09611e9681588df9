"""The few figures of the README, from the results that docs/benchmarks.md shows in full."""

from __future__ import annotations

import json
from collections.abc import Sequence

from msgspec import Struct

from benchmarks.page import KEPT
from benchmarks.peers.results import Cell, Results, from_json, shown_seconds, shown_size


class Figure(Struct, frozen=True):
    """One workload at one size: our time beside those of others."""

    told: str
    workload: str
    size: int
    ours: str
    #: Names of peers, and how the README calls them.
    others: Sequence[tuple[str, str]]


FIGURES = (
    Figure(
        "word count of {size} with Python scripts",
        "words",
        50_000_000,
        "alone",
        (
            ("pipe", r"`cat \| mapper \| sort \| reducer`"),
            ("mrjob", "mrjob, `-r local`"),
            ("dask", "Dask bag, with Python functions in place of the scripts"),
        ),
    ),
    Figure(
        "the same `hadoop jar` line, `grep -oE` and `uniq -c` on {size}",
        "letters",
        10_000_000,
        "hadoop-jar",
        (("hadoop", "Hadoop, local mode"),),
    ),
)


def figures() -> str:
    """A table with a row for each figure."""
    results = from_json(json.loads((KEPT / "peers.json").read_text()))
    rows = [_row(figure, results) for figure in FIGURES]
    cores = results.machine["cores"]
    head = f"| on {cores} cores | hadoopless | others |\n|---|---|---|"
    return "\n".join([head, *rows]) + "\n"


def _row(figure: Figure, results: Results) -> str:
    told = figure.told.format(size=shown_size(figure.size))
    others = "; ".join(
        f"{shown_seconds(_median(results, figure, peer))} s {name}" for peer, name in figure.others
    )
    ours = shown_seconds(_median(results, figure, figure.ours))
    return f"| {told} | **{ours} s** | {others} |"


def _median(results: Results, figure: Figure, peer: str) -> float:
    return _cell(results, figure, peer).median


def _cell(results: Results, figure: Figure, peer: str) -> Cell:
    (cell,) = (
        cell
        for cell in results.of(figure.workload)
        if cell.peer == peer and cell.size == figure.size
    )
    return cell
