"""The few figures of the README, from the results that docs/benchmarks.md shows in full."""

from __future__ import annotations

import json
from collections.abc import Sequence

from msgspec import Struct

from benchmarks.page import KEPT
from benchmarks.peers.results import Results, from_json, shown_seconds, shown_size


class Figure(Struct, frozen=True):
    """One workload, at the largest size that all have run: our time beside those of others."""

    told: str
    workload: str
    ours: str
    #: Names of peers, and how the README calls them.
    others: Sequence[tuple[str, str]]


FIGURES = (
    Figure(
        "word count of {size} with Python scripts",
        "words",
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
    ours = _medians(results, figure, figure.ours)
    theirs = {name: _medians(results, figure, peer) for peer, name in figure.others}
    size = max(size for size in ours if all(size in medians for medians in theirs.values()))
    told = figure.told.format(size=shown_size(size))
    others = "; ".join(f"{shown_seconds(times[size])} s {name}" for name, times in theirs.items())
    return f"| {told} | **{shown_seconds(ours[size])} s** | {others} |"


def _medians(results: Results, figure: Figure, peer: str) -> dict[int, float]:
    """The medians of *peer* in the workload of *figure*, by sizes."""
    cells = results.of(figure.workload)
    return {cell.size: cell.median for cell in cells if cell.peer == peer and cell.walls}
