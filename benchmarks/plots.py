"""Draws the results that lie in a directory: ``python -m benchmarks.plots DIRECTORY``.

The same results make the same bytes with the same matplotlib.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from benchmarks.page import LARGE, SCALE, USUAL
from benchmarks.peers import results as peer_results
from benchmarks.peers.engines import PEERS
from benchmarks.peers.results import Cell, shown_size, without
from benchmarks.peers.workloads import LINES, WORKLOADS
from benchmarks.scale import results as scale_results
from benchmarks.scale.results import ScaleResults
from benchmarks.scale.series import SERIES

MIB = 1 << 20
_COLUMNS = 3
#: Ours are blue; the others are told apart by colours and markers.
_OURS = ("#08306b", "#2171b5", "#6baed6")
_THEIRS = ("#000000", "#e69f00", "#7f7f7f", "#cc79a7", "#009e73", "#d55e00", "#8c564b", "#b5a000")
_MARKERS = "os^Dv<>pPX*"
_TIME: dict[str, Any] = {"color": _OURS[1], "marker": "o"}
_WORKER: dict[str, Any] = {"color": _THEIRS[1], "linestyle": "--", "marker": "."}
_CLIENT: dict[str, Any] = {"color": _THEIRS[1], "linestyle": ":", "marker": "."}


def main(arguments: Sequence[str]) -> int:
    """Draw all results of a directory."""
    directory = Path(arguments[0])
    peers, large, scale = (directory / f"{name}.json" for name in (USUAL, LARGE, SCALE))
    if peers.exists():
        results = peer_results.from_json(json.loads(peers.read_text()))
        save(draw_peers(results.cells), peers.with_suffix(".svg"))
    if large.exists():
        runs = peer_results.runs_from_json(json.loads(large.read_text()))
        cells = [cell for run in without(runs, {LINES.name}) for cell in run.cells]
        save(draw_peers(cells), large.with_suffix(".svg"))
    if scale.exists():
        points = scale_results.from_json(json.loads(scale.read_text()))
        save(draw_scale(points), scale.with_suffix(".svg"))
    return 0


def save(figure: Figure, path: Path) -> None:
    """Write *figure* as an SVG without a date and with names that are the same in each run."""
    with mpl.rc_context({"svg.hashsalt": "benchmarks", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None})


def draw_peers(all_cells: Sequence[Cell]) -> Figure:
    """A panel for each workload: bars for one size, or else a line for each peer."""
    timed = [cell for cell in all_cells if cell.walls]
    measured = [one for one in WORKLOADS if any(cell.workload == one.name for cell in timed)]
    figure, panels = grid(len(measured))
    for workload, axes in zip(measured, panels, strict=False):
        cells = [cell for cell in timed if cell.workload == workload.name]
        sizes = sorted({cell.size for cell in cells})
        axes.set(title=workload.name)
        if len(sizes) == 1:
            draw_bars(axes, cells)
        else:
            draw_lines(axes, cells)
            axes.set_xticks(sizes, [shown_size(size) for size in sizes])
            axes.minorticks_off()
    used = {cell.peer for cell in timed}
    handles = [
        Line2D([], [], label=plain(peer.title), **styles()[peer.name])
        for peer in PEERS
        if peer.name in used
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    return figure


def draw_bars(axes: Axes, cells: Sequence[Cell]) -> None:
    """A bar for each peer, the first on top."""
    medians = [cell.median for cell in cells]
    colours = [styles()[cell.peer]["color"] for cell in cells]
    axes.barh([cell.peer for cell in cells], medians, xerr=ranges(cells), color=colours)
    axes.set(xlabel=f"seconds, {shown_size(cells[0].size)}")
    axes.invert_yaxis()


def draw_lines(axes: Axes, cells: Sequence[Cell]) -> None:
    """A line for each peer, against the size."""
    for name in dict.fromkeys(cell.peer for cell in cells):
        own = [cell for cell in cells if cell.peer == name]
        sizes, medians = [cell.size for cell in own], [cell.median for cell in own]
        axes.errorbar(sizes, medians, yerr=ranges(own), capsize=2, **styles()[name])
    axes.set(xscale="log", yscale="log", ylabel="seconds")
    axes.yaxis.set_major_formatter("{x:g}")


def ranges(cells: Sequence[Cell]) -> list[list[float]]:
    """The distances from the medians down to the least and up to the most."""
    below = [cell.median - min(cell.walls) for cell in cells]
    return [below, [max(cell.walls) - cell.median for cell in cells]]


def styles() -> dict[str, dict[str, Any]]:
    """The looks of each peer's line, by its name; ours are thick."""
    ours, theirs = iter(_OURS), iter(_THEIRS)
    return {
        peer.name: {
            "color": next(ours if peer.is_ours else theirs),
            "marker": marker,
            "markersize": 5,
            "linewidth": 2.2 if peer.is_ours else 1,
        }
        for peer, marker in zip(PEERS, _MARKERS, strict=True)
    }


def plain(title: str) -> str:
    """A title without the marks of Markdown."""
    return title.replace("`", "")


def draw_scale(results: ScaleResults) -> Figure:
    """A panel for each series: times on the left scale, memory on the right one."""
    measured = [one for one in SERIES if results.of(one.name)]
    figure, panels = grid(len(measured))
    for series, axes in zip(measured, panels, strict=False):
        points = results.of(series.name)
        x = [point.x for point in points]
        memory = axes.twinx()
        curves = [
            *axes.plot(x, [point.median for point in points], label="time", **_TIME),
            *memory.plot(x, [point.worker / MIB for point in points], label="a worker", **_WORKER),
            *memory.plot(
                x, [point.coordinator / MIB for point in points], label="coordinator", **_CLIENT
            ),
        ]
        axes.set(title=series.name, xlabel=series.axis, ylabel="seconds", ylim=(0, None))
        axes.set(xscale="log" if series.is_log else "linear")
        memory.set(ylabel="MiB of memory", ylim=(0, None))
    figure.legend(handles=curves, loc="outside lower center", ncols=3, frameon=False)
    return figure


def grid(count: int) -> tuple[Figure, list[Axes]]:
    """A figure with *count* panels in rows."""
    rows = max(1, -(-count // _COLUMNS))
    figure = Figure(figsize=(4 * _COLUMNS, 3 * rows + 0.8), layout="constrained")
    axes = [figure.add_subplot(rows, _COLUMNS, 1 + index) for index in range(max(1, count))]
    return figure, axes


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
